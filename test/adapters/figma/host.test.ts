import { afterEach, describe, expect, test } from "@jest/globals";
import type { PluginAPI } from "@figma/plugin-typings/plugin-api-standalone.js";
import { restoreFills } from "../../../src/adapters/figma/index.js";
import { serveFigma } from "../../../src/adapters/figma/main/index.js";
import { LimpidError } from "../../../src/sdk/base/index.js";
import type { CommitOptions, Restorer } from "../../../src/sdk/host/index.js";
import { decodePng, encodePng, PixelImage } from "../../../src/sdk/image/index.js";
import { FakeFigma } from "../../fakes/figma/index.js";
import { restoreResult } from "../../support/restore-result.js";
import { connect, invert, makePicture, openPhoto, type Connected } from "./connected.js";

const opened: Connected[] = [];

const open: typeof connect = async (options) => {
  const connected = await connect(options);
  opened.push(connected);
  return connected;
};

afterEach(() => {
  for (const { host } of opened.splice(0)) host.dispose();
});

const replace: CommitOptions = { mode: "replace", label: "Restored", onConflict: "refuse" };
const asLayer: CommitOptions = { ...replace, mode: "new-layer" };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!LimpidError.is(error)) throw new Error(`expected a LimpidError, not ${String(error)}`);
  return error.code;
}

interface Paint {
  readonly type: string;
  readonly imageHash: string;
  readonly scaleMode: string;
  readonly scalingFactor?: number;
}

const fillsOf = (figma: FakeFigma, at: number): readonly Paint[] =>
  figma.look()[at]!.fills as readonly Paint[];

const imageOf = async (figma: FakeFigma, { imageHash }: Paint): Promise<PixelImage> =>
  (await decodePng(figma.imageBytes(imageHash))).image;

/** Inverts, after something else has happened. */
function restorer(meanwhile: () => unknown = () => undefined): Restorer & { readonly calls: number } {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    async restore(image) {
      calls++;
      await meanwhile();
      return restoreResult(invert(image));
    },
  };
}

describe("FigmaHost, a photo in a layer", () => {
  test("is replaced by its hash alone: crop, filters, opacity, other fills and the rest of the paint stay", async () => {
    const { figma, host } = await open();
    const picture = makePicture(8, 6);
    const hash = figma.importImage(await encodePng(picture));
    const solid = { type: "SOLID", color: { r: 1, g: 0, b: 0 }, opacity: 0.5 };
    const paint = {
      type: "IMAGE",
      scaleMode: "CROP",
      imageTransform: [
        [0.5, 0, 0.25],
        [0, 0.5, 0.1],
      ],
      opacity: 0.6,
      blendMode: "MULTIPLY",
      filters: { exposure: 0.3, contrast: 0, tint: -0.2 },
    };
    figma.select([figma.add({ fills: [solid, { ...paint, imageHash: hash }], width: 30, height: 40 })]);
    const before = figma.look();
    const capture = await host.capture();
    expect([...capture.image.data]).toEqual([...picture.data]);
    expect(capture.placement.isFiltered).toBe(true);
    expect(figma.look()).toEqual(before);

    const commit = await host.commit(capture, invert(capture.image), replace);
    expect(commit).toMatchObject({ mode: "replace", isConflict: false, undoSteps: 1, notes: [] });
    const [first, second] = fillsOf(figma, 0);
    expect(first).toEqual(solid);
    expect(second).toEqual({ ...paint, imageHash: commit.imageHash });
    expect([...(await imageOf(figma, second!)).data]).toEqual([...invert(picture).data]);
    expect(figma.look()[0]!.relaunchData).toEqual({ restore: "Restore again" });
    figma.undo();
    expect(figma.look()).toEqual(before);
  });

  test("is found again under fills that people have added, and is as large as before when it is repeated", async () => {
    const { figma, host } = await open();
    const id = await openPhoto(figma, makePicture(8, 6), { scaleMode: "TILE", scalingFactor: 0.5 });
    const capture = await host.capture();
    figma.update(id, { fills: [{ type: "SOLID", color: { r: 0, g: 0, b: 0 } }, ...fillsOf(figma, 0)] });
    const larger = makePicture(16, 12);
    await host.commit(capture, larger, replace);
    expect(fillsOf(figma, 0)[1]).toMatchObject({ scaleMode: "TILE", scalingFactor: 0.25 });
    expect([...(await imageOf(figma, fillsOf(figma, 0)[1]!)).data]).toEqual([...larger.data]);
  });

  test("is replaced by another result of the same capture, too, but not after people have put another image there", async () => {
    const { figma, host } = await open();
    const other = figma.addPhoto(await encodePng(makePicture(8, 6, 3, 9)));
    const id = await openPhoto(figma, makePicture(8, 6), { scaleMode: "TILE", scalingFactor: 0.5 });
    const capture = await host.capture();
    const results = [
      [makePicture(16, 12), 0.25],
      [invert(capture.image), 0.5],
      [makePicture(8, 6, 3, 5), 0.5],
    ] as const;
    const apply = async ([result, scalingFactor]: (typeof results)[number]): Promise<void> => {
      expect(await host.commit(capture, result, replace)).toMatchObject({
        mode: "replace",
        isConflict: false,
      });
      const [paint] = fillsOf(figma, 1);
      expect(paint).toMatchObject({ scalingFactor });
      expect([...(await imageOf(figma, paint!)).data]).toEqual([...result.data]);
    };
    for (const result of results) await apply(result);
    for (const _ of results) figma.undo();
    await apply(results[0]);
    figma.update(id, { fills: [...fillsOf(figma, 0)] });
    expect(figma.look()[0]!.id).toBe(other);
    expect(await codeOf(host.commit(capture, capture.image, replace))).toBe("DocumentChanged");
  });

  test("is replaced while its layer is moved, resized or adjusted, which stays", async () => {
    const { figma, host } = await open();
    const id = await openPhoto(figma, makePicture(8, 6));
    const capture = await host.capture();
    figma.update(id, { width: 80, name: "Moved", fills: [{ ...fillsOf(figma, 0)[0], opacity: 0.2 }] });
    const commit = await host.commit(capture, invert(capture.image), replace);
    expect(commit.isConflict).toBe(false);
    expect(figma.look()[0]).toMatchObject({ width: 80, name: "Moved", fills: [{ opacity: 0.2 }] });
  });

  test("says that a style was left, and refuses locked layers, their own lock or one around them", async () => {
    const { figma, host } = await open();
    const id = await openPhoto(figma, makePicture(8, 6));
    figma.update(id, { fillStyleId: "S:1" });
    const { notes } = await host.commit(await host.capture(), makePicture(8, 6), replace);
    expect(notes).toEqual(["the layer's fill is no longer that of its style"]);

    const hash = figma.importImage(await encodePng(makePicture(4, 4)));
    const inside = { fills: [{ type: "IMAGE", scaleMode: "FILL", imageHash: hash }], width: 4, height: 4 };
    const group = figma.add({ type: "GROUP", children: [inside] });
    figma.select([group]);
    const capture = await host.capture();
    figma.update(group, { locked: true });
    const before = figma.look();
    expect(await codeOf(host.commit(capture, capture.image, replace))).toBe("NotSupported");
    expect(figma.look()).toEqual(before);
    await host.commit(capture, capture.image, asLayer);
    expect(figma.look()[1]!.children.map(({ name }) => name)).toEqual(["Layer", "Restored"]);
  });

  test("is restored inside an instance, which takes no relaunch button, and gets its layer above that", async () => {
    const { figma, host } = await open();
    const hash = figma.importImage(await encodePng(makePicture(4, 4)));
    const inside = { fills: [{ type: "IMAGE", scaleMode: "FILL", imageHash: hash }], width: 4, height: 4 };
    const frame = { type: "FRAME", name: "Card", children: [{ ...inside, name: "Photo" }] };
    figma.select([figma.add({ type: "INSTANCE", name: "Instance", children: [frame] })]);
    const before = figma.look();
    const capture = await host.capture();
    const commit = await host.commit(capture, invert(capture.image), replace);
    const photo = (): { fills: readonly Paint[]; relaunchData: object } =>
      figma.look()[0]!.children[0]!.children[0] as never;
    expect(photo().fills).toMatchObject([{ imageHash: commit.imageHash }]);
    expect(photo().relaunchData).toEqual({});
    expect(figma.undoSteps).toBe(2);
    figma.undo();
    expect(figma.look()).toEqual(before);
    await host.commit(capture, invert(capture.image), asLayer);
    expect(figma.look().map(({ name }) => name)).toEqual(["Instance", "Restored"]);
  });

  test("is found in a frame of 130,000 layers, which is told to be cut", async () => {
    const { figma, host } = await open();
    const hash = figma.importImage(await encodePng(makePicture(4, 4)));
    const photo = { name: "Photo", fills: [{ type: "IMAGE", scaleMode: "FILL", imageHash: hash }] };
    const children = Array.from({ length: 130_000 }, (_, index) => (index === 7 ? photo : { fills: [] }));
    figma.select([figma.add({ type: "FRAME", children })]);
    const { fills, isCut } = await host.refresh();
    expect([fills.map(({ name }) => name), isCut]).toEqual([["Photo"], true]);
  });

  test("goes above its layer in the same shape and crop, and looks as the restored one would", async () => {
    const { figma, host } = await open();
    const id = await openPhoto(figma, makePicture(16, 8), {
      scaleMode: "CROP",
      imageTransform: [
        [0.5, 0, 0.25],
        [0, 0.5, 0.25],
      ],
    });
    figma.add({ name: "Above", fills: [] });
    const capture = await host.capture();
    expect(capture.placement.crop).toEqual({ x: 4, y: 2, width: 8, height: 4 });
    await host.commit(capture, invert(capture.image), asLayer);
    expect(figma.look().map(({ name }) => name)).toEqual(["Photo", "Restored", "Above"]);
    const shown = await figma.render(figma.look()[1]!.id);
    expect([...shown.data]).toEqual([...invert(await figma.render(id)).data]);
  });

  test("goes under what a frame holds, out of the line of an auto layout, and above an instance", async () => {
    const { figma, host } = await open();
    const hash = figma.importImage(await encodePng(makePicture(4, 4)));
    const fills = [{ type: "IMAGE", scaleMode: "FILL", imageHash: hash }];
    const relativeTransform = [
      [0, -1, 30],
      [1, 0, 20],
    ] as const;
    figma.select([
      figma.add({
        type: "FRAME",
        name: "Frame",
        fills,
        relativeTransform,
        width: 8,
        height: 8,
        layoutMode: "VERTICAL",
        children: [{ name: "Text", type: "TEXT" }],
      }),
    ]);
    await host.commit(await host.capture(), makePicture(4, 4), asLayer);
    const [frame] = figma.look();
    expect(frame!.children.map(({ name, isAbsolute }) => [name, isAbsolute])).toEqual([
      ["Restored", true],
      ["Text", false],
    ]);
    expect(frame!.children[0]!.absoluteTransform).toEqual(frame!.absoluteTransform);

    const photo = {
      name: "Photo",
      fills,
      width: 4,
      height: 4,
      relativeTransform: [
        [1, 0, 3],
        [0, 1, 5],
      ],
    } as const;
    figma.select([figma.add({ type: "INSTANCE", name: "Instance", children: [photo] })]);
    await host.commit(await host.capture(), makePicture(4, 4), asLayer);
    const layers = figma.look();
    expect(layers.map(({ name }) => name)).toEqual(["Frame", "Instance", "Restored"]);
    expect(layers[2]!.absoluteTransform).toEqual([
      [1, 0, 3],
      [0, 1, 5],
    ]);
  });

  test("is left alone with all its layers if Figma fails in the middle", async () => {
    const { figma, host } = await open();
    await openPhoto(figma, makePicture(8, 6));
    const capture = await host.capture();
    const before = [figma.look(), figma.undoSteps];
    const cases = [
      ["set_fills", replace],
      ["createImage", replace],
      ["resize", asLayer],
      ["set_fills", asLayer],
      ["insertChild", asLayer],
    ] as const;
    for (const [member, options] of cases) {
      figma.failNext(member === "set_fills" ? "fills" : member);
      expect(await codeOf(host.commit(capture, capture.image, options))).toBe("HostFailed");
      expect(figma.look()).toEqual(before[0]);
    }
    // A button on the layer is not what was asked for.
    for (const options of [asLayer, replace]) {
      figma.failNext("setRelaunchData");
      expect((await host.commit(capture, capture.image, options)).mode).toBe(options.mode);
    }
  });
});

describe("FigmaHost, what people do during a run", () => {
  test.each(["deleted", "changed"])(
    "a layer that is %s while the file is on its way is not overwritten",
    async (how) => {
      const { figma, host } = await open();
      const id = await openPhoto(figma, makePicture(8, 6));
      const other = await encodePng(makePicture(8, 6, 3, 9));
      const capture = await host.capture();
      const act = (): void => {
        figma.beforeCall = () => undefined;
        if (how === "deleted") figma.remove(id);
        else figma.replaceImage(id, other);
      };
      figma.beforeCall = (member) => {
        if (member === "createImage") act();
      };
      const run = host.commit(capture, capture.image, { ...replace, onConflict: "new-layer" });
      expect(await run).toMatchObject({ mode: "new-layer", isConflict: true });
      expect(figma.look().map(({ name }) => name)).toEqual(
        how === "deleted" ? ["Restored"] : ["Photo", "Restored"],
      );
      if (how === "changed") expect(figma.imageBytes(fillsOf(figma, 0)[0]!.imageHash)).toEqual(other);
    },
  );

  test("a selection that is emptied changes nothing of the run, and the next one says so", async () => {
    const { figma, host } = await open();
    await openPhoto(figma, makePicture(8, 6));
    const capture = await host.capture();
    figma.select([]);
    await host.commit(capture, invert(capture.image), replace);
    expect([...(await imageOf(figma, fillsOf(figma, 0)[0]!)).data]).toEqual([...invert(capture.image).data]);
    expect(await codeOf(host.capture())).toBe("NothingSelected");
  });
});

describe("FigmaHost, a layer as it is drawn", () => {
  test("comes with what is in it and its filters, and its result lies exactly over it", async () => {
    const { figma, host } = await open({ renderingScale: 2 });
    const hash = figma.importImage(await encodePng(makePicture(8, 8)));
    const fills = [{ type: "IMAGE", scaleMode: "FILL", imageHash: hash, filters: { exposure: 0.2 } }];
    const at = (x: number, y: number) =>
      [
        [1, 0, x],
        [0, 1, y],
      ] as const;
    const group = figma.add({
      type: "GROUP",
      name: "Group",
      relativeTransform: at(10, 20),
      children: [
        { fills, width: 8, height: 8, relativeTransform: at(10, 20) },
        { fills, width: 8, height: 8, relativeTransform: at(14, 22) },
      ],
    });
    figma.select([group]);
    const before = figma.look();
    const drawn = await figma.render(group, 2);
    const capture = await host.capture({ target: "image" });
    expect([capture.image.width, capture.image.height]).toEqual([24, 20]);
    expect([...capture.image.data]).toEqual([...drawn.data]);
    expect(figma.look()).toEqual(before);

    const commit = await host.commit(capture, invert(capture.image), asLayer);
    expect(commit).toMatchObject({ mode: "new-layer", isConflict: false });
    const added = figma.look()[1]!;
    expect(added).toMatchObject({ name: "Restored", width: 12, height: 10, absoluteTransform: at(10, 20) });
    expect([...(await figma.render(added.id, 2)).data]).toEqual([...invert(drawn).data]);
    figma.undo();
    expect(figma.look()).toEqual(before);
  });

  test("is not covered without a word if it changed, and goes where it stood if it is gone", async () => {
    const { figma, host } = await open();
    const id = await openPhoto(figma, makePicture(8, 6));
    const capture = await host.capture({ target: "image" });
    figma.update(id, { fills: [{ ...fillsOf(figma, 0)[0], opacity: 0.5 }] });
    expect(await codeOf(host.commit(capture, capture.image, asLayer))).toBe("DocumentChanged");
    const anyway: CommitOptions = { ...asLayer, onConflict: "new-layer" };
    expect((await host.commit(capture, capture.image, anyway)).isConflict).toBe(true);
    figma.remove(id);
    await host.commit(capture, capture.image, anyway);
    expect(figma.look().map(({ width, height }) => [width, height])).toEqual([
      [8, 6],
      [8, 6],
    ]);
  });
});

describe("FigmaHost above 4096 pixels", () => {
  test("refuses, makes smaller with a note, or tiles into a group that shows the same", async () => {
    const { figma, host } = await open();
    const id = await openPhoto(figma, makePicture(9, 1), {
      scaleMode: "CROP",
      imageTransform: [
        [0.8, 0, 0.1],
        [0, 1, 0],
      ],
    });
    const capture = await host.capture();
    const width = 9 * 600;
    const large = new PixelImage({ width, height: 600, channels: 1, data: new Uint8Array(width * 600) });
    for (let index = 0; index < large.data.length; index++) large.data[index] = (index % width) / 22;
    const { imageCount } = figma;
    expect(await codeOf(host.commit(capture, large, replace))).toBe("ImageTooLarge");
    expect([figma.imageCount, figma.undoSteps]).toEqual([imageCount, 1]);

    host.oversize = "downscale";
    const smaller = await host.commit(capture, large, replace);
    expect(smaller.notes).toEqual([
      "reduced from 5400 x 600 to 4096 x 455 pixels, the most that Figma takes",
    ]);
    const wanted = await figma.render(id, 10);
    figma.undo();

    host.oversize = "tiles";
    const tiled = await host.commit(capture, large, replace);
    expect(tiled).toMatchObject({
      mode: "new-layer",
      isConflict: false,
      notes: ["a group of 2 layers, since Figma takes 4096 pixels a side"],
    });
    const [photo, group] = figma.look();
    expect(fillsOf(figma, 0)[0]!.imageHash).toBe(capture.revision);
    expect([group!.type, group!.name, group!.children.length]).toEqual(["GROUP", "Restored", 2]);
    const shown = await figma.render(group!.id, 10);
    expect([shown.width, shown.height]).toEqual([wanted.width, wanted.height]);
    const differences = shown.data.map((value, index) => Math.abs(value - wanted.data[index]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(2);
    figma.undo();
    expect(figma.look()).toEqual([photo]);
  });

  test("tiles nothing that is turned askew or repeated, and says what helps", async () => {
    const { figma, host } = await open({ oversize: "tiles" });
    await openPhoto(figma, makePicture(9, 1), { scaleMode: "TILE", scalingFactor: 1 });
    const capture = await host.capture();
    const large = new PixelImage({ width: 5400, height: 600, channels: 1, data: new Uint8Array(5400 * 600) });
    const before = figma.look();
    await expect(host.commit(capture, large, replace)).rejects.toThrow(/downscale it/);
    expect(figma.look()).toEqual(before);
  });

  test("refuses to read what is larger than the limits before it is drawn or fetched", async () => {
    const { figma, host } = await open({ maximumPixels: 5_000 });
    figma.select([figma.add({ width: 5_000, height: 2, fills: [] })]);
    let exported = 0;
    figma.beforeCall = (member) => {
      if (member === "exportAsync") exported++;
    };
    expect(await codeOf(host.capture({ target: "image" }))).toBe("ImageTooLarge");
    await openPhoto(figma, makePicture(80, 80));
    expect(await codeOf(host.capture())).toBe("ImageTooLarge");
    expect(exported).toBe(0);
  });
});

describe("FigmaHost with nothing to take", () => {
  test.each([
    ["nothing selected", () => [], /nothing is selected/],
    [
      "vectors only",
      (figma: FakeFigma) => [figma.add({ type: "VECTOR", fills: [{ type: "SOLID" }] })],
      /no selected layer/,
    ],
    ["mixed fills", (figma: FakeFigma) => [figma.add({ type: "TEXT", fills: "mixed" })], /no selected layer/],
    [
      "a hidden photo",
      (figma: FakeFigma) => [
        figma.add({ visible: false, fills: [{ type: "IMAGE", scaleMode: "FILL", imageHash: "x" }] }),
      ],
      /no selected layer/,
    ],
  ] as const)("says that there is %s", async (_, select, message) => {
    const { figma, host } = await open();
    figma.select(select(figma));
    await expect(host.capture()).rejects.toThrow(message);
    expect(await codeOf(host.capture())).toBe("NothingSelected");
  });

  test("says that a layer has no size, an image is missing, or a file is none", async () => {
    const { figma, host } = await open();
    figma.select([figma.add({ width: 0, height: 5, fills: [] })]);
    expect(await codeOf(host.capture({ target: "image" }))).toBe("NothingSelected");
    figma.select([figma.add({ fills: [{ type: "IMAGE", scaleMode: "FILL", imageHash: "gone" }] })]);
    expect(await codeOf(host.capture())).toBe("HostFailed");
    const broken = (await encodePng(makePicture(4, 4))).subarray(0, 60);
    figma.select([figma.addPhoto(broken)]);
    expect(await codeOf(host.capture())).toBe("CorruptImage");
    expect(await codeOf(host.capture({ id: "no fill" }))).toBe("InvalidArgument");
  });
});

describe("restoreFills", () => {
  test("restores every photo in the selection, each as one step of undo, the same photo only once", async () => {
    const { figma, host, posted } = await open();
    const [one, two] = [await encodePng(makePicture(8, 6)), await encodePng(makePicture(5, 5, 3, 2))];
    const ids = [figma.addPhoto(one), figma.addPhoto(two), figma.addPhoto(one)];
    figma.select(ids);
    const before = figma.look();
    const steps = figma.undoSteps;
    const limpid = restorer();
    const restored = await restoreFills(limpid, host);
    expect(restored.map(({ fill, error }) => [fill.id, error])).toEqual(
      [ids[0], ids[2], ids[1]].map((id) => [`${id}#0`, undefined]),
    );
    expect(limpid.calls).toBe(2);
    expect(posted.filter((message) => (message as { method: string }).method === "finish")).toHaveLength(2);
    expect(figma.undoSteps).toBe(steps + 3);
    for (const [at, picture] of [makePicture(8, 6), makePicture(5, 5, 3, 2), makePicture(8, 6)].entries()) {
      expect([...(await imageOf(figma, fillsOf(figma, at)[0]!)).data]).toEqual([...invert(picture).data]);
    }
    figma.undo();
    expect(fillsOf(figma, 1)).toEqual(before[1]!.fills);
    expect(fillsOf(figma, 0)).not.toEqual(before[0]!.fills);
    figma.undo();
    figma.undo();
    expect(figma.look()).toEqual(before);
  });

  test("goes on after one that is locked or deleted, stops when it is cancelled, and tells what is done", async () => {
    const { figma, host } = await open();
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) ids.push(figma.addPhoto(await encodePng(makePicture(6, 6, 3, seed))));
    figma.update(ids[0]!, { locked: true });
    figma.select(ids);
    const { fills } = await host.refresh();
    figma.remove(ids[1]!);
    const restored = await restoreFills(restorer(), host, { fills, onConflict: "refuse" });
    expect(restored.map(({ error }) => error?.code)).toEqual(["NotSupported", "DocumentChanged", undefined]);

    const controller = new AbortController();
    figma.update(ids[0]!, { locked: false });
    figma.select([ids[2]!, ids[0]!]);
    let runs = 0;
    const limpid = restorer(() => {
      if (++runs === 2) controller.abort();
    });
    const error: unknown = await restoreFills(limpid, host, { signal: controller.signal }).catch(
      (reason: unknown) => reason,
    );
    expect(LimpidError.is(error, "Aborted") && (error.details.restored as unknown[]).length).toBe(1);
    figma.select([]);
    await expect(restoreFills(limpid, host)).rejects.toThrow(/no selected layer/);
  });
});

describe("a plugin", () => {
  test("tells why it was started, suggests parameters, and notifies in a hundred characters", async () => {
    const { figma, host } = await open({ serve: { parameters: { strength: ["100 %", "50 %"] } } });
    expect(figma.typeParameter("strength", "5")).toEqual(["50 %"]);
    expect(figma.typeParameter("other", "")).toEqual([]);
    expect(host.launch).toEqual({ command: "open", parameters: {} });
    host.notify({ text: "x".repeat(150), level: "error" });
    await host.refresh();
    expect(figma.notifications).toEqual([{ text: `${"x".repeat(99)}…`, isError: true }]);
  });

  test("takes Figma's own types", () => {
    const serve = (figma: PluginAPI) => serveFigma(figma, { page: { html: "" } });
    expect(serve).toBeInstanceOf(Function);
  });

  test("goes to a page on https only, and talks to its origin only", async () => {
    const [shown, said]: string[][] = [[], []];
    const figma = new FakeFigma({
      showUI: (html) => shown!.push(html),
      postMessage: (_, origin) => said!.push(origin),
    });
    serveFigma(figma.api, { page: { url: "https://limpid.example/figma/?a=</script>" } });
    figma.run();
    expect(shown).toEqual([
      '<script>window.location.href = "https://limpid.example/figma/?a=\\u003c/script>";</script>',
    ]);
    const hello = { limpid: 1, session: "0".repeat(24), call: 1, method: "hello", params: { version: 1 } };
    for (const origin of ["https://evil.example", "null", "https://limpid.example"]) {
      figma.receive(hello, origin);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(said).toEqual(["https://limpid.example"]);
    for (const url of ["http://limpid.example/", "javascript:1", 'https://a"b/', "https://a b/", "//a/"]) {
      expect(() => serveFigma(figma.api, { page: { url } })).toThrow(TypeError);
    }
  });
});
