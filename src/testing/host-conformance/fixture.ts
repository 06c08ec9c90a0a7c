import type { EditorHost } from "../../sdk/host/index.js";
import type { PixelImage, Rect } from "../../sdk/image/index.js";

/** An image layer or object, as the editor itself shows it: not as the adapter says. */
export interface SeenLayer {
  /** Whether it is the one that was opened. */
  readonly isOpened: boolean;
  /** Its own pixels, read from the editor by another way than the adapter's capture. */
  readonly pixels: PixelImage;
  /**
   * Where the corners of what it shows stand in the document: x and y of the upper left, upper right, lower right and lower left
   * one, as the pixels are stored.
   */
  readonly corners: readonly number[];
  /** What of its pixels it shows; undefined if it shows all. */
  readonly crop: Rect | undefined;
  /** 0 to 1. */
  readonly opacity: number;
  /**
   * Its layer mask, of its pixels' size: grey, 255 where it shows. Left out by layers without one, and by editors that have none.
   */
  readonly mask?: PixelImage | undefined;
  /** Stands for the filters that the editor draws it through; empty if there are none. */
  readonly filters: readonly number[];
}

/** An adapter with a document of its own, and what a person would do there. Made anew for each check. */
export interface HostUnderTest {
  readonly host: EditorHost;
  /** The image layers of the document, lowest first. */
  layers(): readonly SeenLayer[] | Promise<readonly SeenLayer[]>;
  /** Changes the opened layer's pixels, as a person would with a brush. */
  edit(): void | Promise<void>;
  /** Deletes that layer. */
  remove?(): void | Promise<void>;
  /** Crops, turns, mirrors, scales and filters that layer, as far as the editor can. */
  arrange?(): void | Promise<void>;
  /** Selects a rectangle of that layer, in its own pixels. */
  select?(rect: Rect): void | Promise<void>;
  /** Makes something else active, or nothing. */
  changeSelection?(): void | Promise<void>;
  /** Closes the document while the host is still there, as when its view goes away. */
  closeDocument?(): unknown;
  /** Takes one step back in the editor's own history. */
  undo?(): void | Promise<void>;
  /** Does that step again. */
  redo?(): void | Promise<void>;
  /** Closes the document. The host has been disposed. */
  close?(): void | Promise<void>;
}

/** How the checks get at an adapter. */
export interface HostFixture {
  /**
   * Opens a document with one layer, active and shown as a person who dropped a picture there would see it.
   *
   * @param image - the layer's pixels; undefined for a document without anything active
   */
  open(image: PixelImage | undefined): Promise<HostUnderTest>;
  /**
   * Opens a document from a photo's file.
   *
   * @param bytes - a JPEG
   */
  openFile?(bytes: Uint8Array): Promise<HostUnderTest>;
  /**
   * Checks that this host cannot pass, by name, with the reason. They run all the same: one that passes is an error, so that
   * no exclusion outlives its reason.
   */
  readonly exclusions?: Readonly<Record<string, string>>;
}
