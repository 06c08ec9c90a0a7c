// Runs the conformance suite on a real Fabric canvas.
import { ActiveSelection, Canvas, FabricImage, filters, Group, Rect, type FabricObject } from "fabric";
import { displayedCorners } from "../../../src/testing/host-conformance/displayed-corners.js";
import { FabricHost, UndoHistory, type CanvasLimits } from "../../../src/adapters/canvas/index.js";
import { hostConformanceChecks, runHostConformance, type HostFixture } from "../../../src/testing/index.js";
import { makePicture } from "../../../src/testing/host-conformance/pictures.js";
import { mutants } from "./fabric-mutants.js";
import { badMoments, offerCommands, type OpenedInPage } from "./bad-moments.js";
import { loadImg, paintedCopy, toImg, stripedCanvas } from "./page-documents.js";
import { seenFabric, type FabricLike } from "./seen-fabric.js";
import { severalObjects } from "./several-objects.js";

function open(
  element: HTMLImageElement | undefined,
  limits?: CanvasLimits,
  Host: typeof FabricHost = FabricHost,
): OpenedInPage {
  const canvas = new Canvas(document.createElement("canvas"), { width: 200, height: 150 });
  const history = new UndoHistory();
  const host = new Host(canvas, { history, ...(limits && { limits }) });
  const image = new FabricImage(element ?? document.createElement("img"), { left: 40, top: 30 });
  if (element) {
    canvas.add(image);
    canvas.setActiveObject(image);
  }
  // What Fabric draws from, before its filters.
  const original = () => (image as unknown as { _originalElement: HTMLImageElement })._originalElement;
  return {
    host,
    layers: () =>
      Promise.all(
        canvas
          .getObjects()
          .filter((object) => object instanceof FabricImage)
          .map((object) => seenFabric(object as unknown as FabricLike, object === image)),
      ),
    edit: () => image.setElement(paintedCopy(original())),
    remove: () => {
      canvas.remove(image);
    },
    arrange: () => {
      image.set({
        cropX: 8,
        width: 48,
        scaleX: 2,
        scaleY: 1.5,
        angle: 30,
        flipX: true,
        opacity: 0.6,
        objectCaching: true,
      });
      image.filters = [new filters.Grayscale()];
      image.applyFilters();
      image.setCoords();
      canvas.renderAll();
    },
    changeSelection: () => {
      if (canvas.getActiveObject()) canvas.discardActiveObject();
      else canvas.setActiveObject(image);
    },
    undo: async () => {
      await history.undo();
    },
    redo: async () => {
      await history.redo();
    },
    pickVector: () => {
      const rect = new Rect({ width: 9, height: 9 });
      canvas.add(rect);
      canvas.setActiveObject(rect);
    },
    closeDocument: () => canvas.dispose(),
    close: async () => {
      await canvas.dispose();
    },
  };
}

const fixtureOf = (Host: typeof FabricHost): HostFixture => ({
  open: async (image) => open(image && (await toImg(image)), undefined, Host),
  openFile: async (bytes) => open(await loadImg(bytes, "image/jpeg"), undefined, Host),
  exclusions: {
    "captures the selection as a mask": "Fabric selects objects, not pixels",
    "restores only what is selected": "Fabric selects objects, not pixels",
    "adds a layer with a layer mask": "Fabric has no layer masks",
  },
});

/** The first check that each faulty host fails; undefined for one that passes them all. */
async function killMutants(): Promise<Record<string, string | undefined>> {
  const killedBy: Record<string, string | undefined> = {};
  for (const [name, spoil] of Object.entries(mutants)) {
    killedBy[name] = undefined;
    // Those that look at places and layers first: most faults are of these, and the others take longer.
    const isLikely = (check: { readonly name: string }): boolean =>
      /layer|crop|stand|closed/.test(check.name);
    const checks = [...hostConformanceChecks(fixtureOf(spoil(FabricHost)))];
    checks.sort((one, other) => Number(isLikely(other)) - Number(isLikely(one)));
    for (const check of checks) {
      try {
        await check.run();
      } catch {
        killedBy[name] = check.name;
        break;
      }
    }
  }
  return killedBy;
}

/** What Fabric shows of a filtered, turned and cropped image before and after an identity commit, four times as large. */
async function picturesOfLargerResult(): Promise<{ before: number[]; after: number[]; undone: number[] }> {
  const element = stripedCanvas();
  const canvas = new Canvas(document.createElement("canvas"), {
    width: 160,
    height: 120,
    imageSmoothingEnabled: false,
  });
  const image = new FabricImage(element, {
    left: 80,
    top: 60,
    cropX: 8,
    width: 48,
    scaleX: 2,
    scaleY: 2,
    flipX: true,
    imageSmoothing: false,
  });
  image.filters = [new filters.Invert()];
  image.applyFilters();
  canvas.add(image);
  canvas.setActiveObject(image);
  const picture = () => {
    canvas.discardActiveObject();
    canvas.renderAll();
    const { data } = canvas.getContext().getImageData(0, 0, 160, 120);
    canvas.setActiveObject(image);
    return [...data];
  };
  const host = new FabricHost(canvas);
  const before = picture();
  const capture = await host.capture();
  const { enlarge } = await import("../../../src/testing/host-conformance/pictures.js");
  const commit = await host.commit(capture, enlarge(capture.image, 4), {
    mode: "replace",
    label: "x4",
    onConflict: "refuse",
  });
  const after = picture();
  await commit.undo!();
  return { before, after, undone: picture() };
}

/** What says where an object of Fabric stands. */
type Measured = Pick<FabricImage, "calcTransformMatrix" | "width" | "height">;

/** A Fabric canvas that takes any objects. */
interface Holder {
  backgroundImage?: object | undefined;
  add(...objects: object[]): unknown;
  setActiveObject(object: object): unknown;
}

/** An image in a group that can be gone into, in a selection, in a group that cannot, and in the background. */
async function furtherObjects(): Promise<Record<string, unknown>> {
  const outcomes: Record<string, unknown> = {};
  const cornersOf = (object: Measured) => {
    const [a, b, c, d, e, f] = object.calcTransformMatrix();
    const { width, height } = object;
    return [
      [-1, -1],
      [1, 1],
    ].flatMap(([x, y]) => [
      Math.round(a * ((x! * width) / 2) + c * ((y! * height) / 2) + e),
      Math.round(b * ((x! * width) / 2) + d * ((y! * height) / 2) + f),
    ]);
  };
  const placings = {
    interactive: (canvas: Holder) => {
      const image = new FabricImage(stripedCanvas(), { left: 40, top: 30, angle: 15 });
      const other = new FabricImage(stripedCanvas(), { left: 80, top: 30 });
      const group = new Group([other, image], { interactive: true, subTargetCheck: true });
      canvas.add(group);
      group.set({ left: 90, top: 70, angle: 20, scaleX: 1.5, flipX: true });
      group.setCoords();
      canvas.setActiveObject(image);
      return image;
    },
    group: (canvas: Holder) => {
      const image = new FabricImage(stripedCanvas(), { left: 40, top: 30, angle: 15 });
      const group = new Group([image], { angle: 10 });
      canvas.add(group);
      canvas.setActiveObject(group);
      return image;
    },
    selection: (canvas: Holder) => {
      const image = new FabricImage(stripedCanvas(), { left: 40, top: 30, angle: 15 });
      const rect = new Rect({ left: 99, width: 9, height: 9 });
      canvas.add(image, rect);
      canvas.setActiveObject(new ActiveSelection([image, rect]));
      return image;
    },
    background: (canvas: Holder) => {
      const image = new FabricImage(stripedCanvas(), { left: 40, top: 30, angle: 15 });
      canvas.add(new Rect({ width: 9, height: 9 }));
      canvas.backgroundImage = image;
      return image;
    },
  };
  const { enlarge } = await import("../../../src/testing/host-conformance/pictures.js");
  const options = { label: "Restored", onConflict: "refuse" } as const;
  for (const [name, place] of Object.entries(placings)) {
    const canvas = new Canvas(document.createElement("canvas"), { width: 200, height: 150 });
    const image = place(canvas);
    const host = new FabricHost(canvas);
    const before = cornersOf(image);
    const capture = await host.capture();
    const larger = enlarge(capture.image, 2);
    const replaced = await host.commit(capture, larger, { mode: "replace", ...options });
    const during = cornersOf(image);
    await replaced.undo!();
    const added = await host.commit(capture, larger, { mode: "new-layer", ...options });
    const objects = (): FabricObject[] =>
      canvas
        .getObjects()
        .flatMap((object) => [object, ...(object instanceof Group ? object.getObjects() : [])]);
    const layer = objects().find(
      (object) => (object as { name?: string }).name === "Restored",
    ) as FabricImage;
    const siblings = (image.parent ?? canvas).getObjects();
    outcomes[name] = {
      corners:
        displayedCorners(capture.placement)
          .filter((_, index) => index % 2 === 0)
          .flatMap(({ x, y }) => [Math.round(x), Math.round(y)])
          .join() === before.join(),
      isReplaced: !replaced.isConflict && during.join() === before.join(),
      isAdded: !added.isConflict && cornersOf(layer).join() === before.join(),
      isAbove: siblings.indexOf(layer) === siblings.indexOf(image) + 1,
    };
    await added.undo!();
    outcomes[`${name}, undone`] = objects().includes(layer)
      ? "still there"
      : cornersOf(image).join() === before.join();
    host.dispose();
    await canvas.dispose();
  }
  return outcomes;
}

/** Several images at once: two of a selection, one of them in a group, and one that cannot be read. */
async function restoreSeveral(): Promise<unknown> {
  const canvas = new Canvas(document.createElement("canvas"), { width: 200, height: 150 });
  const alone = new FabricImage(stripedCanvas(), { left: 40, top: 30 });
  const grouped = new FabricImage(stripedCanvas(), { left: 90, top: 60 });
  const empty = new FabricImage(document.createElement("img"));
  const names = { Alone: alone, Grouped: grouped, Empty: empty };
  for (const [name, image] of Object.entries(names)) image.set({ name });
  const holder: Holder = canvas;
  const group = new Group([grouped, new Rect({ width: 9, height: 9 })]);
  holder.add(alone, empty, group);
  holder.setActiveObject(new ActiveSelection(canvas.getObjects()));
  const messages: string[] = [];
  const shown = (_: string, progress?: { message?: string }) => messages.push(progress?.message ?? "");
  const host = new FabricHost(canvas, { interface: { progress: shown } });
  const outcome = await severalObjects(
    host,
    () => [alone, grouped].map((image) => image.getElement()),
    messages,
    () => canvas.discardActiveObject(),
  );
  host.dispose();
  await canvas.dispose();
  return outcome;
}

const cases = {
  furtherObjects,
  severalObjects: restoreSeveral,
  killMutants,
  picturesOfLargerResult,
  badMoments: () => badMoments(async (limits) => open(await toImg(makePicture(8, 6)), limits)),
  offerCommands: async () => offerCommands(open(await toImg(makePicture(8, 6))).host),
};

Object.assign(globalThis, { conform: () => runHostConformance(fixtureOf(FabricHost)), cases });
