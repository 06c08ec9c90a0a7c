import type { EditorHost } from "../../sdk/host/index.js";
import type { PixelImage, Rect } from "../../sdk/image/index.js";

/** An adapter with a document of its own, and what a person would do there. Made anew for each check. */
export interface HostUnderTest {
  /** The adapter. */
  readonly host: EditorHost;
  /** The pixels of the layer that was opened, read from the editor by another way than the adapter's capture. */
  pixels(): PixelImage | Promise<PixelImage>;
  /** How many layers or objects the document has. */
  layerCount(): number | Promise<number>;
  /** Where that layer stands, as the editor itself says: numbers, in any order that stays the same. */
  geometry(): readonly number[] | Promise<readonly number[]>;
  /** Changes that layer's pixels, as a person would with a brush. */
  edit(): void | Promise<void>;
  /** Deletes that layer. */
  remove?(): void | Promise<void>;
  /** Crops, turns, mirrors, scales and filters that layer, as far as the editor can. */
  arrange?(): void | Promise<void>;
  /** Selects a rectangle of that layer, in its own pixels. */
  select?(rect: Rect): void | Promise<void>;
  /** Makes something else active, or nothing. */
  changeSelection?(): void | Promise<void>;
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
