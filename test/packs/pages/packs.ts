// Runs in a page: restores small pictures with a tiny model while packs come and go.
import {
  createLimpid,
  LimpidError,
  modelFromFiles,
  PixelImage,
  type AppliedExpert,
  type Limpid,
} from "../../../src/sdk/index.js";
import type { CachedFile } from "../../../src/sdk/packs/index.js";

/** What a page can be asked to do; every function works on the instance that `start` made last. */
export interface PackPage {
  /** Gets the model's files, by their addresses. They stay in the page, which can start again without the network. */
  load(addresses: readonly string[]): Promise<void>;
  /** Makes an instance, disposing the one before; says which packs are there and what they are kept in. */
  start(): Promise<{ packs: string[]; unusable: string[]; kind: string; fallbackReason: string | undefined }>;
  /** Restores a picture; if an address is given, installs the pack behind it after the first tile. */
  restore(options: { experts: "auto" | string[]; install?: string }): Promise<RestoreAnswer>;
  /** Installs a pack. */
  install(address: string): Promise<string>;
  /** Starts an installation and resolves when that many bytes of the pack have come. */
  installUntil(address: string, bytes: number): Promise<number>;
  /** Removes a pack. */
  uninstall(id: string): Promise<void>;
  /** What is kept. */
  cached(): Promise<readonly CachedFile[]>;
}

/** A restored picture. */
export interface RestoreAnswer {
  readonly data: number[];
  readonly mixture: readonly AppliedExpert[];
  readonly tiles: number;
  /** Experts that were installed when the run ended. */
  readonly experts: string[];
}

const [width, height] = [72, 72];
const photo = new PixelImage({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    Math.round(128 + 90 * Math.sin(i / 17) * Math.cos(i / 301)),
  ),
});

const files = new Map<string, Uint8Array>();
let limpid: Limpid;

function holdThread(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const page: PackPage = {
  async load(addresses) {
    for (const address of addresses) {
      const response = await fetch(address);
      files.set(address.replace(/^\/packs\/model\//, ""), new Uint8Array(await response.arrayBuffer()));
    }
  },
  async start() {
    limpid?.dispose();
    limpid = await createLimpid({ model: modelFromFiles(files), backend: "cpu", worker: false });
    const { packs } = limpid;
    return {
      packs: packs.list().map(({ id, version }) => `${id} ${version}`),
      unusable: packs.unusable.map(({ error }) => String(error)),
      kind: packs.cache.kind,
      fallbackReason: packs.cache.fallbackReason,
    };
  },
  async restore({ experts, install }) {
    let installed: Promise<unknown> | undefined;
    const { image, mixture, tiles } = await limpid.restore(photo, {
      experts: experts === "auto" ? experts : experts.map((id) => ({ id })),
      tileSize: 4, // many tiles, so that there is time for what happens meanwhile
      onProgress: ({ done, total }) => {
        if (install !== undefined && done === 1) installed = limpid.packs.install(install);
        // Long tiles until the pack is there: after each, the run lets the page do other things.
        if (install !== undefined && !limpid.experts.has("acme.descreen")) holdThread(50);
        if (done === total && install !== undefined && !limpid.experts.has("acme.descreen")) {
          throw new Error("the pack was not there before the run ended");
        }
      },
    });
    await installed;
    return { data: [...image.data], mixture, tiles, experts: limpid.experts.list().map(({ id }) => id) };
  },
  install: async (address) => {
    try {
      const { id, version } = await limpid.packs.install(address);
      return `${id} ${version}`;
    } catch (error) {
      // Of an error, the protocol between test and page keeps the message alone.
      throw LimpidError.is(error) ? new Error(`${error.code}: ${error.message}`) : error;
    }
  },
  installUntil: (address, bytes) =>
    new Promise((resolve, reject) => {
      limpid.packs
        .install(address, {
          onProgress: ({ loaded, path }) => {
            if (path === "ballast.bin" && loaded >= bytes) resolve(loaded);
          },
        })
        .catch(reject);
    }),
  uninstall: (id) => limpid.packs.uninstall(id),
  cached: () => limpid.packs.cache.list(),
};

Object.assign(globalThis, { page });
