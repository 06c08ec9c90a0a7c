import { script } from "../script.js";

/**
 * Functions that the scripts share, in ECMAScript 3. Photopea's objects are those of Photoshop as far as they go: lengths
 * are numbers or have a `value`, and much that is missing is undefined instead of an error.
 */
export const library = script`
  function pixels(length) { return typeof length === "number" ? length : Number(length.value); }
  function boundsOf(thing) {
    var b = thing.bounds;
    return [pixels(b[0]), pixels(b[1]), pixels(b[2]), pixels(b[3])];
  }
  function sourceOf(doc) { return doc.source ? String(doc.source) : ""; }
  function findDocument(key) {
    var found = [], i, doc;
    for (i = 0; i < app.documents.length; i++) {
      doc = app.documents[i];
      if (key.source !== "" ? sourceOf(doc) === key.source : sourceOf(doc) === "" && String(doc.name) === key.name) {
        if (i === key.index) { return doc; }
        found.push(doc);
      }
    }
    if (found.length !== 1) { fail("document-gone", "the document " + key.name + " is not open any more"); }
    return found[0];
  }
  function findLayer(layers, id) {
    var i, inside;
    for (i = 0; i < layers.length; i++) {
      if (String(layers[i].id) === id) { return layers[i]; }
      if (layers[i].layers) {
        inside = findLayer(layers[i].layers, id);
        if (inside) { return inside; }
      }
    }
    return null;
  }
  function isScratch(doc, start) {
    return sourceOf(doc).indexOf(start) === 0 || String(doc.name).indexOf(start) === 0;
  }
  function findScratch(name) {
    var i;
    for (i = 0; i < app.documents.length; i++) {
      if (isScratch(app.documents[i], name)) { return app.documents[i]; }
    }
    fail("scratch-gone", "the document with the result was closed");
  }
  function closeScratch(start) {
    var i, closed = 0;
    for (i = app.documents.length - 1; i >= 0; i--) {
      if (isScratch(app.documents[i], start)) {
        app.documents[i].close(SaveOptions.DONOTSAVECHANGES);
        closed++;
      }
    }
    return closed;
  }
  function addScratch(doc, name, copies) {
    var scratch;
    if (copies) {
      app.activeDocument = doc;
      scratch = doc.duplicate(name);
      if (!scratch) { scratch = app.activeDocument; }
      if (scratch == doc) { fail("no-copy", "the document could not be copied"); }
    } else {
      scratch = app.documents.add(pixels(doc.width), pixels(doc.height), doc.resolution, name);
      if (!scratch) { scratch = findScratch(name); }
    }
    scratch.name = name;
    scratch.source = name;
    return scratch;
  }
  function copyLayer(layer, from, to) {
    var before = to.layers.length;
    app.activeDocument = from;
    layer.duplicate(to, ElementPlacement.PLACEATBEGINNING);
    app.activeDocument = to;
    if (to.layers.length !== before + 1) { fail("late-layer", "the copy of the layer did not appear"); }
    return to.layers[0];
  }
  function showOnly(doc, layer) {
    var i;
    for (i = 0; i < doc.layers.length; i++) {
      doc.layers[i].visible = doc.layers[i] == layer;
    }
  }
  function attempt(change) { try { change(); } catch (refused) { return false; } return true; }`;
