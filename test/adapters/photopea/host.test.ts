import { afterEach, describe, expect, test } from "@jest/globals";
import { parse } from "acorn";
import { LimpidError } from "../../../src/sdk/base/index.js";
import {
  runOnHost,
  type CaptureTarget,
  type CommitOptions,
  type Restorer,
} from "../../../src/sdk/host/index.js";
import { restoreLayers } from "../../../src/adapters/photopea/restore-layers.js";
import { PixelImage } from "../../../src/sdk/image/index.js";
import type {
  FakePhotopea,
  PhotopeaUnknowns,
  PhotopeaVices,
  SeenDocument,
} from "../../fakes/photopea/index.js";
import { restoreResult } from "../../support/restore-result.js";
import { connect, makePicture, type Connected } from "./connected.js";

const opened: Connected[] = [];

const open: typeof connect = (options) => {
  const connected = connect(options);
  opened.push(connected);
  return connected;
};

afterEach(() => {
  for (const { host, photopea } of opened.splice(0)) {
    host.dispose();
    for (const source of photopea.scripts) parse(source, { ecmaVersion: 3 });
    expect(
      photopea.strangeMembers.filter((name) => !photopea.lacks.includes(name) && name !== "Layer.id"),
    ).toEqual([]);
  }
});

const asLayer: CommitOptions = { mode: "new-layer", label: "Restored", onConflict: "refuse" };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!LimpidError.is(error)) throw new Error(`expected a LimpidError, not ${String(error)}`);
  return error.code;
}

/** What a test compares: everything that people see, without what is not theirs to see. */
function looks(photopea: FakePhotopea): unknown {
  return photopea.look().map((document) => ({
    ...document,
    layers: document.layers.map(({ image, ...layer }) => ({ ...layer, data: image && [...image.data] })),
  }));
}

function invert(image: PixelImage): PixelImage {
  return image.withData(image.data.map((value, index) => (index % 4 === 3 ? value : 255 - value)));
}

/** Inverts, after something else has happened. */
const restorer = (meanwhile: () => unknown = () => undefined): Restorer => ({
  async restore(image) {
    await meanwhile();
    return restoreResult(invert(image));
  },
});

describe("PhotopeaHost", () => {
  test("takes a layer out and brings the result in as one step of the history", async () => {
    const { host, photopea } = open();
    const picture = makePicture(8, 6);
    photopea.open({ layers: [{ image: picture, left: 2, top: 1, opacity: 40 }], width: 12, height: 9 });
    const before = looks(photopea);
    const capture = await host.capture();
    expect([...capture.image.data]).toEqual([...picture.data]);
    expect(capture.placement.transform).toEqual([1, 0, 0, 1, 2, 1]);
    expect(looks(photopea)).toEqual(before);

    const commit = await host.commit(capture, invert(capture.image), asLayer);
    expect(commit).toEqual({ mode: "new-layer", isConflict: false, undoSteps: 1, notes: [] });
    const [document] = photopea.look();
    expect(document!.historyLength).toBe(1);
    expect(document!.layers.map(({ name, geometry }) => [name, geometry])).toEqual([
      ["Restored", [2, 1, 40]],
      ["Background", [2, 1, 40]],
    ]);
    expect([...document!.layers[0]!.image!.data]).toEqual([...invert(picture).data]);
    photopea.undo();
    expect(looks(photopea)).toEqual(before);
  });

  test("replaces the topmost layer with its name, opacity and visibility, in two steps", async () => {
    const { host, photopea } = open();
    photopea.open({
      layers: [{ image: makePicture(5, 4), name: "Sky", opacity: 30 }, { image: makePicture(5, 4) }],
    });
    const before = looks(photopea);
    const capture = await host.capture();
    const commit = await host.commit(capture, invert(capture.image), { ...asLayer, mode: "replace" });
    expect(commit.undoSteps).toBe(2);
    const [document] = photopea.look();
    expect(document!.layers.map(({ name, geometry }) => [name, geometry])).toEqual([
      ["Sky", [0, 0, 30]],
      ["Background", [0, 0, 100]],
    ]);
    photopea.undo();
    photopea.undo();
    expect(looks(photopea)).toEqual(before);
  });

  test("brings the result in right above its source, or in its place, wherever that stands", async () => {
    const { host, photopea } = open();
    const layers = ["A", "B", "C"].map((name, seed) => ({ name, image: makePicture(5, 4, 4, seed) }));
    photopea.open({ layers: [layers[0]!, { image: makePicture(1, 1), children: layers }] });
    photopea.chooseLayers([1, 1]);
    const before = looks(photopea);
    const names = (): unknown =>
      photopea.look()[0]!.layers.map(({ name, children }) => children?.map((child) => child.name) ?? name);
    const capture = await host.capture();
    const added = await host.commit(capture, capture.image, asLayer);
    expect(added).toMatchObject({ undoSteps: 2, notes: [] });
    expect(names()).toEqual(["A", ["A", "Restored", "B", "C"]]);
    for (let step = 0; step < 2; step++) photopea.undo();
    expect(looks(photopea)).toEqual(before);
    const replaced = await host.commit(capture, invert(capture.image), { ...asLayer, mode: "replace" });
    expect(replaced.undoSteps).toBe(3);
    expect(names()).toEqual(["A", ["A", "B", "C"]]);
    expect([...photopea.look()[0]!.layers[1]!.children![1]!.image!.data]).toEqual([
      ...invert(capture.image).data,
    ]);
    for (let step = 0; step < 3; step++) photopea.undo();
    expect(looks(photopea)).toEqual(before);
  });

  test.each<[string, Partial<PhotopeaUnknowns>, Partial<PhotopeaVices>]>([
    ["does not move layers", { moves: false }, {}],
    ["never comes back from moving one", {}, { moveHangs: true }],
    ["cannot move layers", {}, { lacks: ["Layer.move"] }],
  ])("says that the result is on top when Photopea %s", async (_, unknowns, vices) => {
    const { host, photopea } = open();
    photopea.settle(unknowns);
    photopea.open({ layers: [{ image: makePicture(5, 4) }, { image: makePicture(5, 4) }] });
    photopea.activateLayer(1);
    const capture = await host.capture();
    photopea.misbehave(vices);
    const commit = await host.commit(capture, capture.image, asLayer);
    expect(commit).toMatchObject({ undoSteps: 1, notes: ["the new layer is on top of all layers"] });
    photopea.misbehave({ moveHangs: false });
    await host.refresh();
    expect(photopea.look().map(({ layers }) => layers.map(({ name }) => name))).toEqual([
      ["Restored", "Background", "Background"],
    ]);
  });

  test("replaces no layer that is locked, or that it cannot get above, and leaves the document", async () => {
    const { host, photopea } = open();
    photopea.settle({ moves: false });
    const replace: CommitOptions = { ...asLayer, mode: "replace" };
    photopea.open({ layers: [{ image: makePicture(5, 4) }, { image: makePicture(5, 4) }] });
    photopea.activateLayer(1);
    const covered = await host.capture();
    expect(await codeOf(host.commit(covered, covered.image, replace))).toBe("NotSupported");
    photopea.open({ layers: [{ image: makePicture(3, 3), allLocked: true }] });
    const locked = await host.capture();
    expect(await codeOf(host.commit(locked, locked.image, replace))).toBe("NotSupported");
    expect(photopea.look().map(({ layers }) => layers.map(({ name }) => name))).toEqual([
      ["Background", "Background"],
      ["Background"],
    ]);
  });

  test.each([true, false])("restores all chosen layers in one go, with layer ids: %s", async (layerIds) => {
    const { host, photopea } = open();
    photopea.settle({ layerIds });
    const layer = (seed: number, allLocked = false) => ({
      ...{ name: "Photo", image: makePicture(5, 4, 4, seed), allLocked },
    });
    const children = [layer(1), layer(2)];
    photopea.open({ layers: [layer(3), { ...layer(0), name: "Group", children }, layer(4), layer(5)] });
    photopea.chooseLayers([1, 1], [0], [2], [1]);
    const { layers } = await host.refresh();
    expect(layers.map(({ name }) => name).sort()).toEqual(["Group", "Photo", "Photo", "Photo"]);
    const restored = await restoreLayers(restorer(), host, { label: "Restored" });
    expect(restored.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    const seen = photopea.look()[0]!.layers.flatMap((one) => one.children ?? [one]);
    expect(seen.map(({ name }) => name)).toEqual([
      ...["Restored", "Photo"],
      ...["Photo", "Restored", "Photo"],
      ...["Restored", "Photo", "Photo"],
    ]);
    for (const at of [0, 3, 5]) {
      expect([...seen[at]!.image!.data]).toEqual([...invert(seen[at + 1]!.image!).data]);
    }
    expect(await codeOf(host.capture({ layerId: "99" }))).toBe("NothingSelected");
  });

  test("restores the other layers when one fails, and none when no layer is chosen", async () => {
    const { host, photopea } = open();
    expect(await codeOf(restoreLayers(restorer(), host))).toBe("NothingSelected");
    photopea.open({ layers: [{ image: makePicture(3, 3), allLocked: true }, { image: makePicture(3, 3) }] });
    photopea.chooseLayers([0], [1]);
    const restored = await restoreLayers(restorer(), host, { mode: "replace" });
    expect(restored.map(({ error }) => error?.code).sort()).toEqual(["NotSupported", undefined]);
    const ended = restoreLayers(restorer(), host, { signal: AbortSignal.abort() });
    expect(await codeOf(ended)).toBe("Aborted");
  });

  test("waits for who listens to the progress of a layer, and ends with what that rejects with", async () => {
    const { host, photopea } = open();
    photopea.open({ layers: [{ image: makePicture(3, 3) }] });
    const limpid: Restorer = {
      async restore(image, options) {
        const tile = { x: 0, y: 0, width: 3, height: 3 };
        await options?.onProgress?.({ fraction: 1, done: 1, total: 1, tile, preview: image });
        return restorer().restore(image);
      },
    };
    const onProgress = (): Promise<never> => Promise.reject(new RangeError("on purpose"));
    await expect(restoreLayers(limpid, host, { restore: { onProgress } })).rejects.toThrow("on purpose");
  });

  test.each([
    [["Document.duplicate"], "Document.duplicate"],
    [["Layer.move"], "Layer.move"],
  ])("says in a sentence what a Photopea without %j lacks", async (lacks, name) => {
    const told: string[] = [];
    const { host, photopea } = open({ panel: { notify: ({ text }) => void told.push(text) } });
    photopea.misbehave({ lacks });
    await host.probe();
    expect(host.missing).toBeUndefined();
    photopea.open({ layers: [{ image: makePicture(3, 3) }] });
    for (let look = 0; look < 2; look++) await host.refresh();
    expect(host.missing).toMatch(new RegExp(`^This Photopea has no ${name}: [^.]+[.]$`));
    expect(told).toEqual([host.missing]);
  });

  test("refuses a Photopea that lacks what nothing works without, and names it", async () => {
    const { host, photopea } = open();
    photopea.misbehave({ lacks: ["Document.saveToOE", "Layer.duplicate"] });
    photopea.open({ layers: [{ image: makePicture(3, 3) }] });
    await expect(host.probe()).rejects.toThrow("this Photopea has no Document.saveToOE, no Layer.duplicate");
  });

  test("takes what reaches past the canvas, and brings it back there", async () => {
    const { host, photopea } = open();
    const picture = makePicture(9, 7);
    photopea.open({ layers: [{ image: picture, left: -3, top: 4 }], width: 6, height: 6 });
    const capture = await host.capture();
    expect([...capture.image.data]).toEqual([...picture.data]);
    await host.commit(capture, capture.image, asLayer);
    expect(photopea.look()[0]!.layers[0]).toMatchObject({
      geometry: [-3, 4, 100],
      image: { width: 9, height: 7 },
    });
  });

  test("keeps Display P3, and says what it leaves out there", async () => {
    const { host, photopea } = open();
    const image = new PixelImage({ ...makePicture(9, 7), colorSpace: "display-p3" });
    photopea.open({ layers: [{ image, left: -3, top: 4 }], width: 6, height: 6 });
    const capture = await host.capture();
    expect([capture.image.colorSpace, capture.image.width, capture.image.height]).toEqual([
      "display-p3",
      6,
      2,
    ]);
    expect(capture.notes).toEqual(["what lies outside of the canvas was left out"]);
    await host.commit(capture, capture.image, asLayer);
    expect(photopea.look()[0]!.layers[0]).toMatchObject({
      geometry: [0, 4, 100],
      image: { colorSpace: "display-p3" },
    });
  });

  test.each(["image", "layer", "selection"] satisfies CaptureTarget[])(
    "changes nothing by capturing the %s, not even the history",
    async (target) => {
      const { host, photopea } = open();
      photopea.open({
        layers: [{ image: makePicture(5, 4), opacity: 50 }, { image: makePicture(5, 4, 4, 2) }],
      });
      photopea.select({ x: 1, y: 1, width: 2, height: 2 });
      const before = looks(photopea);
      const { image, mask } = await host.capture({ target });
      expect([image.width, image.height, mask?.width]).toEqual([
        5,
        4,
        target === "selection" ? 5 : undefined,
      ]);
      expect(looks(photopea)).toEqual(before);
    },
  );

  test("takes the rectangle around a selection, and says so, if Photopea gives no more", async () => {
    const { host, photopea } = open();
    photopea.misbehave({ copyKeepsSelection: false });
    photopea.open({ layers: [{ image: makePicture(4, 4), left: 1, top: 1 }], width: 8, height: 8 });
    photopea.select({ x: 0, y: 2, width: 3, height: 9 });
    const { mask, notes } = await host.capture({ target: "selection" });
    expect(notes).toEqual(["the selection was taken as the rectangle around it"]);
    const row = [255, 255, 0, 0];
    expect([...mask!.data]).toEqual([0, 0, 0, 0, ...row, ...row, ...row]);
  });

  describe("with something selected", () => {
    const picture = makePicture(6, 5);
    const rect = { x: 3, y: 2, width: 3, height: 9 };
    /** Of each sample whether it is selected, with the layer where it is below. */
    const inside = [...picture.data.keys()].map((index) => {
      const pixel = Math.floor(index / 4);
      const [x, y] = [(pixel % 6) + 1, Math.floor(pixel / 6) + 1];
      return x >= rect.x && x < rect.x + rect.width && y >= rect.y;
    });

    async function addMasked(
      photopea: FakePhotopea,
      host: Connected["host"],
      colorSpace: "srgb" | "display-p3" = "srgb",
      meanwhile: () => void = () => undefined,
    ) {
      const image = { ...picture, colorSpace };
      photopea.open({
        layers: [
          { image, name: "Top" },
          { image, left: 1, top: 1 },
        ],
        width: 8,
        height: 9,
      });
      photopea.activateLayer(1);
      photopea.select(rect);
      const before = looks(photopea);
      const capture = await host.capture({ target: "selection" });
      meanwhile();
      const commit = await host.commit(capture, invert(capture.image), { ...asLayer, mode: "mask" });
      const [{ layers, historyLength }, ...others] = photopea.look() as [SeenDocument, ...SeenDocument[]];
      expect(others).toEqual([]);
      expect(historyLength).toBe(commit.undoSteps);
      expect(layers.map(({ name }) => name)).toEqual(["Top", "Restored", "Background"]);
      for (let step = 0; step < commit.undoSteps; step++) photopea.undo();
      expect(looks(photopea)).toEqual(before);
      return { commit, layer: layers[1]! };
    }

    test.each(["srgb", "display-p3"] as const)("makes a layer mask of it, in %s", async (colorSpace) => {
      const { host, photopea } = open();
      const { commit, layer } = await addMasked(photopea, host, colorSpace);
      expect(commit).toMatchObject({ mode: "mask", isConflict: false, notes: [] });
      expect(layer.geometry).toEqual([1, 1, 100]);
      expect([...layer.image!.data]).toEqual([...invert(picture).data]);
      expect([...layer.mask!]).toEqual(
        inside.filter((_, index) => index % 4 === 0).map((is) => (is ? 255 : 0)),
      );
    });

    test.each<[string, Partial<PhotopeaVices>]>([
      ["ends a script that makes masks", { masks: "abort" }],
      ["does not make them", { masks: "ignored" }],
      ["makes them of everything", { masks: "of-all" }],
      ["copies documents without their selections", { copyKeepsSelection: false }],
      ["copies no documents", { lacks: ["Document.duplicate"] }],
    ])("puts it into the pixels, and says so, where Photopea %s", async (_, vices) => {
      const { host, photopea } = open();
      photopea.misbehave(vices);
      if (vices.lacks !== undefined) await host.refresh();
      const { commit, layer } = await addMasked(photopea, host);
      expect(commit).toMatchObject({ mode: "new-layer", notes: [expect.stringMatching(/no layer mask/)] });
      expect(layer.mask).toBeUndefined();
      const inverted = invert(picture).data;
      expect([...layer.image!.data]).toEqual(
        inside.map((is, index) => (is ? inverted : picture.data)[index]),
      );
    });

    test("asks for a layer mask only once where Photopea does not come back from making one", async () => {
      const { host, photopea } = open();
      photopea.misbehave({ masks: "hangs" });
      for (const run of [1, 2]) {
        const { commit, layer } = await addMasked(photopea, host);
        expect(commit).toMatchObject({ mode: "new-layer", notes: [expect.stringMatching(/no layer mask/)] });
        expect(layer.mask).toBeUndefined();
        expect([run, photopea.scripts.filter((source) => source.includes("executeAction")).length]).toEqual([
          run,
          1,
        ]);
        photopea.closeDocument();
      }
    });

    test("makes none of what is selected by then, if that is something else", async () => {
      const { host, photopea } = open();
      const { commit, layer } = await addMasked(photopea, host, "srgb", () =>
        photopea.select({ ...rect, x: 4 }),
      );
      expect([commit.mode, layer.mask]).toEqual(["new-layer", undefined]);
    });
  });

  test("says what is no layer of pixels, and replaces it by one only if the person wants that", async () => {
    const answers = ["new-layer", undefined, "replace"];
    const asked: string[] = [];
    const ask = ({ text }: { readonly text: string }) => {
      asked.push(text);
      return Promise.resolve(answers.shift());
    };
    const { host, photopea } = open({ panel: { ask } });
    const kinds = ["NORMAL", "SMARTOBJECT", "TEXT", "GRADIENTFILL", "CURVES"];
    photopea.open({
      layers: kinds.map((kind, seed) => ({ kind, name: kind, image: makePicture(4, 3, 4, seed) })),
    });
    photopea.chooseLayers([0], [1], [2], [3], [4]);
    const { layers } = await host.refresh();
    expect(layers.map(({ kind }) => kind)).toEqual(["pixels", "smart-object", "text", "fill", "adjustment"]);
    const restored = await restoreLayers(restorer(), host, { mode: "replace" });
    expect(restored.map(({ commit, error }) => [commit?.mode ?? error?.code, commit?.notes])).toEqual([
      ["replace", []],
      ["new-layer", ['"SMARTOBJECT" is a smart object, so the result is a layer above it']],
      ["new-layer", ['"TEXT" is a text layer, so the result is a layer above it']],
      ["replace", []],
      ["NothingSelected", undefined],
    ]);
    expect(restored[4]!.error!.message).toMatch(/"CURVES" is an adjustment layer, without pixels/);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBe('"SMARTOBJECT" is a smart object. Replace it by a layer of pixels?');
    expect(photopea.look()[0]!.layers.map(({ name }) => name)).toEqual([
      "NORMAL",
      "SMARTOBJECT restored",
      "SMARTOBJECT",
      "TEXT restored",
      "TEXT",
      "GRADIENTFILL",
      "CURVES",
    ]);
  });

  test("takes what it knows nothing of for layers of pixels", async () => {
    const { host, photopea } = open();
    photopea.misbehave({ lacks: ["Layer.kind"] });
    photopea.open({ layers: [{ kind: "SMARTOBJECT", image: makePicture(4, 3) }] });
    expect((await host.refresh()).layer!.kind).toBeUndefined();
    const { commit } = await runOnHost(restorer(), host);
    expect(commit?.mode).toBe("replace");
  });

  test("finds the document again among others of the same name, in whatever order people leave them", async () => {
    const { host, photopea } = open();
    for (const seed of [1, 2, 3]) photopea.open({ layers: [{ image: makePicture(4, 4, 4, seed) }] });
    photopea.activateDocument(1);
    const capture = await host.capture();
    photopea.activateDocument(2);
    await host.commit(capture, capture.image, asLayer);
    expect(photopea.look().map(({ layers }) => layers.length)).toEqual([1, 2, 1]);
    photopea.activateDocument(0);
    photopea.closeDocument();
    expect(await codeOf(host.commit(capture, capture.image, asLayer))).toBe("DocumentChanged");
    photopea.open({ layers: [{ image: makePicture(4, 4) }], source: "local,4,Photo.psd" });
    const known = await host.capture();
    photopea.open({ layers: [{ image: makePicture(4, 4) }] });
    await host.commit(known, known.image, asLayer);
    expect(photopea.look().map(({ layers }) => layers.length)).toEqual([2, 1, 2, 1]);
  });

  test("tells when refresh or a capture finds something else active", async () => {
    const { host, photopea } = open();
    const told: unknown[] = [];
    host.onDidChangeSelection((selection) => told.push(selection));
    await host.refresh();
    photopea.open({ layers: [{ image: makePicture(4, 4) }, { image: makePicture(4, 4), grouped: true }] });
    await host.refresh();
    await host.refresh();
    photopea.activateLayer(1);
    await host.refresh();
    expect(told).toMatchObject([
      { documentId: undefined, layerId: undefined, hasSelection: false },
      { layerId: "1", hasSelection: false },
      { layerId: undefined },
    ]);
  });
});

describe("PhotopeaHost with nothing to take", () => {
  const picture = makePicture(4, 4);
  const cases: [string, (photopea: FakePhotopea) => void, CaptureTarget, string][] = [
    ["no document", () => undefined, "layer", "NothingSelected"],
    ["no document", () => undefined, "image", "NothingSelected"],
    [
      "no layer",
      (photopea) => photopea.open({ layers: [], width: 4, height: 4 }),
      "layer",
      "NothingSelected",
    ],
    [
      "a group",
      (photopea) => photopea.open({ layers: [{ image: picture, grouped: true }] }),
      "layer",
      "NothingSelected",
    ],
    [
      "nothing selected",
      (photopea) => photopea.open({ layers: [{ image: picture }] }),
      "selection",
      "NothingSelected",
    ],
    [
      "a selection beside the layer",
      (photopea) => {
        photopea.open({ layers: [{ image: picture }], width: 9, height: 9 });
        photopea.select({ x: 6, y: 6, width: 2, height: 2 });
      },
      "selection",
      "NothingSelected",
    ],
    [
      "everything hidden",
      (photopea) => photopea.open({ layers: [{ image: picture, visible: false }] }),
      "image",
      "NothingSelected",
    ],
    [
      "an empty layer",
      (photopea) => photopea.open({ layers: [{ image: { width: 0, height: 0 } }], width: 4, height: 4 }),
      "layer",
      "NothingSelected",
    ],
    [
      "a document with too many pixels",
      (photopea) => photopea.open({ layers: [{ image: picture }], width: 20_000, height: 20_000 }),
      "image",
      "ImageTooLarge",
    ],
    [
      "a document that is too long",
      (photopea) => photopea.open({ layers: [{ image: picture }], width: 40_000, height: 1 }),
      "layer",
      "ImageTooLarge",
    ],
    [
      "a layer with too many pixels, far past the canvas",
      (photopea) =>
        photopea.open({ layers: [{ image: { width: 20_000, height: 20_000 } }], width: 9, height: 9 }),
      "layer",
      "ImageTooLarge",
    ],
  ];
  test.each(cases)("%s: says so and stays usable", async (_, prepare, target, code) => {
    const { host, photopea } = open();
    prepare(photopea);
    const before = looks(photopea);
    expect(await codeOf(host.capture({ target }))).toBe(code);
    expect(looks(photopea)).toEqual(before);
    photopea.open({ layers: [{ image: picture }] });
    expect([...(await host.capture()).image.data]).toEqual([...picture.data]);
  });

  test("refuses over-limit sizes before anything of that size is made", async () => {
    const { host, photopea } = open({ maximumPixels: 64, maximumSide: 16 });
    photopea.open({ layers: [{ image: makePicture(17, 1) }] });
    expect(await codeOf(host.capture())).toBe("ImageTooLarge");
    photopea.open({ layers: [{ image: makePicture(9, 9) }], width: 5, height: 5 });
    const count = photopea.documentCount;
    expect(await codeOf(host.capture())).toBe("ImageTooLarge");
    expect(photopea.documentCount).toBe(count + 1);
    for (const [width, height] of [
      [16, 1],
      [1, 16],
      [8, 8],
    ] as const) {
      photopea.open({ layers: [{ image: makePicture(width, height) }] });
      const capture = await host.capture();
      await host.commit(capture, capture.image, asLayer);
      expect(photopea.look().at(-1)!.layers).toHaveLength(2);
    }
  });
});

describe("PhotopeaHost while people go on working", () => {
  test.each<[string, (photopea: FakePhotopea) => void, string]>([
    ["closes the document", (photopea) => photopea.closeDocument(), "DocumentChanged"],
    ["deletes the layer", (photopea) => photopea.removeLowest(), "DocumentChanged"],
    ["paints on the layer", (photopea) => photopea.paint(), "DocumentChanged"],
  ])("refuses when somebody %s", async (_, meanwhile, code) => {
    const { host, photopea } = open();
    photopea.open({ layers: [{ image: makePicture(4, 4) }] });
    let after: unknown;
    const run = runOnHost(
      restorer(() => {
        meanwhile(photopea);
        after = looks(photopea);
      }),
      host,
      { mode: "new-layer", onConflict: "refuse" },
    );
    expect(await codeOf(run)).toBe(code);
    expect(looks(photopea)).toEqual(after);
  });

  test.each<[string, (photopea: FakePhotopea) => void, (number | undefined)[]]>([
    ["moves the layer", (photopea) => photopea.arrange({ left: 5, top: -2 }), [5, -2, 100]],
    ["locks the layer", (photopea) => photopea.arrange({ allLocked: true }), [0, 0, 100]],
    ["hides the layer", (photopea) => photopea.arrange({ visible: false }), [0, 0, 100]],
    ["empties the selection", (photopea) => photopea.select(), [0, 0, 100]],
    ["adds another layer", (photopea) => photopea.addLayer(), [0, 0, 100]],
    [
      "opens another document",
      (photopea) => photopea.open({ layers: [{ image: makePicture(2, 2) }] }),
      [0, 0, 100],
    ],
  ])("brings the result in all the same when somebody %s", async (_, meanwhile, geometry) => {
    const { host, photopea } = open();
    photopea.open({ layers: [{ image: makePicture(4, 4) }] });
    photopea.select({ x: 1, y: 1, width: 2, height: 2 });
    const { commit } = await runOnHost(
      restorer(() => meanwhile(photopea)),
      host,
      { mode: "new-layer", target: "selection", onConflict: "refuse" },
    );
    expect(commit).toMatchObject({ mode: "new-layer", isConflict: false });
    const restored = photopea.look()[0]!.layers.find(({ name }) => name === "Restore");
    expect(restored).toMatchObject({ geometry });
  });

  test("adds a layer where the pixels were when the layer is gone, if it may", async () => {
    const { host, photopea } = open();
    photopea.open({
      layers: [{ image: makePicture(4, 4), left: 3 }, { image: makePicture(9, 9) }],
      width: 9,
      height: 9,
    });
    const capture = await host.capture();
    photopea.undo();
    photopea.open({ layers: [{ image: makePicture(4, 4), left: 3 }], width: 9, height: 9, name: "Other" });
    const other = await host.capture();
    photopea.removeLowest();
    const commit = await host.commit(other, other.image, {
      ...asLayer,
      mode: "replace",
      onConflict: "new-layer",
    });
    expect(commit).toMatchObject({ mode: "new-layer", isConflict: true, undoSteps: 1 });
    expect(photopea.look()[1]!.layers).toMatchObject([{ geometry: [3, 0, 100] }]);
    expect(capture.layerId).not.toBe(other.layerId);
  });
});

describe("PhotopeaHost with a Photopea that misbehaves", () => {
  test.each<[string, Partial<PhotopeaVices>]>([
    ["gives files out as views", { typedArrays: true }],
    ["opens files late", { lateFiles: 150 }],
    ["adds layers late", { lateLayers: 150 }],
    ["babbles", { babble: ["MSFAPI#ping", "done", { a: 1 }, 7, null, "limpid-0-1:end", new Uint8Array(3)] }],
    ["says everything again", { replays: true }],
  ])("works when it %s", async (_, vices) => {
    const { host, photopea } = open({ timeout: 2000 });
    photopea.misbehave(vices);
    photopea.open({ layers: [{ image: makePicture(6, 5) }] });
    for (let run = 1; run <= 2; run++) {
      photopea.activateLayer(run - 1);
      const capture = await host.capture();
      await host.commit(capture, invert(capture.image), asLayer);
      expect(photopea.look().map(({ layers }) => layers.length)).toEqual([run + 1]);
    }
  });

  test.each<[string, Partial<PhotopeaVices>]>([
    ["saves nothing", { filesPerSave: 0 }],
    ["saves everything twice", { filesPerSave: 2 }],
    ["says things in the wrong order", { reorders: true }],
    ["is silent", { silent: true }],
    ["loses what scripts say", { mute: true }],
    ["cuts every text short", { rewrites: "lim" }],
    ["says something else", { rewrites: "%:end" }],
  ])("fails when it %s, with the document as it was, and works when it stops", async (_, vices) => {
    const { host, photopea } = open({ timeout: 300 });
    photopea.open({ layers: [{ image: makePicture(6, 5) }] });
    const kept = await host.capture();
    const before = looks(photopea);
    photopea.misbehave(vices);
    expect(await codeOf(host.capture())).toBe("HostFailed");
    expect(await codeOf(host.commit(kept, kept.image, asLayer))).toBe("HostFailed");
    photopea.misbehave({
      filesPerSave: 1,
      reorders: false,
      silent: false,
      mute: false,
      rewrites: undefined,
    });
    await host.refresh();
    expect(looks(photopea)).toEqual(before);
    await host.commit(kept, kept.image, asLayer);
    expect(photopea.look().map(({ layers }) => layers.length)).toEqual([2]);
  });

  test("never posts a file or a writing script again, however a write ends", async () => {
    for (const vices of [{ mute: true }, { silent: true }, { documentsPerFile: 2 }, { lateFiles: 1000 }]) {
      const { host, photopea, posted, session } = open({ timeout: 300 });
      photopea.open({ layers: [{ image: makePicture(6, 5) }] });
      const capture = await host.capture();
      posted.length = 0;
      const commit = host.commit(capture, capture.image, asLayer);
      const isWriting = (): boolean => posted.some((message) => typeof message !== "string");
      while (!isWriting()) {
        if ("lateFiles" in vices || "documentsPerFile" in vices) photopea.misbehave(vices);
        await new Promise(setImmediate);
      }
      photopea.misbehave(vices);
      expect(await codeOf(commit)).toBe("HostFailed");
      photopea.misbehave({ mute: false, silent: false });
      await host.refresh();
      const files = posted.filter((message) => typeof message !== "string");
      const writes = posted.filter(
        (message) => typeof message === "string" && message.includes("layer.duplicate(doc, "),
      );
      expect([files.length, writes.length <= 1, session.isBroken]).toEqual([1, true, false]);
      expect(photopea.look()[0]!.layers).toHaveLength(1);
    }
  });

  test("does not touch documents that people open while a file is under way", async () => {
    const { host, photopea } = open({ timeout: 2000 });
    photopea.open({ layers: [{ image: makePicture(6, 5) }] });
    const capture = await host.capture();
    photopea.misbehave({ lateFiles: 200 });
    const commit = host.commit(capture, capture.image, asLayer);
    setTimeout(() => photopea.open({ layers: [{ image: makePicture(3, 3) }], name: "Mine" }), 120);
    expect(await codeOf(commit)).toBe("HostFailed");
    expect(photopea.look().map(({ name, layers }) => [name, layers.length])).toEqual([
      ["Photo", 1],
      ["Mine", 1],
    ]);
  });

  test("refuses a capture that is not of Photopea", async () => {
    const { host, photopea } = open();
    photopea.open({ layers: [{ image: makePicture(6, 5) }] });
    const capture = await host.capture();
    for (const documentId of ["headless", "{}", '{"source":"","name":1,"index":0}', "null"]) {
      expect(await codeOf(host.commit({ ...capture, documentId }, capture.image, asLayer))).toBe(
        "InvalidArgument",
      );
    }
  });
});
