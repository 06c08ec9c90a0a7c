// Runs the conformance suite on every surface of CanvasHost, and shows what else a page does with them.
import Konva from "konva";
import { displayedCorners } from "../../../src/testing/host-conformance/displayed-corners.js";
import { bitmapReadsAreExact } from "../../../src/sdk/page/index.js";
import {
  CanvasHost,
  checkCanvasSize,
  KonvaHost,
  readPixels,
  readsAreExact,
  UndoHistory,
  type BitmapHolder,
  type Surface,
} from "../../../src/adapters/canvas/index.js";
import { LimpidError } from "../../../src/sdk/base/index.js";
import { encodePng, PixelImage, type Rect } from "../../../src/sdk/image/index.js";
import { runHostConformance, type HostFixture, type HostUnderTest } from "../../../src/testing/index.js";
import { makePicture } from "../../../src/testing/host-conformance/pictures.js";
import { loadImg, pixelsOf, toImg } from "./page-documents.js";

/** A surface, and how to look at it and paint on it. */
interface Opened {
  readonly surface: Surface;
  readonly pixels: () => PixelImage | Promise<PixelImage>;
  readonly edit: () => void | Promise<void>;
  readonly remove?: () => void;
}

function underTest({ surface, pixels, edit, remove }: Opened): HostUnderTest {
  const history = new UndoHistory();
  let selected: Rect | undefined;
  let isRemoved = false;
  const host = new CanvasHost(surface, { history, selection: () => selected });
  return {
    host,
    layers: async () => {
      if (isRemoved) return [];
      const image = await pixels();
      const { width, height } = image;
      const corners = [0, 0, width, 0, width, height, 0, height];
      return [{ isOpened: true, pixels: image, corners, crop: undefined, opacity: 1, filters: [] }];
    },
    edit,
    ...(remove && {
      remove: () => {
        remove();
        isRemoved = true;
      },
    }),
    select: (rect) => {
      selected = rect;
    },
    changeSelection: () => host.selectionChanged(),
    undo: async () => {
      await history.undo();
    },
    redo: async () => {
      await history.redo();
    },
  };
}

function toImageData(image: PixelImage): ImageData {
  const { width, height, data, channels } = image;
  const colorSpace = image.colorSpace === "display-p3" ? "display-p3" : "srgb";
  const target = new ImageData(width, height, { colorSpace });
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 4; channel++) {
      const value = channel < channels ? data[pixel * channels + channel]! : 255;
      target.data[pixel * 4 + channel] = image.bitDepth === 16 ? value >> 8 : value;
    }
  }
  return target;
}

function openCanvas(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  image: PixelImage | undefined,
): HostUnderTest {
  canvas.width = image?.width ?? 0;
  canvas.height = image?.height ?? 0;
  const colorSpace = image?.colorSpace === "display-p3" ? "display-p3" : "srgb";
  const context = canvas.getContext("2d", { colorSpace }) as CanvasRenderingContext2D;
  if (image) context.putImageData(toImageData(image), 0, 0);
  return underTest({
    surface: canvas,
    pixels: () => pixelsOf(canvas),
    edit: () => context.clearRect(0, 0, 1, 1),
    remove: () => {
      canvas.width = 0;
    },
  });
}

async function openElement(element: HTMLImageElement): Promise<HostUnderTest> {
  const other = new PixelImage({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
  const painted = (await toImg(other)).src;
  return underTest({
    surface: element,
    pixels: () => pixelsOf(element),
    edit: async () => {
      element.src = painted;
      await element.decode();
    },
    remove: () => element.removeAttribute("src"),
  });
}

const oneImage = {
  "keeps crop, rotation, flips, filters and displayed size": "a surface has none of them",
  "brings a larger result to the same place at the same displayed size":
    "a surface is as large as its pixels",
  "refuses a result whose document was closed meanwhile": "a surface is not closed",
  "adds a layer above the captured one": "a surface has no layers",
  "adds a layer with a layer mask": "a surface has no layers",
  "adds a layer when the pixels were changed meanwhile, if asked to": "a surface has no layers",
};
const premultiplied = {
  "captures straight alpha bit for bit, with the colour under transparent pixels":
    "a 2D canvas premultiplies",
  "replaces straight alpha bit for bit, with the colour under transparent pixels":
    "a 2D canvas premultiplies",
};
const eightBits = { "keeps 16 bits, or says that they were reduced": "it had 8 bits before Limpid saw it" };
const noFile = { "captures photos upright, whatever their EXIF orientation": "it is not made from a file" };

const fixtures: Record<string, HostFixture> = {
  canvas: {
    open: (image) => Promise.resolve(openCanvas(document.createElement("canvas"), image)),
    openFile: async (bytes) => {
      const photo = await loadImg(bytes, "image/jpeg");
      const canvas = document.createElement("canvas");
      canvas.width = photo.naturalWidth;
      canvas.height = photo.naturalHeight;
      canvas.getContext("2d")!.drawImage(photo, 0, 0);
      return underTest({ surface: canvas, pixels: () => pixelsOf(canvas), edit: () => undefined });
    },
    exclusions: { ...oneImage, ...premultiplied, ...eightBits },
  },
  offscreen: {
    open: (image) => Promise.resolve(openCanvas(new OffscreenCanvas(1, 1), image)),
    exclusions: { ...oneImage, ...premultiplied, ...eightBits, ...noFile },
  },
  img: {
    open: async (image) => openElement(image ? await toImg(image) : document.createElement("img")),
    openFile: async (bytes) => openElement(await loadImg(bytes, "image/jpeg")),
    exclusions: oneImage,
  },
  imageData: {
    open: (image) => {
      if (!image) return Promise.reject(new Error("there is no empty ImageData"));
      const surface = toImageData(image);
      const pixels = () => PixelImage.fromImageData(surface);
      return Promise.resolve(underTest({ surface, pixels, edit: () => void (surface.data[0]! ^= 1) }));
    },
    exclusions: {
      ...oneImage,
      ...eightBits,
      ...noFile,
      "says when nothing is active": "there is no empty ImageData",
      "refuses, or adds a layer, when the layer was removed meanwhile": "image data cannot be removed",
    },
  },
  bitmap: {
    open: async (image) => {
      const make = (from: PixelImage) => createImageBitmap(toImageData(from), { premultiplyAlpha: "none" });
      const one = new PixelImage({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
      const surface: BitmapHolder = { bitmap: await make(image ?? one) };
      if (!image) surface.bitmap.close();
      return underTest({
        surface,
        // Through WebGPU, where the adapter reads through WebGL.
        pixels: () => readByWebgpu(surface.bitmap),
        edit: async () => {
          surface.bitmap = await make(await readByWebgpu(surface.bitmap));
        },
        remove: () => surface.bitmap.close(),
      });
    },
    exclusions: {
      ...oneImage,
      ...eightBits,
      ...noFile,
      "keeps Display P3": "a bitmap does not tell its colour space",
    },
  },
};

let device: Promise<GPUDevice> | undefined;

/** Straight alpha bit for bit, by another way than the adapter's. */
async function readByWebgpu(bitmap: ImageBitmap): Promise<PixelImage> {
  device ??= navigator.gpu.requestAdapter().then((adapter) => adapter!.requestDevice());
  const gpu = await device;
  const { width, height } = bitmap;
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
  const usage = GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC | GPUTextureUsage.RENDER_ATTACHMENT;
  const texture = gpu.createTexture({ size: [width, height], format: "rgba8unorm", usage });
  const buffer = gpu.createBuffer({
    size: bytesPerRow * height,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  gpu.queue.copyExternalImageToTexture({ source: bitmap }, { texture, premultipliedAlpha: false }, [
    width,
    height,
  ]);
  const encoder = gpu.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, [width, height]);
  gpu.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const mapped = new Uint8Array(buffer.getMappedRange());
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    data.set(mapped.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4);
  buffer.destroy();
  texture.destroy();
  return new PixelImage({ width, height, channels: 4, data });
}

/** Pixels of a picture whose bands are many, all of them opaque. */
function tallPixels(): ImageData {
  const pixels = new ImageData(512, 2000);
  for (let index = 0; index < pixels.data.length; index++) {
    pixels.data[index] = index % 4 === 3 ? 255 : (index * 37 + (index >> 9)) % 251;
  }
  return pixels;
}

/** A tall canvas, and what it is restored to. */
function openTall(): {
  readonly context: CanvasRenderingContext2D;
  readonly host: CanvasHost;
  readonly before: Uint8ClampedArray;
} {
  const pixels = tallPixels();
  const canvas = document.createElement("canvas");
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.putImageData(pixels, 0, 0);
  return { context, host: new CanvasHost(canvas), before: pixels.data };
}

function invertOf(image: PixelImage): PixelImage {
  return image.withData(image.data.map((value, index) => (index % 4 === 3 ? value : 255 - value)));
}

/** How canvases are read and written, whatever a test puts in the place of it. */
const getImageData: CanvasRenderingContext2D["getImageData"] = Reflect.get(
  CanvasRenderingContext2D.prototype,
  "getImageData",
);
const putImageData: CanvasRenderingContext2D["putImageData"] = Reflect.get(
  CanvasRenderingContext2D.prototype,
  "putImageData",
);

/** Lets somebody paint when the second band has been written, before the third one is looked at: between two tasks. */
function paintBehindSecond(context: CanvasRenderingContext2D, paint: () => void): void {
  const written: number[] = [];
  context.putImageData = (pixels: ImageData, x: number, y: number): void => {
    Reflect.apply(putImageData, context, [pixels, x, y]);
    written.push(y);
  };
  context.getImageData = (...area: Parameters<typeof getImageData>): ImageData => {
    if (written.length === 2 && area[1] !== written[1]) {
      Reflect.deleteProperty(context, "putImageData");
      Reflect.deleteProperty(context, "getImageData");
      paint();
    }
    return getImageData.apply(context, area);
  };
}

const replace = { mode: "replace", label: "Restore", onConflict: "refuse" } as const;

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
    return "nothing was thrown";
  } catch (error) {
    return LimpidError.is(error) ? error.code : String(error);
  }
}

const ramp = new PixelImage({
  width: 256,
  height: 1,
  channels: 4,
  data: Uint8Array.from({ length: 1024 }, (_, index) =>
    index % 4 === 3 ? index >> 2 : [200, 100, 50][index % 4]!,
  ),
});

const cases = {
  /** Somebody paints on a canvas while a result is put there, or taken back: where, in rows. */
  async paintedBetweenBands(given?: unknown) {
    const { rows, isUndo } = given as { rows: readonly number[]; isUndo: boolean };
    const { context, host } = openTall();
    const capture = await host.capture();
    const commit = isUndo ? await host.commit(capture, invertOf(capture.image), replace) : undefined;
    const there = context.getImageData(0, 0, 512, 2000).data;
    paintBehindSecond(context, () => {
      context.fillStyle = "#102030";
      for (const row of rows) context.fillRect(100, row, 3, 1);
    });
    const result = invertOf(capture.image);
    const code = await codeOf(() => (isUndo ? commit!.undo!() : host.commit(capture, result, replace)));
    const expected = code === "DocumentChanged" ? there : Uint8ClampedArray.from(result.data);
    for (const row of rows) {
      for (let x = 100; x < 103; x++) expected.set([16, 32, 48, 255], (row * 512 + x) * 4);
    }
    const { data } = context.getImageData(0, 0, 512, 2000);
    return { code, wrong: data.filter((value, index) => value !== expected[index]).length };
  },
  /** Two results for one canvas at once: one of them comes there whole, the other is refused. */
  async twoAtOnce() {
    const { context, host } = openTall();
    const capture = await host.capture();
    const other = capture.image.withData(capture.image.data.map((value, i) => (i % 4 === 3 ? value : 7)));
    const results = [invertOf(capture.image), other];
    const codes = await Promise.all(
      results.map((image) => codeOf(() => host.commit(capture, image, replace))),
    );
    const { data } = context.getImageData(0, 0, 512, 2000);
    return {
      codes: codes.sort(),
      whole: results.filter((image) => image.data.every((v, i) => v === data[i])).length,
    };
  },
  /** The most of a canvas that is read or written in one go, in bytes, in a capture, a commit, an undo and a redo. */
  async largestAccess() {
    const { context, host, before } = openTall();
    let most = 0;
    context.getImageData = (...args: Parameters<typeof getImageData>) => {
      most = Math.max(most, args[2] * args[3] * 4);
      return getImageData.apply(context, args);
    };
    context.putImageData = (pixels: ImageData, x: number, y: number) => {
      most = Math.max(most, pixels.data.length);
      Reflect.apply(putImageData, context, [pixels, x, y]);
    };
    const capture = await host.capture();
    const result = invertOf(capture.image);
    const commit = await host.commit(capture, result, replace);
    const shows = (wanted: ArrayLike<number>): boolean =>
      getImageData.call(context, 0, 0, 512, 2000).data.every((value, index) => value === wanted[index]);
    const shown = [shows(result.data)];
    await commit.undo!();
    shown.push(shows(before));
    await commit.redo!();
    shown.push(shows(result.data));
    return { most, shown };
  },
  /** What the browser itself draws of a PNG of ours, by WebGPU. */
  async rampThroughBrowser(): Promise<number> {
    const blob = new Blob([await encodePng(ramp)]);
    const bitmap = await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
    const { data } = await readByWebgpu(bitmap);
    return data.filter((value, index) => value !== ramp.data[index]).length;
  },
  /** Files that are not PNG go through the browser's decoder and WebGL. */
  async readImage(bytes: readonly number[]) {
    const { image, notes } = await readPixels(new Blob([Uint8Array.from(bytes)]));
    const { colorSpace, iccProfile, width, height } = image;
    return {
      data: [...image.data],
      colorSpace,
      profileLength: iccProfile?.length ?? 0,
      width,
      height,
      notes,
    };
  },
  /** A canvas that another origin's image was drawn on. */
  async tainted(url: string) {
    const image = document.createElement("img");
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.getContext("2d")!.drawImage(image, 0, 0);
    return codeOf(() => new CanvasHost(canvas).capture());
  },
  /** A browser that changes a few of the pixels that are read. */
  async noisy() {
    const { prototype } = CanvasRenderingContext2D;
    const read: CanvasRenderingContext2D["getImageData"] = Reflect.get(prototype, "getImageData");
    const readByGl: WebGL2RenderingContext["readPixels"] = Reflect.get(
      WebGL2RenderingContext.prototype,
      "readPixels",
    );
    const before = [readsAreExact(true), await bitmapReadsAreExact(true)];
    CanvasRenderingContext2D.prototype.getImageData = function (...args) {
      const result = read.apply(this, args);
      for (let index = 0; index < result.data.length; index += 997) result.data[index]! ^= 1;
      return result;
    };
    WebGL2RenderingContext.prototype.readPixels = function (...args: unknown[]) {
      Reflect.apply(readByGl, this, args);
      const pixels = args[6] as Uint8Array;
      for (let index = 0; index < pixels.length; index += 997) pixels[index]! ^= 1;
    };
    try {
      const during = [readsAreExact(true), await bitmapReadsAreExact(true)];
      const canvas = document.createElement("canvas");
      canvas.getContext("2d");
      const told: unknown[] = [];
      const host = new CanvasHost(canvas, {
        interface: { notify: (notification) => told.push(notification) },
      });
      const { notes } = await host.capture();
      const bitmap = await createImageBitmap(new ImageData(1, 1));
      const { notes: ofBitmap } = await readPixels(bitmap);
      return { before, during, told, notes, ofBitmap };
    } finally {
      CanvasRenderingContext2D.prototype.getImageData = read;
      WebGL2RenderingContext.prototype.readPixels = readByGl;
      readsAreExact(true);
      await bitmapReadsAreExact(true);
    }
  },
  /** What is too large is refused by its size, before its pixels are decoded or read. */
  async limits(jpeg: readonly number[]) {
    const limits = { maximumSide: 8, maximumPixels: 40 };
    const decoded: unknown[] = [];
    const create = globalThis.createImageBitmap;
    const picture = new PixelImage({ width: 9, height: 1, channels: 3, data: new Uint8Array(27) });
    const canvas = new OffscreenCanvas(9, 1);
    canvas.getContext("2d");
    const files = { png: await encodePng(picture), jpeg: Uint8Array.from(jpeg) };
    const sources = {
      canvas,
      bitmap: await createImageBitmap(new ImageData(7, 6)),
      imageData: new ImageData(9, 1),
      img: await loadImg(files.png, "image/png"),
      photo: await loadImg(files.jpeg, "image/jpeg"),
      pngFile: new Blob([files.png]),
      jpegFile: new Blob([files.jpeg]),
    };
    globalThis.createImageBitmap = (source: ImageBitmapSource) => {
      decoded.push(source);
      return create(source);
    };
    try {
      const codes: Record<string, string> = {};
      for (const [name, source] of Object.entries(sources)) {
        codes[name] = await codeOf(() => readPixels(source, { limits }));
      }
      return { codes, decoded: decoded.length };
    } finally {
      globalThis.createImageBitmap = create;
    }
  },
  async refusals() {
    const webgl = document.createElement("canvas");
    webgl.getContext("webgl2");
    const empty = document.createElement("img");
    const transferred = document.createElement("canvas");
    transferred.transferControlToOffscreen();
    return {
      transferred: await codeOf(() => new CanvasHost(transferred)),
      tooWide: await codeOf(() => checkCanvasSize(65_536, 1)),
      tooLarge: await codeOf(() => checkCanvasSize(16_385, 16_384)),
      webgl: await codeOf(() => new CanvasHost(webgl)),
      notLoaded: await codeOf(() => readPixels(empty)),
      noImage: await codeOf(() => readPixels(new Blob(["no image"]))),
      emptyFile: await codeOf(() => readPixels(new Blob([]))),
    };
  },
  /** An `<img>` whose `srcset` has twice as many pixels as its size says keeps that size; so does a node that draws it. */
  async density() {
    const file = await toImg(makePicture(8, 6));
    const element = document.createElement("img");
    element.srcset = `${file.src} 2x`;
    await element.decode();
    const sizeOf = () => [element.naturalWidth, element.naturalHeight];
    const sizes = [sizeOf()];
    const container = document.body.appendChild(document.createElement("div"));
    const stage = new Konva.Stage({ container, width: 20, height: 20 });
    const node = new Konva.Image({ image: element.cloneNode() as HTMLImageElement });
    stage.add(new Konva.Layer().add(node));
    await (node.image() as HTMLImageElement).decode();
    const konva = new KonvaHost({ active: () => node });
    const drawn = await konva.capture();
    const corners = displayedCorners(drawn.placement)[2];
    await konva.commit(drawn, drawn.image, replace);
    sizes.push(
      [node.width(), node.height()],
      [corners!.x, corners!.y],
      [drawn.image.width, drawn.image.height],
    );
    const host = new CanvasHost(element);
    const capture = await host.capture();
    const commit = await host.commit(capture, invertOf(capture.image), replace);
    sizes.push(sizeOf(), [capture.image.width, capture.image.height]);
    await commit.undo!();
    sizes.push(sizeOf());
    stage.destroy();
    container.remove();
    return sizes;
  },
  /** A canvas of WebGL is read as it is shown. */
  async webgl() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 2;
    const gl = canvas.getContext("webgl2", { preserveDrawingBuffer: true, premultipliedAlpha: false })!;
    gl.clearColor(1, 0, 0, 0.2);
    gl.clear(gl.COLOR_BUFFER_BIT);
    return [...(await readPixels(canvas)).image.data.subarray(0, 4)];
  },
  /** A history that is the page's own undoes in order, and not what was painted over. */
  async undoAfterEdit() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 4;
    const context = canvas.getContext("2d")!;
    const host = new CanvasHost(canvas);
    const capture = await host.capture();
    const commit = await host.commit(capture, capture.image, {
      mode: "replace",
      label: "Restore",
      onConflict: "refuse",
    });
    context.fillRect(0, 0, 2, 2);
    return [commit.undoSteps, await codeOf(() => commit.undo!())];
  },
};

Object.assign(globalThis, { conform: (name: string) => runHostConformance(fixtures[name]!), cases });
