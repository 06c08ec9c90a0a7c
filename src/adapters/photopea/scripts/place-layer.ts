import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/** Where a result goes. */
export interface PlaceLayerOptions {
  /** The document. */
  readonly key: DocumentKey;
  /** The layer to be replaced, which is the topmost; undefined if the result is an additional layer. */
  readonly replacedId: string | undefined;
  /** Name of the document that holds the result; what is opened on the way is named after it. */
  readonly scratch: string;
  /** Whether a document on the way must be a copy of the user's, since an empty one would have another colour space. */
  readonly copiesDocument: boolean;
  /** What the layer is called; that of a replaced layer stays. */
  readonly label: string;
  /** Column of the document at which the result's first column belongs. */
  readonly left: number;
  /** Row of the document at which the result's first row belongs. */
  readonly top: number;
  /** Width of the result in pixels. */
  readonly width: number;
  /** Height of the result in pixels. */
  readonly height: number;
}

/**
 * Copies the result to the top of the user's document. Everything else, its name and its place, is settled in documents that
 * are closed again, so that the user's history gets one step. Tells how many layers there were.
 *
 * @param options - where and how
 * @returns the script
 */
export function placeLayer(options: PlaceLayerOptions): PhotopeaScript {
  const { key, replacedId, scratch, copiesDocument, label, left, top, width, height } = options;
  return script`${library}
  var doc = findDocument(${key});
  var holder = findScratch(${scratch});
  var layer = holder.layers[0];
  var replaced = ${replacedId ?? null} === null ? null : findLayer(doc.layers, ${replacedId ?? ""});
  var stage, from, to, before;
  attempt(function () { layer.allLocked = false; });
  if (pixels(doc.width) !== ${width} || pixels(doc.height) !== ${height} || ${left} !== 0 || ${top} !== 0) {
    from = boundsOf(layer);
    stage = addScratch(doc, ${`${scratch}stage`}, ${copiesDocument});
    layer = copyLayer(layer, holder, stage);
    to = boundsOf(layer);
    layer.translate(${left} - (to[0] - from[0]), ${top} - (to[1] - from[1]));
    holder = stage;
  }
  layer.name = ${label};
  if (${replacedId ?? null} !== null) {
    if (!replaced || !(doc.layers[0] == replaced)) { fail("not-on-top", "the layer is not the topmost one"); }
    layer.name = String(replaced.name);
    layer.opacity = replaced.opacity;
    layer.blendMode = replaced.blendMode;
    layer.visible = replaced.visible;
  }
  before = doc.layers.length;
  app.activeDocument = holder;
  layer.duplicate(doc, ElementPlacement.PLACEATBEGINNING);
  tell(before);`;
}
