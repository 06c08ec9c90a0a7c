import { encodePng, type PixelImage } from "../../sdk/image/index.js";
import { LimpidError } from "../../sdk/base/index.js";
import { closeScratchDocuments } from "./scripts/close-scratch.js";
import { findOpened } from "./scripts/find-opened.js";
import { finishPlacing, hasArrived } from "./scripts/finish-placing.js";
import { placeLayer } from "./scripts/place-layer.js";
import type { PhotopeaSession, PhotopeaTurn } from "./session.js";
import type { PhotopeaState } from "./state.js";

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
  /** Id of the topmost layer, which it replaces; undefined if it is an additional one. */
  readonly replacedId: string | undefined;
}

/**
 * Adds a layer to a document: posts the file, waits until exactly one document more is open, copies its layer over and closes
 * it again. Nothing is done twice, whatever happens: a second try could add a second layer.
 *
 * @param session - names what is opened on the way
 * @param turn - nobody else talks to Photopea meanwhile
 * @param state - of the document, just read
 * @param layer - what to add
 */
export async function writeLayer(
  session: PhotopeaSession,
  turn: PhotopeaTurn,
  state: PhotopeaState,
  layer: LayerToWrite,
): Promise<void> {
  const { image, label, left, top, replacedId } = layer;
  const { width, height } = image;
  const { key, hasOtherColorSpace: copiesDocument } = state.document!;
  const scratch = session.nextScratchName();
  const file = await encodePng(image);
  try {
    turn.post(file.buffer);
    await turn.poll(findOpened(state.count, width, height, scratch));
    const before = await turn.tell(
      placeLayer({ key, replacedId, scratch, copiesDocument, label, left, top, width, height }),
    );
    await turn.poll(hasArrived(key, Number(before)));
    await turn.tell(finishPlacing(key, replacedId, scratch));
  } catch (error) {
    // A session that is broken closes what is left as soon as Photopea answers again.
    if (!session.isBroken && !LimpidError.is(error, "Disposed")) {
      await turn.tell(closeScratchDocuments(scratch, key)).catch(() => undefined);
    }
    throw error;
  }
}
