import { LimpidError } from "../../src/sdk/base/index.js";
import { HeadlessHost } from "../../src/sdk/host/index.js";
import { PixelImage } from "../../src/sdk/image/index.js";
import { memoryStore } from "../../src/sdk/packs/index.js";
import type { Limpid, LimpidOptions } from "../../src/sdk/limpid/index.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeExpert, makeTinyPack } from "../support/tiny-pack.js";

/** The model of the suite: it finds every fault in every image. */
export const model = makeTinyModel({ bias: 20 });

export const photo = new PixelImage({
  width: 64,
  height: 48,
  channels: 4,
  data: new Uint8Array(64 * 48 * 4).map((_, index) => (index * 37) % 251),
});

/** Starts a Limpid with {@link model} on tfjs's `cpu`, in one way. */
export type OpenLimpid = (options?: Partial<LimpidOptions>) => Promise<Limpid>;

/** The code of what a promise rejects with. */
export async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return "nothing was thrown";
  } catch (error) {
    return LimpidError.is(error) ? error.code : String(error);
  }
}

const digest = (image: PixelImage): string => {
  let hash = 0;
  for (const value of image.data) hash = (Math.imul(hash, 31) + Math.round(value * 65535)) | 0;
  return `${image.width} x ${image.height} x ${image.channels} of ${image.bitDepth}: ${hash}`;
};

/** Whether it ends with all of the work, and never goes back. */
const isRising = (fractions: readonly number[]): boolean =>
  fractions.every((fraction, index) => fraction >= (fractions[index - 1] ?? 0)) && fractions.at(-1) === 1;

/** What every Limpid does, wherever its engine runs: each case tells what it saw, as plain data. */
export const cases = {
  async "restores and analyses"(open: OpenLimpid) {
    const limpid = await open();
    const steps: number[] = [];
    const fractions: number[] = [];
    let beforeTiles = 0;
    const looked: number[] = [];
    const { image, backend, mixture, analysis, tiles } = await limpid.restore(photo, {
      tileSize: 8,
      onProgress: ({ fraction, done, total, preview }) => {
        if (preview instanceof PixelImage) steps.push(done * preview.channels + total);
        else if (done === 0) beforeTiles++;
        fractions.push(fraction);
      },
    });
    const { degradations, present, windows } = await limpid.analyze(photo, {
      windows: true,
      onProgress: ({ fraction }) => void looked.push(fraction),
    });
    return {
      ...{ fractions, looked },
      isProgress: [fractions, looked].map(isRising),
      isToldBeforeTiles: beforeTiles > 2 && beforeTiles === fractions.length - steps.length,
      ...{ backend, steps, tiles, model: limpid.model, image: digest(image) },
      isImage: image instanceof PixelImage,
      kept: photo.data.length,
      mixture: mixture.map(({ expert }) => expert),
      found: [analysis.present.length, degradations.length, present.length],
      windows: windows?.map(({ rect }) => `${rect.x} ${rect.y}`),
      backends: [limpid.backend, limpid.byteSize > 0],
    };
  },
  async "waits for its listener"(open: OpenLimpid) {
    const limpid = await open();
    let [waiting, most, steps] = [0, 0, 0];
    await limpid.restore(photo, {
      tileSize: 8,
      async onProgress({ tile }) {
        most = Math.max(most, ++waiting);
        await new Promise((resolve) => setTimeout(resolve, 20));
        waiting--;
        if (tile !== undefined) steps++;
      },
    });
    return { waiting, most, steps };
  },
  async "takes samples of every type and a mask"(open: OpenLimpid) {
    const limpid = await open();
    const mask = new PixelImage({
      width: photo.width,
      height: photo.height,
      channels: 1,
      data: new Uint8Array(photo.width * photo.height).fill(255, 300),
    });
    const seen = [];
    for (const data of [
      Uint8Array.from(photo.data),
      // A part of a larger buffer.
      Uint8Array.from([0, 0, 0, 0, ...photo.data]).subarray(4),
      Uint16Array.from(photo.data, (value) => value * 257),
      Float32Array.from(photo.data, (value) => value / 255),
    ]) {
      const { image } = await limpid.restore(photo.withData(data), { mask });
      seen.push(digest(image), image.data.join() !== data.join(), data.length);
    }
    return { seen, mask: mask.data.length };
  },
  async "gives errors their codes, and goes on"(open: OpenLimpid) {
    const limpid = await open();
    const region = { x: 0, y: 0, width: 1000, height: 1 };
    const controller = new AbortController();
    const fail = (error: Error) => () => {
      throw error;
    };
    return [
      await codeOf(limpid.restore(photo, { experts: [{ id: "nobody.knows" }] })),
      await codeOf(limpid.restore(photo, { region })),
      await codeOf(limpid.restore(photo, { tileSize: 7 })),
      await codeOf(limpid.restore(photo, { signal: AbortSignal.abort() })),
      await codeOf(
        limpid.restore(photo, {
          tileSize: 8,
          signal: controller.signal,
          onProgress: () => controller.abort(),
        }),
      ),
      await codeOf(limpid.restore(photo, { onProgress: fail(new Error("the listener failed")) })),
      await codeOf(
        limpid.restore(photo, { onProgress: () => Promise.reject(new Error("the listener rejected")) }),
      ),
      await codeOf(limpid.restore(photo)),
    ];
  },
  async "ends what waits when it is disposed"(open: OpenLimpid) {
    const limpid = await open();
    const runs = [limpid.restore(photo, { tileSize: 8 }), limpid.restore(photo), limpid.analyze(photo)];
    const codes = Promise.all(runs.map(codeOf));
    limpid[Symbol.dispose]();
    limpid.dispose();
    return [...(await codes), await codeOf(limpid.restore(photo)), await codeOf(limpid.analyze(photo))];
  },
  async "takes the experts of the moment in which a run is asked for"(open: OpenLimpid) {
    const limpid = await open();
    const changes: string[] = [];
    limpid.experts.onDidChange(({ added, removed }) => changes.push(`+${added.join()} -${removed.join()}`));
    const own = makeExpert(model, "acme.own", { degradations: ["rain"], seed: "own" });
    const installed = limpid.experts.add(own, { strength: 0.5 });
    const pinned = limpid.experts.pin("acme.own");
    const large = photo.withData(photo.data.slice());
    const region = { x: 0, y: 0, width: 16, height: 16 };
    const named = limpid.restore(large, { experts: [{ id: "acme.own" }], region });
    const both = limpid.restore(large, {
      experts: [{ id: "tiny.first" }, { id: "acme.own", weight: 1 }],
      region,
    });
    installed.dispose();
    const late = codeOf(limpid.restore(photo, { experts: [{ id: "acme.own" }], region }));
    pinned.dispose();
    const mixtures = (await Promise.all([named, both])).map(({ mixture }) => mixture);
    return { mixtures, late: await late, changes, left: limpid.experts.list().map(({ id }) => id) };
  },
  async "installs packs and extensions"(open: OpenLimpid) {
    const limpid = await open({ packs: { maximumBytes: 200_000, store: memoryStore() } });
    const files = makeTinyPack(model);
    const [progress, events]: [number[], string[]] = [[], []];
    limpid.packs.onDidChange(() => events.push("packs"));
    limpid.extensions.onDidChange(({ ids }) => events.push(ids.join()));
    const pack = await limpid.packs.install(files, {
      onProgress: ({ loaded, total }) => progress.push(loaded / total),
    });
    const { mixture } = await limpid.restore(photo, { experts: [{ id: "acme.descreen" }] });
    const codes = [
      await codeOf(limpid.packs.install("https://")),
      await codeOf(limpid.packs.install(new Map([["package.json", Uint8Array.of(1)]]))),
      await codeOf(limpid.packs.install(makeTinyPack(model, { name: "limpid-big", ballast: 300_000 }))),
      await codeOf(limpid.packs.install(files, { signal: AbortSignal.abort() })),
      await codeOf(limpid.packs.uninstall("acme.nothing")),
    ];
    const has = limpid.experts.list().map(({ id, owner }) => `${id} of ${owner}`);
    const extensions = limpid.extensions.list().map(({ id, state }) => `${id} ${state}`);
    await limpid.extensions.uninstall(pack.id);
    const gone = await codeOf(limpid.restore(photo, { experts: [{ id: "acme.descreen" }] }));
    return {
      ...{ has, extensions, codes, gone },
      pack: `${pack.id} ${pack.version} ${pack.files.size}`,
      progress: progress.at(-1),
      events: [...new Set(events)],
      ran: mixture.map(({ expert }) => expert),
    };
  },
  async "restores on a host, by verb and by command"(open: OpenLimpid) {
    const host = HeadlessHost.ofImage(photo);
    const limpid = await open({ host });
    const executed: string[] = [];
    limpid.commands.onDidExecute(({ id }) => executed.push(id));
    limpid.commands.register("app.double", (value) => Number(value) * 2);
    const { commit } = await limpid.restoreOn(host, { restore: { tileSize: 8 } });
    const once = digest(host.layers[0]!.image);
    host.undo();
    const undone = digest(host.layers[0]!.image) === digest(photo);
    const again = await limpid.commands.execute("limpid.restore", { restore: { tileSize: 8 } });
    // @ts-expect-error -- the compiler knows what the command takes
    const wrong = codeOf(limpid.commands.execute("limpid.restore", 7));
    return {
      ...{ once, undone, executed, isSame: digest(host.layers[0]!.image) === once },
      steps: [commit?.undoSteps, again.commit?.undoSteps],
      wrong: await wrong,
      doubled: await limpid.commands.execute("app.double", 21),
    };
  },
  async "says what it is for a bug report"(open: OpenLimpid) {
    const limpid = await open();
    const { limpid: self, model } = await limpid.diagnostics.report();
    return { backend: self.backend, experts: model.experts, isTold: self.isInWorker === limpid.isInWorker };
  },
};

/** What the cases see, but for what depends on the weights. */
export const expected: { readonly [N in keyof typeof cases]: unknown } = {
  "restores and analyses": {
    backend: "cpu",
    steps: [5, 8],
    isProgress: [true, true],
    isToldBeforeTiles: true,
    tiles: 2,
    model: { id: "limpid.tiny", version: "0.0.1" },
    isImage: true,
    kept: 64 * 48 * 4,
    mixture: ["tiny.second", "tiny.first"],
    found: [3, 3, 3],
    windows: [0, 16, 32].flatMap((y) => [0, 21, 43].map((x) => `${x} ${y}`)),
    backends: ["cpu", true],
  },
  "waits for its listener": { waiting: 0, most: 1, steps: 2 },
  "takes samples of every type and a mask": { mask: 3072 },
  "gives errors their codes, and goes on": [
    "UnknownExpert",
    "InvalidArgument",
    "InvalidTileSize",
    "Aborted",
    "Aborted",
    "Error: the listener failed",
    "Error: the listener rejected",
    "nothing was thrown",
  ],
  "ends what waits when it is disposed": ["Aborted", "Aborted", "Aborted", "Disposed", "Disposed"],
  "takes the experts of the moment in which a run is asked for": {
    mixtures: [
      [{ expert: "acme.own", weight: 0.5 }],
      [
        { expert: "tiny.first", weight: 1 },
        { expert: "acme.own", weight: 1 },
      ],
    ],
    late: "UnknownExpert",
    changes: ["+acme.own -", "+ -acme.own"],
    left: ["tiny.first", "tiny.second"],
  },
  "installs packs and extensions": {
    has: ["tiny.first of undefined", "tiny.second of undefined", "acme.descreen of acme.limpid-descreen"],
    extensions: ["acme.limpid-descreen enabled"],
    codes: ["InvalidArgument", "PackUnavailable", "PackTooLarge", "Aborted", "UnknownExtension"],
    gone: "UnknownExpert",
    pack: "acme.limpid-descreen 1.0.0 4",
    progress: 1,
    events: ["acme.limpid-descreen", "packs"],
    ran: ["acme.descreen"],
  },
  "restores on a host, by verb and by command": {
    undone: true,
    executed: ["limpid.restore", "limpid.restore", "app.double"],
    isSame: true,
    steps: [1, 1],
    wrong: "InvalidArgument",
    doubled: 42,
  },
  "says what it is for a bug report": {
    backend: "cpu",
    experts: ["tiny.first", "tiny.second"],
    isTold: true,
  },
};

/** A page runs them by name. */
export type CaseName = keyof typeof cases;
