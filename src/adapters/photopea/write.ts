import { decodePng, encodePng, type PixelImage } from "../../sdk/image/index.js";
import { LimpidError } from "../../sdk/base/index.js";
import { isSilence } from "../frame/index.js";
import { failed, reasonOf } from "./failure.js";
import { alphaAt } from "./read.js";
import { closeScratchDocuments } from "./scripts/close-scratch.js";
import { findOpened } from "./scripts/find-opened.js";
import { exportMasked, makeMask, maskedName, stageMask, type MakeMaskOptions } from "./scripts/make-mask.js";
import { findAdded, finishPlacing, moveAbove, removeLayer } from "./scripts/finish-placing.js";
import { placeLayer, type PlaceLayerOptions } from "./scripts/place-layer.js";
import type { PhotopeaSession, PhotopeaTurn } from "./session.js";
import {
  addedSchema,
  parseTold,
  placedSchema,
  type DocumentKey,
  type LayerKey,
  type PhotopeaState,
} from "./state.js";

/** A result and where it goes. */
export interface LayerToWrite extends Omit<PlaceLayerOptions, "key" | "scratch" | "width" | "height"> {
  readonly image: PixelImage;
  /** What to make a layer mask of, and what to place if this Photopea makes none; undefined for a layer without one. */
  readonly masked: MaskedResult | undefined;
}

/** A result that belongs where something is selected. */
export interface MaskedResult {
  /** The pixels, without the selection. */
  readonly image: PixelImage;
  /** What is selected of them: 8-bit grey of their size. */
  readonly mask: PixelImage;
}

/** A layer that is in the document. */
export interface WrittenLayer {
  readonly hasMask: boolean;
  /** Steps of the history that it took. */
  readonly undoSteps: number;
  /** Whether it stands right above its source, or where that was; true if it has none. */
  readonly isAbove: boolean;
}

/** How much a sample of a mask may differ from the selection that it was made of: two roundings. */
const maskTolerance = 2;

/** Milliseconds that a layer may take to be moved: Photopea has been seen never to come back from it. */
const moveTimeout = 5_000;

/** Milliseconds that the one action that makes a layer mask may take. */
const maskTimeout = 5_000;

/**
 * Adds a layer to a document: posts the file, waits until exactly one document more is open, copies its layer over, finds that
 * by what has changed, puts it right above its source and closes what was opened. Nothing is done twice, whatever happens: a
 * second try could add a second layer. If it fails on the way, the layer is taken away again. A layer mask is made, and looked at,
 * before the user's document is touched.
 *
 * @param session - names what is opened on the way
 * @param turn - nobody else talks to Photopea meanwhile
 * @throws {@link LimpidError} `HostFailed`, with the reason `not-above` if the layer cannot be put in place of its source, and
 * `mask-hangs` if Photopea does not come back from making a layer mask, before the user's document was touched
 */
export async function writeLayer(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  state: Pick<PhotopeaState, "count" | "document">,
  layer: LayerToWrite,
): Promise<WrittenLayer> {
  const { masked } = layer;
  const withMask =
    masked && (await placeResult(session, turn, state, { ...layer, image: masked.image }, masked.mask));
  return withMask ?? (await placeResult(session, turn, state, layer))!;
}

/** Places a result; undefined, with nothing left behind, if it was to have a layer mask and this Photopea makes none. */
async function placeResult(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  state: Pick<PhotopeaState, "count" | "document">,
  layer: Omit<LayerToWrite, "masked">,
  mask?: PixelImage,
): Promise<WrittenLayer | undefined> {
  const { image, label, left, top, replaces, copiesDocument } = layer;
  const { width, height } = image;
  const { key, width: documentWidth, height: documentHeight } = state.document!;
  const scratch = session.nextScratchName();
  const file = await encodePng(image);
  let added: LayerKey | undefined;
  let isReplaced = false;
  try {
    turn.post(file.buffer);
    await turn.poll(findOpened(state.count, width, height, scratch));
    const result = { key, replaces, scratch, copiesDocument, label, left, top, width, height };
    if (mask !== undefined && !(await hasMade(turn, result, image, mask))) {
      await turn.tell(closeScratchDocuments(scratch, key));
      return undefined;
    }
    // With its mask it stands in a document of the user's size, where it belongs.
    const inPlace = {
      scratch: maskedName(scratch),
      left: 0,
      top: 0,
      width: documentWidth,
      height: documentHeight,
    };
    const place = { ...result, ...(mask && inPlace), source: layer.source };
    const placed = parseTold(placedSchema, await turn.tell(placeLayer(place)));
    const look = findAdded(key, placed.before, placed.name);
    added = parseTold(addedSchema, await turn.poll(look));
    let source = placed.source === null ? undefined : keyAfter(layer.source!, placed.source, added);
    let undoSteps = 1;
    if (source !== undefined && !isAt(added, placed.source!)) {
      const before = added;
      await moveOrStay(turn, key, added, source);
      if (!session.isBroken) added = parseTold(addedSchema, await turn.tell(look));
      if (!isAt(before, added.path)) undoSteps++;
      source = keyAfter(layer.source!, placed.source!, added);
    }
    const isAbove = source === undefined || isAt(added, placed.source!);
    const hasMask = mask !== undefined;
    if (session.isBroken) return { undoSteps, isAbove, hasMask };
    if (replaces) {
      if (!isAbove) {
        throw failed(
          "not-above",
          "this Photopea does not put the result in place of the layer; add it as a new layer",
        );
      }
      await turn.tell(removeLayer(key, source!));
      isReplaced = true;
      undoSteps++;
    }
    if (placed.name !== placed.label) undoSteps++;
    await turn.tell(finishPlacing(key, added, placed.label, scratch));
    return { undoSteps, isAbove, hasMask };
  } catch (error) {
    // A session that is broken closes what is left as soon as Photopea answers again.
    if (!session.isBroken && !LimpidError.is(error, "Disposed")) {
      if (added !== undefined && !isReplaced) await turn.tell(removeLayer(key, added)).catch(() => undefined);
      await turn.tell(closeScratchDocuments(scratch, key)).catch(() => undefined);
    }
    throw error;
  }
}

/** Whether scripts have made a mask, and the one that was asked for. Nobody knows which Photopea does, so that not doing is no failure. */
async function hasMade(
  turn: PhotopeaTurn,
  result: MakeMaskOptions,
  image: PixelImage,
  mask: PixelImage,
): Promise<boolean> {
  const { left, top } = result;
  try {
    await turn.tell(stageMask(result));
    await turn.tell(makeMask(), maskTimeout).catch((error: unknown) => {
      if (!isSilence(error)) throw error;
      throw failed("mask-hangs", "Photopea has not come back from making a layer mask", {}, error);
    });
    const { file } = await turn.export(exportMasked(result.scratch));
    const { image: shown } = await decodePng(file);
    return isShownThrough(shown, image, mask, left, top);
  } catch (error) {
    const reasons = ["no-selection", "no-copy", "late-layer", "malformed", "error", "aborted"];
    if (reasons.includes(reasonOf(error) ?? "") || LimpidError.is(error, "CorruptImage")) return false;
    throw error;
  }
}

/** Whether an image is as opaque as another one at a place, seen through a mask. */
function isShownThrough(
  shown: PixelImage,
  image: PixelImage,
  mask: PixelImage,
  left: number,
  top: number,
): boolean {
  for (let y = Math.max(0, -top); y < Math.min(image.height, shown.height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(image.width, shown.width - left); x++) {
      const expected = (alphaAt(image, x, y) * mask.data[y * mask.width + x]!) / 255;
      if (Math.abs(alphaAt(shown, x + left, y + top) - expected) > maskTolerance) return false;
    }
  }
  return true;
}

/** What a Photopea does not do is no failure: the layer is where it is. */
async function moveOrStay(
  turn: PhotopeaTurn,
  key: DocumentKey,
  added: LayerKey,
  source: LayerKey,
): Promise<void> {
  try {
    await turn.tell(moveAbove(key, added, source), moveTimeout);
  } catch (error) {
    if (!["error", "aborted", "timeout"].includes(reasonOf(error) ?? "")) throw error;
  }
}

/** Whether a layer has come to a place, so that what was there is right below it. */
function isAt(layer: LayerKey, path: LayerKey["path"]): boolean {
  return layer.path.length === path.length && layer.path.every(([index], depth) => index === path[depth]![0]);
}

/** The key of a layer that was at a place before another one was added. */
function keyAfter({ id }: LayerKey, path: LayerKey["path"], added: LayerKey): LayerKey {
  const last = added.path.length - 1;
  const isBefore = (depth: number): boolean => added.path[depth]![0] === path[depth]?.[0];
  const isAmong = path.length > last && added.path.slice(0, last).every((_, depth) => isBefore(depth));
  const moved = path.map(([index, name], depth) => {
    const isPushed = isAmong && depth === last && added.path[last]![0] <= index;
    return [isPushed ? index + 1 : index, name] as const;
  });
  return { id, path: moved };
}
