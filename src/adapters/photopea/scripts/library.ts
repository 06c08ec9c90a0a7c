import { script } from "../script.js";

/**
 * Functions that the scripts share, in ECMAScript 3 and without function expressions, which Photopea has lost on the way to a
 * call. Its objects are those of Photoshop as far as they go: a length has a `value` whatever `typeof` says of it, much that
 * is missing is undefined instead of an error, and an error may end the script without a word. A layer is found by its id, or
 * by the places and names on the way to it where layers have no ids.
 */
export const library = script`
  function pixels(length) {
    var value = length === undefined || length === null ? undefined : length.value;
    return Number(value === undefined ? length : value);
  }
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
  function idOf(layer) { return layer.id === undefined || layer.id === null ? "" : String(layer.id); }
  function isGroup(layer) { return String(layer.typename) === "LayerSet"; }
  function isKind(layer, names) {
    var i;
    for (i = 0; i < names.length; i++) {
      if (LayerKind[names[i]] !== undefined && layer.kind === LayerKind[names[i]]) { return true; }
    }
    return false;
  }
  function kindOf(layer) {
    try {
      if (isGroup(layer) || layer.kind === undefined || layer.kind === null) { return null; }
      if (isKind(layer, ["NORMAL"])) { return "pixels"; }
      if (isKind(layer, ["SMARTOBJECT"])) { return "smart-object"; }
      if (isKind(layer, ["TEXT"])) { return "text"; }
      if (isKind(layer, ["SOLIDFILL", "GRADIENTFILL", "PATTERNFILL"])) { return "fill"; }
      return isKind(layer, [
        "BLACKANDWHITE", "BRIGHTNESSCONTRAST", "CHANNELMIXER", "COLORBALANCE", "COLORLOOKUP", "CURVES", "EXPOSURE",
        "GRADIENTMAP", "HUESATURATION", "INVERSION", "LEVELS", "PHOTOFILTER", "POSTERIZE", "SELECTIVECOLOR", "THRESHOLD",
        "VIBRANCE"
      ]) ? "adjustment" : null;
    } catch (unknown) {
      return null;
    }
  }
  function describe(layer, path) {
    return {
      id: idOf(layer), path: path, name: String(layer.name), isGroup: isGroup(layer), isLocked: layer.allLocked === true,
      kind: kindOf(layer)
    };
  }
  function listLayers(layers, path, list) {
    var i, here;
    for (i = 0; i < layers.length; i++) {
      here = path.concat([[i, String(layers[i].name)]]);
      list.push({ layer: layers[i], path: here });
      if (isGroup(layers[i]) && layers[i].layers) { listLayers(layers[i].layers, here, list); }
    }
    return list;
  }
  function findById(doc, id) {
    var list = listLayers(doc.layers, [], []), i;
    for (i = 0; i < list.length; i++) {
      if (idOf(list[i].layer) === id) { return list[i]; }
    }
    return null;
  }
  function findByPath(doc, path) {
    var layers = doc.layers, way = [], depth, i, name, found, layer = null;
    for (depth = 0; depth < path.length; depth++) {
      if (!layers) { return null; }
      name = path[depth][1];
      found = [];
      for (i = 0; i < layers.length; i++) {
        if (String(layers[i].name) === name) { found.push(i); }
      }
      i = path[depth][0];
      if (i >= layers.length || String(layers[i].name) !== name) {
        if (found.length !== 1) { return null; }
        i = found[0];
      }
      layer = layers[i];
      way.push([i, name]);
      layers = isGroup(layer) ? layer.layers : null;
    }
    return layer ? { layer: layer, path: way } : null;
  }
  function findLayer(doc, key) { return key.id !== "" ? findById(doc, key.id) : findByPath(doc, key.path); }
  function isScratch(doc, start) {
    return sourceOf(doc).indexOf(start) === 0 || String(doc.name).indexOf(start) === 0;
  }
  function findScratch(name) {
    var i;
    for (i = 0; i < app.documents.length; i++) {
      if (isScratch(app.documents[i], name)) { return app.documents[i]; }
    }
    fail("scratch-gone", "a document of Limpid's own was closed");
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
  function addScratch(doc, name, copies, width, height) {
    var before = app.documents.length, scratch;
    if (copies) {
      app.activeDocument = doc;
      scratch = doc.duplicate(name);
    } else {
      scratch = app.documents.add(width, height, doc.resolution, name);
    }
    if (app.documents.length !== before + 1) { fail("no-copy", "no document could be added"); }
    if (!scratch) { scratch = findScratch(name); }
    scratch.name = name;
    scratch.source = name;
    if (scratch.layers.length > 0) { scratch.activeLayer = scratch.layers[0]; }
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
  function stageLayer(layer, holder, doc, name, copies, left, top) {
    var from = boundsOf(layer), stage, staged, to;
    stage = addScratch(doc, name, copies, pixels(doc.width), pixels(doc.height));
    if (copies && stage.selection && stage.selection.deselect) { stage.selection.deselect(); }
    staged = copyLayer(layer, holder, stage);
    to = boundsOf(staged);
    staged.translate(left - (to[0] - from[0]), top - (to[1] - from[1]));
    return staged;
  }
  function showFirst(doc) {
    var i;
    for (i = 0; i < doc.layers.length; i++) {
      if (doc.layers[i].visible !== (i === 0)) { doc.layers[i].visible = i === 0; }
    }
  }`;
