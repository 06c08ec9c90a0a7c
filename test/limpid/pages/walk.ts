// Runs in a page: an editor that restores one picture while a pack comes, is used, and goes. Used by the test of the example
// packs and by scripts/walkthrough.mjs.
import {
  createLimpid,
  memoryStore,
  PixelImage,
  toDisposable,
  type AppliedExpert,
  type Event,
  type Limpid,
} from "../../../src/sdk/index.js";
import { psnr } from "../../../src/sdk/image/index.js";
import { sha256Hex } from "../../../src/sdk/weights/index.js";

/** What the page can be asked to do. */
export interface WalkPage {
  /**
   * Starts Limpid and loads a picture.
   *
   * @param addresses - of the model's folder, of the folder of tfjs's WebAssembly, of the picture with the fault and without
   */
  start(addresses: {
    readonly model: string;
    readonly wasm: string;
    readonly before: string;
    readonly after: string;
  }): Promise<{
    readonly experts: readonly string[];
    readonly input: number;
    readonly width: number;
    readonly height: number;
  }>;
  /** Restores the picture; if an address is given, installs the pack behind it after the first tile. */
  restore(request: WalkRequest): Promise<WalkRestore>;
  /** Restores another picture, with the router in charge. */
  route(picture: { readonly before: string; readonly after: string }): Promise<WalkRoute>;
  /** What is held now. */
  held(): Promise<Held>;
  /** Removes a pack. */
  uninstall(id: string): Promise<void>;
}

/** How the picture is to be restored. */
export interface WalkRequest {
  /** Which experts; the router chooses if left out. */
  readonly experts?: readonly string[];
  /** Side of the tiles. */
  readonly tileSize: number;
  /** Address of a pack that comes in the middle. */
  readonly install?: string;
  /** Restores the picture without the fault instead. */
  readonly isClean?: boolean;
}

/** What became of the picture. */
export interface WalkRestore {
  /** SHA-256 of its samples. */
  readonly sha256: string;
  /** Against the picture without the fault, in dB; null if it is the same. */
  readonly psnr: number | null;
  /** The experts that were used. */
  readonly mixture: readonly AppliedExpert[];
  /** Tiles that were computed. */
  readonly tiles: number;
  /** Tiles that were done when the pack was there; undefined if none was to come. */
  readonly installedAfter: number | undefined;
  /** The pack that came. */
  readonly pack: string | undefined;
  /** How long it took, in seconds. */
  readonly seconds: number;
}

/** What the router made of another picture. */
export interface WalkRoute {
  /** The experts that were used. */
  readonly mixture: readonly AppliedExpert[];
  /** What the picture had before, against the one without the fault, in dB; null if it is the same. */
  readonly input: number | null;
  /** What it has restored, in dB. */
  readonly psnr: number | null;
}

/** What an instance holds. */
export interface Held {
  /** Bytes that the session says it holds. */
  readonly bytes: number;
  /** Listeners at the instance's events that came after the start. */
  readonly listeners: number;
  /** Ids of the experts. */
  readonly experts: readonly string[];
  /** Ids of the extensions. */
  readonly extensions: readonly string[];
  /** Files that are kept. */
  readonly files: number;
}

let limpid: Limpid;
let before: PixelImage;
let after: PixelImage;
let listeners = 0;

/** The samples of an opaque picture, as they are in its file. */
async function readPicture(address: string): Promise<PixelImage> {
  const blob = await (await fetch(address)).blob();
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  return PixelImage.fromImageData(context.getImageData(0, 0, bitmap.width, bitmap.height));
}

/** Counts who listens to the events of a part of the instance from now on. */
function watch(part: object): void {
  for (const name of Object.getOwnPropertyNames(part).filter((key) => key.startsWith("onDid"))) {
    const event = Reflect.get(part, name) as Event<never>;
    const counted: Event<never> = (listener) => {
      listeners++;
      const listening = event(listener);
      return toDisposable(() => {
        listeners--;
        listening.dispose();
      });
    };
    Object.defineProperty(part, name, { value: counted });
  }
}

/** JSON has no Infinity. */
function decibels(image: PixelImage, clean: PixelImage): number | null {
  const quality = psnr(image, clean);
  return Number.isFinite(quality) ? quality : null;
}

const walk: WalkPage = {
  async start(addresses) {
    limpid?.dispose();
    listeners = 0;
    limpid = await createLimpid({
      model: addresses.model,
      wasmPath: addresses.wasm,
      backend: "wasm",
      worker: false,
      packs: { store: memoryStore() },
    });
    const { experts, packs, extensions, commands, menus, contextKeys, configuration } = limpid;
    for (const part of [experts, packs, extensions, commands, menus, contextKeys, configuration]) watch(part);
    [before, after] = await Promise.all([readPicture(addresses.before), readPicture(addresses.after)]);
    const { width, height } = before;
    return { experts: experts.list().map(({ id }) => id), input: psnr(before, after), width, height };
  },

  async restore({ experts, tileSize, install, isClean = false }) {
    const started = performance.now();
    const came: { pack?: string; installedAfter?: number } = {};
    const { image, mixture, tiles } = await limpid.restore(isClean ? after : before, {
      experts: experts?.map((id) => ({ id })) ?? "auto",
      tileSize,
      onProgress: async ({ done }) => {
        if (install === undefined || done > 1) return;
        const { id, version } = await limpid.extensions.install(install);
        Object.assign(came, { pack: `${id} ${version}`, installedAfter: done });
      },
    });
    return {
      sha256: sha256Hex(image.data as Uint8Array),
      psnr: decibels(image, after),
      mixture,
      tiles,
      installedAfter: came.installedAfter,
      pack: came.pack,
      seconds: (performance.now() - started) / 1000,
    };
  },

  async route(addresses) {
    const [damaged, clean] = await Promise.all([readPicture(addresses.before), readPicture(addresses.after)]);
    const { image, mixture } = await limpid.restore(damaged);
    return { mixture, input: decibels(damaged, clean), psnr: decibels(image, clean) };
  },

  async held() {
    return {
      bytes: limpid.byteSize,
      listeners,
      experts: limpid.experts.list().map(({ id }) => id),
      extensions: limpid.extensions.list().map(({ id }) => id),
      files: (await limpid.packs.cache.list()).length,
    };
  },

  uninstall: (id) => limpid.extensions.uninstall(id),
};

Object.assign(globalThis, { walk });
