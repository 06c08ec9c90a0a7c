import { encodePng, type PixelImage } from "../../sdk/image/index.js";
import { LimpidError } from "../../sdk/base/index.js";
import { reasonOf } from "./failure.js";
import { closeScratchDocuments } from "./scripts/close-scratch.js";
import { findOpened } from "./scripts/find-opened.js";
import { findAdded, finishPlacing, moveAbove, removeLayer } from "./scripts/finish-placing.js";
import { placeLayer } from "./scripts/place-layer.js";
import type { PhotopeaSession, PhotopeaTurn } from "./session.js";
import { parseAdded, parsePlaced, type DocumentKey, type LayerKey, type PhotopeaState } from "./state.js";

/** A result and where it goes. */
export interface LayerToWrite {
  /** The pixels. */
  readonly image: PixelImage;
  /** What the layer is called. */
  readonly label: string;
  /** Column of the document at which its first column belongs. */
  readonly left: number;
  /** Row of the document at which its first row belongs. */
  readonly top: number;
  /** The layer that it belongs above; undefined if that is gone, or it belongs on top. */
  readonly source: LayerKey | undefined;
  /** Whether it comes in place of that layer. */
  readonly replaces: boolean;
  /** Whether documents on the way must be copies of the user's, since empty ones would have another colour space. */
  readonly copiesDocument: boolean;
}

/** A layer that is in the document. */
export interface WrittenLayer {
  /** Steps of the history that it took. */
  readonly undoSteps: number;
  /** Whether it stands right above its source, or where that was; true if it has none. */
  readonly isAbove: boolean;
}

/** Milliseconds that a layer may take to be moved: Photopea has been seen never to come back from it. */
const moveTimeout = 5_000;

/**
 * Adds a layer to a document: posts the file, waits until exactly one document more is open, copies its layer over, finds that
 * by what has changed, puts it right above its source and closes what was opened. Nothing is done twice, whatever happens: a
 * second try could add a second layer. If it fails on the way, the layer is taken away again.
 *
 * @param session - names what is opened on the way
 * @param turn - nobody else talks to Photopea meanwhile
 * @param state - of the document, just read
 * @param layer - what to add
 * @returns what it took
 * @throws {@link LimpidError} `HostFailed`, with the reason `not-above` if the layer cannot be put in place of its source
 */
export async function writeLayer(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  state: Pick<PhotopeaState, "count" | "document">,
  layer: LayerToWrite,
): Promise<WrittenLayer> {
  const { image, label, left, top, replaces, copiesDocument } = layer;
  const { width, height } = image;
  const { key } = state.document!;
  const scratch = session.nextScratchName();
  const file = await encodePng(image);
  let added: LayerKey | undefined;
  let isReplaced = false;
  try {
    turn.post(file.buffer);
    await turn.poll(findOpened(state.count, width, height, scratch));
    const place = { key, replaces, scratch, copiesDocument, label, left, top, width, height };
    const placed = parsePlaced(await turn.tell(placeLayer({ ...place, source: layer.source })));
    const look = findAdded(key, placed.before, placed.name);
    added = parseAdded(await turn.poll(look));
    let source = placed.source === null ? undefined : keyAfter(layer.source!, placed.source, added);
    let undoSteps = 1;
    if (source !== undefined && !isAt(added, placed.source!)) {
      const before = added;
      await moveOrStay(turn, key, added, source);
      if (!session.isBroken) added = parseAdded(await turn.tell(look));
      if (!isAt(before, added.path)) undoSteps++;
      source = keyAfter(layer.source!, placed.source!, added);
    }
    const isAbove = source === undefined || isAt(added, placed.source!);
    if (session.isBroken) return { undoSteps, isAbove };
    if (replaces) {
      if (!isAbove) throw notAbove();
      await turn.tell(removeLayer(key, source!));
      isReplaced = true;
      undoSteps++;
    }
    if (placed.name !== placed.label) undoSteps++;
    await turn.tell(finishPlacing(key, added, placed.label, scratch));
    return { undoSteps, isAbove };
  } catch (error) {
    // A session that is broken closes what is left as soon as Photopea answers again.
    if (!session.isBroken && !LimpidError.is(error, "Disposed")) {
      if (added !== undefined && !isReplaced) await turn.tell(removeLayer(key, added)).catch(() => undefined);
      await turn.tell(closeScratchDocuments(scratch, key)).catch(() => undefined);
    }
    throw error;
  }
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

function notAbove(): LimpidError {
  return new LimpidError(
    "HostFailed",
    "this Photopea does not put the result in place of the layer; add it as a new layer",
    { details: { reason: "not-above" } },
  );
}
