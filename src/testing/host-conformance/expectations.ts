import { LimpidError, type LimpidErrorCode } from "../../sdk/base/index.js";
import { convertBitDepth, type PixelImage } from "../../sdk/image/index.js";
import type { Commit } from "../../sdk/host/index.js";
import type { HostUnderTest, SeenLayer } from "./fixture.js";

/** Fails the check. */
export function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** The same pixels, whatever channels they are stored in. */
export function expectSamePixels(actual: PixelImage, expected: PixelImage, what: string): void {
  expectThat(
    actual.width === expected.width && actual.height === expected.height,
    `${what}: ${actual.width} x ${actual.height} pixels, expected ${expected.width} x ${expected.height}`,
  );
  const bitDepth = Math.min(actual.bitDepth, expected.bitDepth) as 8 | 16;
  const found = toRgba(convertBitDepth(actual, bitDepth));
  const wanted = toRgba(convertBitDepth(expected, bitDepth));
  let wrong = 0;
  let first = -1;
  for (let index = 0; index < wanted.length; index++) {
    if (found[index] === wanted[index]) continue;
    if (wrong++ === 0) first = index - (index % 4);
  }
  if (wrong === 0) return;
  const pixel = first / 4;
  throw new Error(
    `${what}: ${wrong} of ${wanted.length} samples differ, the first at ${pixel % actual.width}, ` +
      `${Math.floor(pixel / actual.width)}: ${found.slice(first, first + 4).join(" ")}, ` +
      `expected ${wanted.slice(first, first + 4).join(" ")}`,
  );
}

function toRgba({ data, channels, isGray, hasAlpha, maximum }: PixelImage): number[] {
  const rgba: number[] = [];
  for (let index = 0; index < data.length; index += channels) {
    rgba.push(
      data[index]!,
      data[index + (isGray ? 0 : 1)]!,
      data[index + (isGray ? 0 : 2)]!,
      hasAlpha ? data[index + channels - 1]! : maximum,
    );
  }
  return rgba;
}

/** A failure with the right code. */
export async function expectRejection(
  run: () => Promise<unknown>,
  code: LimpidErrorCode,
  what: string,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (LimpidError.is(error, code)) return;
    throw new Error(`${what}: ${String(error)}, expected a LimpidError ${code}`, { cause: error });
  }
  throw new Error(`${what}: nothing was thrown, expected a LimpidError ${code}`);
}

/** What a document looks like, to be compared with later. */
export interface DocumentState {
  /** The opened layer's pixels. */
  readonly pixels: PixelImage;
  readonly layerCount: number;
  /** How many layers are below the opened one. */
  readonly index: number;
  /** Where the opened layer stands, what it shows, and its opacity. */
  readonly geometry: readonly number[];
  /** What it is drawn through. */
  readonly filters: readonly number[];
}

/** Looks at the document from outside of the adapter. */
export async function lookAt(opened: HostUnderTest): Promise<DocumentState> {
  const layers = await opened.layers();
  const index = layers.findIndex(({ isOpened }) => isOpened);
  expectThat(index >= 0, "the opened layer is gone");
  const { pixels, filters, ...layer } = layers[index]!;
  const geometry = geometryOf(pixels, layer);
  return { pixels: pixels.clone(), layerCount: layers.length, index, geometry, filters: [...filters] };
}

/** Corners, the crop as shares of the pixels, and opacity, each at a place of its own. */
function geometryOf(
  { width, height }: PixelImage,
  { corners, crop, opacity }: Pick<SeenLayer, "corners" | "crop" | "opacity">,
): number[] {
  const shown = crop ?? { x: 0, y: 0, width, height };
  const shares = [shown.x / width, shown.y / height, shown.width / width, shown.height / height];
  return [...corners, ...shares, opacity];
}

/**
 * A commit has added one layer: the result, right above the opened layer, or on top if that is gone; at its place, with its crop,
 * turn and opacity, and without its filters.
 */
export async function expectAddedLayer(
  opened: HostUnderTest,
  before: DocumentState,
  result: PixelImage,
): Promise<SeenLayer> {
  const layers = await opened.layers();
  const source = layers.findIndex(({ isOpened }) => isOpened);
  const count = before.layerCount + (source < 0 ? 0 : 1);
  expectThat(layers.length === count, `there are ${layers.length} layers, expected ${count}`);
  const added = source < 0 ? layers.at(-1) : layers[before.index + 1];
  expectThat(
    added !== undefined && !added.isOpened && (source < 0 || source === before.index),
    "the new layer is not right above the captured one",
  );
  expectSamePixels(added.pixels, result, "the new layer");
  expectThat(added.filters.length === 0, "the new layer is drawn through filters");
  // Of a layer that is gone the host knows the capture alone, which says nothing of opacity.
  const known = source < 0 ? -1 : before.geometry.length;
  const geometry = geometryOf(added.pixels, added);
  expectSameGeometry(geometry.slice(0, known), before.geometry.slice(0, known), "the new layer");
  return added;
}

/**
 * A new layer has a mask that shows some of it.
 *
 * @param layer - the layer
 * @param isShown - whether a pixel must show; none may have a mask if undefined
 */
export function expectMask(
  { mask, pixels }: SeenLayer,
  isShown: ((x: number, y: number) => boolean) | undefined,
): void {
  if (isShown === undefined) return expectThat(mask === undefined, "the new layer has a mask");
  const { width, height } = pixels;
  expectThat(mask?.width === width && mask.height === height, "the new layer has no mask of its size");
  for (let index = 0; index < width * height; index++) {
    const [x, y] = [index % width, Math.floor(index / width)];
    const value = mask.data[index * mask.channels];
    expectThat(value === (isShown(x, y) ? 255 : 0), `the new layer's mask is ${value} at ${x}, ${y}`);
  }
}

/** Numbers of the same place, but for the rounding of floats. */
export function expectSameGeometry(
  actual: readonly number[],
  expected: readonly number[],
  what: string,
): void {
  const isSame =
    actual.length === expected.length &&
    actual.every((value, index) => Math.abs(value - expected[index]!) <= 1e-6 * Math.max(1, Math.abs(value)));
  expectThat(isSame, `${what}: geometry ${actual.join(" ")}, expected ${expected.join(" ")}`);
}

/** The document is as it was. */
export async function expectUnchanged(
  opened: HostUnderTest,
  before: DocumentState,
  what: string,
): Promise<void> {
  const now = await lookAt(opened);
  expectSamePixels(now.pixels, before.pixels, what);
  expectThat(now.layerCount === before.layerCount, `${what}: the number of layers changed`);
  expectThat(now.index === before.index, `${what}: the order of the layers changed`);
  expectSameGeometry(now.geometry, before.geometry, what);
  expectSameGeometry(now.filters, before.filters, `${what}: the filters`);
}

/** Undoes a commit as its documentation says: with the editor's own undo, or with what the commit returned. */
export async function undoCommit(opened: HostUnderTest, commit: Commit): Promise<void> {
  if (commit.undoSteps === 0) {
    expectThat(
      commit.undo !== undefined && commit.redo !== undefined,
      "a commit without steps has undo and redo",
    );
    await commit.undo();
    return;
  }
  expectThat(opened.undo !== undefined, "the fixture of an editor with a history has undo");
  for (let step = 0; step < commit.undoSteps; step++) await opened.undo();
}

/** Brings an undone commit back. */
export async function redoCommit(opened: HostUnderTest, commit: Commit): Promise<void> {
  if (commit.undoSteps === 0) return commit.redo?.();
  expectThat(opened.redo !== undefined, "the fixture of an editor with a history has redo");
  for (let step = 0; step < commit.undoSteps; step++) await opened.redo();
}
