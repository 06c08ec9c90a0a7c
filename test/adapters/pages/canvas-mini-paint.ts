// Runs the conformance suite on a fake miniPaint in a frame of this page's origin, and shows what a person does there meanwhile.
import {
  connectMiniPaint,
  type MiniPaintHost,
  type CanvasLimits,
} from "../../../src/adapters/canvas/index.js";
import type { Capture } from "../../../src/sdk/host/index.js";
import { encodePng, type PixelImage } from "../../../src/sdk/image/index.js";
import { runHostConformance, type HostFixture, type SeenLayer } from "../../../src/testing/index.js";
import { makePicture } from "../../../src/testing/host-conformance/pictures.js";
import type { FakeMiniPaint, FakeMiniPaintLayer } from "../../fakes/mini-paint/index.js";
import { displayedCorners } from "../../../src/testing/host-conformance/displayed-corners.js";
import { badMoments, codeOf, offerCommands, type OpenedInPage } from "./bad-moments.js";
import { loadImg, pixelsOf, toImg } from "./page-documents.js";

interface Opened extends OpenedInPage {
  readonly host: MiniPaintHost;
  readonly editor: FakeMiniPaint;
  readonly frame: HTMLIFrameElement;
  readonly layer: FakeMiniPaintLayer;
}

/** The frame's page has the policy that this one has. */
const editorUrl = location.pathname.startsWith("/without-policy")
  ? "/without-policy/mini-paint-editor"
  : "/blank?module=/bundle/test/adapters/pages/mini-paint-editor.js";

async function seen(layer: FakeMiniPaintLayer, isOpened: boolean): Promise<SeenLayer> {
  await layer.link!.decode();
  const pixels = await pixelsOf(layer.link!);
  const { x, y, rotate, opacity, filters } = layer;
  const [width, height] = [layer.width!, layer.height!];
  // It turns a layer about its middle.
  const angle = (rotate * Math.PI) / 180;
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].flatMap(([column, row]) => {
    const [across, down] = [(column! * width) / 2, (row! * height) / 2];
    return [
      x + width / 2 + across * Math.cos(angle) - down * Math.sin(angle),
      y + height / 2 + across * Math.sin(angle) + down * Math.cos(angle),
    ];
  });
  const kept = layer.width_original! / layer.link!.naturalWidth;
  return {
    isOpened,
    pixels,
    corners,
    crop: undefined,
    opacity: opacity / 100,
    filters: filters.length > 0 ? [filters.length, kept] : [],
  };
}

async function open(url: string | undefined, limits?: CanvasLimits): Promise<Opened> {
  const frame = document.createElement("iframe");
  frame.src = editorUrl;
  document.body.append(frame);
  const host = await connectMiniPaint(frame, limits && { limits });
  const { fakeMiniPaint: editor } = frame.contentWindow as unknown as { fakeMiniPaint: FakeMiniPaint };
  // As its menu opens a file.
  if (url !== undefined) await editor.Layers.insert({ name: "photo.png", type: "image", data: url });
  const { layer } = editor.AppConfig;
  return {
    host,
    editor,
    frame,
    layer,
    layers: () =>
      Promise.all(
        [...editor.AppConfig.layers]
          .filter(({ type }) => type === "image")
          .sort((one, other) => one.order - other.order)
          .map((one) => seen(one, one === layer)),
      ),
    edit: () => editor.paint(layer.id, "#123456")(),
    remove: async () => {
      await editor.Layers.delete(layer.id);
    },
    arrange: () =>
      editor.arrange(layer.id, {
        ...{ x: 30, y: -7, width: 150, height: 40, rotate: 30, opacity: 60 },
        filters: [{ id: 1, name: "invert", params: { value: 1 } }],
      }),
    changeSelection: async () => {
      if (editor.AppConfig.layers.length === 1) await editor.Layers.insert({ type: "rectangle", width: 1 });
      const { document } = frame.contentWindow!;
      document.querySelector<HTMLElement>('#layers li[aria-current="false"]')!.click();
      await new Promise((resolve) => setTimeout(resolve, 20));
    },
    select: (rect) => editor.selectRect(rect),
    undo: () => editor.State.undo_action(),
    redo: () => editor.State.redo_action(),
    pickVector: () => editor.Layers.insert({ type: "text", width: 9, height: 9 }),
    closeDocument: () => frame.remove(),
    close: () => frame.remove(),
  };
}

async function openImage(image: PixelImage, limits?: CanvasLimits): Promise<Opened> {
  return open((await toImg(image)).src, limits);
}

const fixture: HostFixture = {
  open: (image) => (image === undefined ? open(undefined) : openImage(image)),
  openFile: async (bytes) => open((await loadImg(bytes, "image/jpeg")).src),
  exclusions: {
    "adds a layer with a layer mask": "miniPaint has no layer masks",
  },
};

const replace = { mode: "replace", label: "Restore", onConflict: "refuse" } as const;

const firstSample = async (opened: Opened): Promise<number> =>
  (await opened.layers()).find(({ isOpened }) => isOpened)!.pixels.data[0]!;

const cases = {
  /** What of a layer that is moved, twice as large and turned by 90 degrees is selected, and when nothing is. */
  async selections() {
    const opened = await openImage(makePicture(4, 3));
    const { host, editor, layer } = opened;
    const before = host.capabilities.commit.selection;
    const take = () => host.capture({ target: "selection" });
    const rowsOf = ({ mask }: Capture): string[] =>
      Array.from({ length: 3 }, (_, y) => mask!.data.slice(y * 4, y * 4 + 4).join(" "));
    const codes = [await codeOf(take)];
    editor.selectRect({ x: 1, y: 1, width: 2, height: 1 });
    const plain = rowsOf(await take());
    // While it is dragged to the upper left.
    editor.selectRect({ x: 3, y: 2, width: -2, height: -1 });
    const dragged = rowsOf(await take());
    editor.selectRect({ x: 90, y: 90, width: 5, height: 5 });
    codes.push(await codeOf(take));
    editor.selectRect(undefined);
    codes.push(await codeOf(take));
    // Its box is (11, 9) to (17, 17): columns run downwards, rows to the left.
    await editor.arrange(layer.id, { x: 10, y: 10, width: 8, height: 6, rotate: 90 });
    editor.selectRect({ x: 15, y: 9, width: 2, height: 4 });
    const turned = rowsOf(await take());
    Reflect.deleteProperty(editor.Layers, "Base_selection");
    codes.push(await codeOf(take));
    return { before, after: host.capabilities.commit.selection, plain, dragged, turned, codes };
  },
  badMoments: () => badMoments(async (limits) => openImage(makePicture(8, 6), limits)),
  offerCommands: async () => offerCommands((await openImage(makePicture(8, 6))).host),
  /** A commit between a person's own steps: the photo's first sample after each undo, and each redo. */
  async undoAmongOwnSteps() {
    const opened = await openImage(makePicture(8, 6));
    const { host, editor, layer } = opened;
    await editor.paint(layer.id, "#0a0000")();
    const capture = await host.capture();
    const result = capture.image.clone();
    result.data[0] = 20;
    await host.commit(capture, result, replace);
    await editor.paint(layer.id, "#1e0000")();
    const seen = [await firstSample(opened)];
    for (let step = 0; step < 3; step++) {
      await editor.State.undo_action();
      seen.push(await firstSample(opened));
    }
    for (let step = 0; step < 3; step++) {
      await editor.State.redo_action();
      seen.push(await firstSample(opened));
    }
    const first = makePicture(8, 6).data[0]!;
    await opened.close!();
    return { seen, expected: [30, 20, 10, first, 10, 20, 30] };
  },
  /** A result as a layer: right above its own one, below the others, with the name that was asked for. */
  async newLayerInTheStack() {
    const opened = await openImage(makePicture(8, 6));
    const { host, editor, layer, frame } = opened;
    await opened.arrange!();
    await editor.Layers.insert({ name: "Title", type: "text", width: 5, height: 5 });
    await editor.Layers.select(layer.id);
    const capture = await host.capture();
    await host.commit(capture, capture.image, { ...replace, mode: "new-layer", label: "Fix" });
    const { x, y, width, height, rotate, opacity, filters, is_vector } = editor.AppConfig.layer;
    const list = frame.contentWindow!.document.querySelectorAll("#layers li");
    const names = [...list].map((item) => item.textContent.trim());
    const { complaints } = editor;
    await opened.close!();
    return {
      names,
      place: [x, y, width, height, rotate, opacity, filters.length],
      is_vector,
      complaints,
      size: [editor.AppConfig.WIDTH, editor.AppConfig.HEIGHT],
    };
  },
  /** What a person did between the capture and the commit, and what came of it. */
  async meanwhile(what: string) {
    const opened = await openImage(makePicture(8, 6));
    const { host, editor, layer, frame } = opened;
    await opened.arrange!();
    const capture = await host.capture();
    let finish = () => Promise.resolve();
    if (what === "paints") finish = editor.paint(layer.id, "#123456");
    if (what === "empties the layer") await editor.clear(layer.id);
    if (what === "deletes the layer") await editor.Layers.delete(layer.id);
    if (what === "closes the frame") frame.remove();
    if (what === "reloads the frame") {
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      frame.contentWindow!.location.reload();
      await loaded;
    }
    const refused = await codeOf(() => host.commit(capture, capture.image, replace));
    const added = await codeOf(() =>
      host.commit(capture, capture.image, { ...replace, onConflict: "new-layer" }),
    );
    await finish();
    const { x, y, width, height } = editor.AppConfig.layer;
    const isAdded = editor.AppConfig.layer !== layer;
    await opened.close!();
    return { refused, added, place: isAdded ? [x, y, width, height] : undefined };
  },
  /** An undo gives an element its address back, which it then has to load. */
  async captureRightAfterUndo() {
    const opened = await openImage(makePicture(64, 48));
    const before = (await opened.host.capture()).revision;
    await opened.edit();
    await opened.editor.State.undo_action();
    const { image, revision } = await opened.host.capture();
    const picture = makePicture(64, 48);
    await opened.close!();
    return {
      isSame: image.data.every((value, index) => value === picture.data[index]),
      isKnown: revision === before,
    };
  },
  /** Where the adapter thinks that a layer's corners are, and the corners of what is painted. */
  async corners() {
    const opened = await openImage(makePicture(20, 10));
    const { host, editor, layer } = opened;
    await editor.arrange(layer.id, { x: 100, y: 50, width: 200, height: 100, rotate: 90 });
    const { placement } = await host.capture();
    await opened.close!();
    return displayedCorners(placement).map(({ x, y }) => [Math.round(x), Math.round(y)]);
  },
  /** What is refused at once. */
  async refusals(otherOrigin: string) {
    const empty = document.body.appendChild(document.createElement("iframe"));
    const foreign = document.createElement("iframe");
    foreign.src = otherOrigin;
    document.body.append(foreign);
    await new Promise((resolve) => (foreign.onload = resolve));
    const codes = {
      nothing: await codeOf(() => connectMiniPaint(empty, { timeout: 100 })),
      foreign: await codeOf(() => connectMiniPaint(foreign)),
      aborted: await codeOf(() => connectMiniPaint(empty, { signal: AbortSignal.abort() })),
    };
    empty.remove();
    foreign.remove();
    return codes;
  },
  /** A layer with another origin's image, which the browser keeps back. */
  async tainted(url: string) {
    const opened = await open(undefined);
    await opened.editor.Layers.insert({ name: "theirs", type: "image", data: url });
    const code = await codeOf(() => opened.host.capture());
    await opened.close!();
    return code;
  },
  /** miniPaint cannot take a step: the layer is as it was. */
  async historyFails() {
    const opened = await openImage(makePicture(8, 6));
    const { host, editor, layer } = opened;
    const { link } = layer;
    const capture = await host.capture();
    editor.State.do_action = () => Promise.resolve({ status: "aborted", reason: new Error("busy") });
    const codes = [
      await codeOf(() => host.commit(capture, capture.image, replace)),
      await codeOf(() => host.commit(capture, capture.image, { ...replace, mode: "new-layer" })),
    ];
    const isSame = layer.link === link && editor.AppConfig.layers.length === 1;
    await opened.close!();
    return { codes, isSame };
  },
  /** 16 bits and a profile go through the layer's file. */
  async keepsFile() {
    const picture = makePicture(5, 3, { bitDepth: 16, colorSpace: "display-p3" });
    const bytes = await encodePng(picture);
    const opened = await openImage(picture);
    const { host, layer } = opened;
    const capture = await host.capture();
    await host.commit(capture, capture.image, replace);
    const after = await encodePng(await pixelsOf(layer.link!));
    await opened.close!();
    return bytes.length === after.length && bytes.every((value, index) => value === after[index]);
  },
};

Object.assign(globalThis, { conform: () => runHostConformance(fixture), cases });
