import { script, type PhotopeaScript } from "../script.js";

/**
 * Tells which members a Photopea lacks that the scripts use: `needed`, without which nothing works, and `missed`, without which
 * something does not. What belongs to documents and layers is looked at in those that are open, if any are. Changes nothing.
 */
export function findMissing(): PhotopeaScript {
  return script`
  var needed = [], missed = [], doc = null, layer = null, hasLayer = false;
  if (!app.documents) {
    needed.push("app.documents");
  } else {
    if (!app.documents.add) { needed.push("app.documents.add"); }
    if (app.documents.length > 0) { doc = app.activeDocument; }
  }
  if (doc) {
    if (!doc.layers) { needed.push("Document.layers"); }
    if (!doc.saveToOE) { needed.push("Document.saveToOE"); }
    if (!doc.close) { needed.push("Document.close"); }
    if (!doc.duplicate) { missed.push("Document.duplicate"); }
    if (!doc.selection) { missed.push("Document.selection"); }
    if (doc.layers && doc.layers.length > 0) { layer = doc.layers[0]; hasLayer = true; }
  }
  if (layer) {
    if (!layer.duplicate) { needed.push("Layer.duplicate"); }
    if (!layer.translate) { needed.push("Layer.translate"); }
    if (!layer.remove) { needed.push("Layer.remove"); }
    if (!layer.move) { missed.push("Layer.move"); }
    if (layer.id === undefined || layer.id === null) { missed.push("Layer.id"); }
  }
  tell({ needed: needed, missed: missed, isWhole: hasLayer });`;
}
