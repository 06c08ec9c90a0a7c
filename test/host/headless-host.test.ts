import { describe, expect, jest, test } from "@jest/globals";
import { LimpidError } from "../../src/sdk/base/index.js";
import { HeadlessHost, type HostProgress } from "../../src/sdk/host/index.js";
import { PixelImage } from "../../src/sdk/image/index.js";
import { describeHostConformance } from "../../src/testing/index.js";
import { makeOrderedPixels, openHeadless } from "./open-headless.js";

describeHostConformance(
  "HeadlessHost",
  {
    open: (image) => Promise.resolve(openHeadless(image)),
    exclusions: {
      "captures photos upright, whatever their EXIF orientation": "it holds pixels, not files",
      "refuses a result whose document was closed meanwhile": "its document ends with it",
    },
  },
  { describe, test },
);

describe("HeadlessHost", () => {
  test("flattens visible layers as they are placed, the topmost over the others", async () => {
    const red = new PixelImage({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8Array.of(255, 0, 0, 255, 0, 0),
    });
    const half = new PixelImage({ width: 1, height: 1, channels: 4, data: Uint8Array.of(0, 0, 255, 128) });
    const host = new HeadlessHost({
      width: 4,
      height: 1,
      layers: [
        { image: red },
        { image: red, isVisible: false, placement: { transform: [1, 0, 0, 1, 2, 0] } },
        { image: half, placement: { transform: [2, 0, 0, 1, 1, 0] } },
      ],
    });
    const { image, layerId } = await host.capture({ target: "image" });
    expect(layerId).toBeUndefined();
    expect([...image.data]).toEqual([255, 0, 0, 255, 127, 0, 128, 255, 0, 0, 255, 128, 0, 0, 0, 0]);
  });

  test("draws crops, rotations and layer masks", async () => {
    const host = new HeadlessHost({ width: 2, height: 2 });
    // Shows the middle two of four columns, turned by 90 degrees clockwise around the document's corner.
    host.addLayer({
      image: makeOrderedPixels(4, 1),
      mask: new PixelImage({ width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 255, 0, 0) }),
      placement: { crop: { x: 1, y: 0, width: 2, height: 1 }, transform: [0, 1, -1, 0, 1, 0] },
    });
    const { image } = await host.capture({ target: "image" });
    const alphaOf = (x: number, y: number) => image.data[(y * 2 + x) * 4 + 3];
    expect([alphaOf(0, 0), alphaOf(1, 0), alphaOf(0, 1), alphaOf(1, 1)]).toEqual([255, 0, 0, 0]);
    expect(image.data[0]).toBe(1);
  });

  test("moves a layer that is being restored: the result lands where it is now", async () => {
    const { host } = openHeadless(makeOrderedPixels(4, 4));
    const capture = await host.capture();
    const { placement } = host.layers[0]!;
    host.updateLayer(host.layers[0]!.id, { placement: { ...placement, transform: [1, 0, 0, 1, 9, 9] } });
    const commit = await host.commit(capture, capture.image, {
      mode: "replace",
      label: "Restore",
      onConflict: "refuse",
    });
    expect([commit.isConflict, host.layers[0]!.placement.transform]).toEqual([false, [1, 0, 0, 1, 9, 9]]);
  });

  test("masks a new layer by what was selected, scaled to the result", async () => {
    const { host } = openHeadless(makeOrderedPixels(4, 4));
    host.select({ x: 0, y: 0, width: 2, height: 4 });
    const capture = await host.capture({ target: "selection" });
    await host.commit(capture, makeOrderedPixels(8, 8), {
      mode: "mask",
      label: "Repair",
      onConflict: "refuse",
    });
    const { name, mask, placement } = host.layers[1]!;
    expect([name, mask?.width, mask?.height, placement.transform]).toEqual([
      "Repair",
      8,
      8,
      [0.5, 0, 0, 0.5, 0, 0],
    ]);
    expect([mask?.data[0], mask?.data[7]]).toEqual([255, 0]);
  });

  test("forgets the oldest step beyond its limit, and what was undone after an edit", () => {
    const host = HeadlessHost.ofImage(makeOrderedPixels(1, 1), { historyLimit: 2 });
    const { id } = host.layers[0]!;
    for (const name of ["a", "b", "c"]) host.updateLayer(id, { name });
    expect([host.undo(), host.undo(), host.undo()]).toEqual([true, true, false]);
    expect(host.layers[0]!.name).toBe("a");
    expect(host.redo()).toBe(true);
    host.updateLayer(id, { name: "d" });
    expect([host.redo(), host.layers[0]!.name]).toEqual([false, "d"]);
  });

  test("shows commands in menus by group and order", async () => {
    const { host } = openHeadless(makeOrderedPixels(1, 1));
    const run = jest.fn(() => "done");
    for (const id of ["a", "b", "c"]) host.registerCommand({ id, title: id, run });
    host.registerMenuItem({ command: "a", menu: "image", group: "2" });
    host.registerMenuItem({ command: "b", menu: "image", group: "1", order: 2 });
    const item = host.registerMenuItem({ command: "c", menu: "image", group: "1", order: 1 });
    host.registerMenuItem({ command: "missing", menu: "image" });
    const menu = () => host.commands.menu("image").map(({ id }) => id);
    expect(menu()).toEqual(["c", "b", "a"]);
    item.dispose();
    expect([menu(), host.commands.menu("layer")]).toEqual([["b", "a"], []]);
    expect(await host.commands.run("b")).toBe("done");
    await expect(host.commands.run("missing")).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  test("answers questions, and only with a choice", async () => {
    const host = HeadlessHost.ofImage(makeOrderedPixels(1, 1), { answer: ({ text }) => text });
    const choices = [{ id: "yes", title: "Yes" }];
    expect(await host.ask({ text: "yes", choices })).toBe("yes");
    expect(await host.ask({ text: "no", choices })).toBeUndefined();
  });

  test("cancels a task as a person would", async () => {
    const { host } = openHeadless(makeOrderedPixels(1, 1));
    const seen: (HostProgress | undefined)[] = [];
    host.onDidProgress((progress) => seen.push(progress));
    const reason = host.withProgress({ title: "Restoring" }, async ({ signal, report }) => {
      report({ fraction: 0.5 });
      host.cancel();
      await Promise.resolve();
      return signal.aborted;
    });
    expect(await reason).toBe(true);
    expect(seen).toEqual([{ message: "Restoring" }, { fraction: 0.5 }, undefined]);
  });

  test("refuses selections that do not fit and layers that do not exist", () => {
    const { host } = openHeadless(makeOrderedPixels(2, 2));
    const codeOf = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return LimpidError.is(error) ? error.code : String(error);
      }
      return undefined;
    };
    expect(codeOf(() => host.select(makeOrderedPixels(3, 2)))).toBe("InvalidArgument");
    expect(codeOf(() => host.activate("layer-9"))).toBe("InvalidArgument");
    expect(codeOf(() => new HeadlessHost({ width: 1, height: 1 }).select(undefined))).toBe("NothingSelected");
  });
});
