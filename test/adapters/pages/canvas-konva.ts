// Runs the conformance suite on a real Konva stage.
import Konva from "konva";
import { KonvaHost, UndoHistory, type CanvasLimits } from "../../../src/adapters/canvas/index.js";
import { runHostConformance, type HostFixture, type SeenLayer } from "../../../src/testing/index.js";
import { makePicture } from "../../../src/testing/host-conformance/pictures.js";
import { badMoments, offerCommands, type OpenedInPage } from "./bad-moments.js";
import { loadImg, paintedCopy, pixelsOf, toImg, stripedCanvas } from "./page-documents.js";
import { severalObjects } from "./several-objects.js";

async function seen(node: Konva.Image, isOpened: boolean): Promise<SeenLayer> {
  const pixels = await pixelsOf(node.image() as HTMLImageElement);
  const { x, y, width, height } = node.crop();
  const toStage = node.getAbsoluteTransform();
  const [right, bottom] = [node.width(), node.height()];
  const corners = [
    { x: 0, y: 0 },
    { x: right, y: 0 },
    { x: right, y: bottom },
    { x: 0, y: bottom },
  ].map((corner) => toStage.point(corner));
  const filters = node.filters()?.length ?? 0;
  return {
    isOpened,
    pixels,
    corners: corners.flatMap((corner) => [corner.x, corner.y]),
    crop: width > 0 ? { x, y, width, height } : undefined,
    opacity: node.opacity(),
    filters: filters > 0 ? [filters, Number(node.isCached())] : [],
  };
}

function open(element: HTMLImageElement | undefined, limits?: CanvasLimits): OpenedInPage {
  const container = document.body.appendChild(document.createElement("div"));
  const stage = new Konva.Stage({ container, width: 200, height: 150 });
  const layer = new Konva.Layer();
  stage.add(layer);
  const history = new UndoHistory();
  const node = new Konva.Image({ image: element, x: 40, y: 30 });
  let active: Konva.Node | undefined = element && node;
  if (element) layer.add(node);
  const host = new KonvaHost({ active: () => active, history, ...(limits && { limits }) });
  const drawn = () => node.image() as HTMLImageElement;
  return {
    host,
    layers: () =>
      Promise.all(
        layer.children
          .filter((child) => child instanceof Konva.Image)
          .map((child) => seen(child, child === node)),
      ),
    edit: () => {
      node.image(paintedCopy(drawn()));
    },
    remove: () => {
      node.remove();
    },
    arrange: () => {
      node.crop({ x: 8, y: 0, width: 48, height: 32 });
      node.size({ width: 96, height: 64 });
      node.rotation(30);
      node.scaleX(-1);
      node.opacity(0.6);
      node.filters([Konva.Filters.Invert]);
      node.cache();
    },
    changeSelection: () => {
      active = active ? undefined : node;
      host.selectionChanged();
    },
    undo: async () => {
      await history.undo();
    },
    redo: async () => {
      await history.redo();
    },
    pickVector: () => {
      const rect = new Konva.Rect({ width: 9, height: 9 });
      layer.add(rect);
      active = rect;
    },
    closeDocument: () => stage.destroy(),
    close: () => {
      stage.destroy();
      container.remove();
    },
  };
}

const fixture: HostFixture = {
  open: async (image) => open(image && (await toImg(image))),
  openFile: async (bytes) => open(await loadImg(bytes, "image/jpeg")),
  exclusions: {
    "captures the selection as a mask": "Konva has no selections",
    "restores only what is selected": "Konva has no selections",
    "adds a layer with a layer mask": "Konva has no layer masks",
  },
};

/** What Konva shows of a cached, filtered, cropped node before and after an identity commit, four times as large. */
async function picturesOfLargerResult(): Promise<{ before: number[]; after: number[]; undone: number[] }> {
  const element = stripedCanvas();
  const container = document.body.appendChild(document.createElement("div"));
  const stage = new Konva.Stage({ container, width: 160, height: 120 });
  const layer = new Konva.Layer({ imageSmoothingEnabled: false });
  stage.add(layer);
  // No size of its own: it follows the element's.
  const node = new Konva.Image({ image: element, x: 20, y: 20, scaleX: 2, scaleY: 2 });
  node.filters([Konva.Filters.Invert]);
  layer.add(node);
  node.cache({ imageSmoothingEnabled: false });
  const picture = () => {
    layer.draw();
    const canvas = layer.getCanvas()._canvas;
    return [...canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data];
  };
  const host = new KonvaHost({
    active: () => node,
    recache: () => node.cache({ imageSmoothingEnabled: false }),
  });
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

/** What a shape that is filled with an image shows, a cached node's ratio and ids, around a result twice as large. */
async function furtherNodes(): Promise<Record<string, unknown>> {
  const { enlarge } = await import("../../../src/testing/host-conformance/pictures.js");
  const options = { label: "x2", onConflict: "refuse" } as const;
  const container = document.body.appendChild(document.createElement("div"));
  const stage = new Konva.Stage({ container, width: 160, height: 120 });
  const layer = new Konva.Layer({ imageSmoothingEnabled: false });
  stage.add(layer);
  const shape = new Konva.Circle({
    ...{ x: 80, y: 60, radius: 40, id: "one", fillPatternImage: stripedCanvas() as never },
    ...{ fillPatternX: -30, fillPatternRotation: 30, fillPatternOffset: { x: 16, y: 8 } },
    ...{ fillPatternScale: { x: 2, y: 2 }, fillPatternRepeat: "no-repeat" },
  });
  layer.add(shape);
  let active: Konva.Node = shape;
  const host = new KonvaHost({ active: () => active });
  const picture = () => {
    layer.draw();
    return [...layer.getNativeCanvasElement().getContext("2d")!.getImageData(0, 0, 160, 120).data];
  };
  const before = picture();
  const capture = await host.capture();
  const place = shape.getAbsoluteTransform().copy();
  place
    .translate(-30, 0)
    .rotate(Math.PI / 6)
    .scale(2, 2)
    .translate(-16, -8);
  const expected = place.point({ x: 64, y: 32 });
  const { displayedCorners } = await import("../../../src/testing/host-conformance/displayed-corners.js");
  const corner = displayedCorners(capture.placement)[2]!;
  const replaced = await host.commit(capture, enlarge(capture.image, 2), { mode: "replace", ...options });
  const after = picture();
  await replaced.undo!();
  await host.commit(capture, enlarge(capture.image, 2), { mode: "new-layer", ...options });
  const ids = layer.children.map((child) => child.id());
  const cached = new Konva.Image({ image: stripedCanvas(), x: 5 });
  layer.add(cached);
  cached.cache({ pixelRatio: 3 });
  active = cached;
  await host.commit(await host.capture(), capture.image, { mode: "replace", ...options });
  const ratio = (
    cached as unknown as { _getCanvasCache(): { scene: { pixelRatio: number } } }
  )._getCanvasCache().scene.pixelRatio;
  stage.destroy();
  container.remove();
  return {
    colors: new Set(before).size > 10,
    differing: before.filter((value, index) => Math.abs(value - after[index]!) > 8).length,
    offset: Math.hypot(corner.x - expected.x, corner.y - expected.y) < 1e-6,
    ids,
    ratio,
  };
}

/** Two nodes at once and a group with one; one of them cannot be read. */
async function restoreSeveral(): Promise<unknown> {
  const container = document.body.appendChild(document.createElement("div"));
  const stage = new Konva.Stage({ container, width: 200, height: 150 });
  const layer = new Konva.Layer();
  const group = new Konva.Group({ x: 3, rotation: 5 });
  const alone = new Konva.Image({ image: stripedCanvas(), name: "Alone" });
  const empty = new Konva.Image({ image: document.createElement("img"), name: "Empty" });
  const grouped = new Konva.Circle({
    fillPatternImage: stripedCanvas() as never,
    name: "Grouped",
    radius: 20,
  });
  stage.add(layer.add(alone, empty, group.add(grouped, new Konva.Rect({ width: 9, height: 9 }))));
  const transformer = new Konva.Transformer({ nodes: [alone, empty, group] });
  const messages: string[] = [];
  const shown = (_: string, progress?: { message?: string }) => messages.push(progress?.message ?? "");
  const host = new KonvaHost({ active: () => transformer.nodes(), interface: { progress: shown } });
  const outcome = await severalObjects(
    host,
    () => [alone.image(), grouped.fillPatternImage()],
    messages,
    () => transformer.nodes([]),
  );
  host.dispose();
  stage.destroy();
  container.remove();
  return outcome;
}

const cases = {
  severalObjects: restoreSeveral,
  furtherNodes,
  picturesOfLargerResult,
  badMoments: () => badMoments(async (limits) => open(await toImg(makePicture(8, 6)), limits)),
  offerCommands: async () => offerCommands(open(await toImg(makePicture(8, 6))).host),
};

Object.assign(globalThis, { conform: () => runHostConformance(fixture), cases });
