// A small editor on Konva 10: restore the photo in the transformer, undo, redo.
import Konva from "konva";
import { createLimpid } from "../../src/sdk/index.js"; // "limpid" in an application
import { KonvaHost, UndoHistory } from "../../src/adapters/canvas/index.js"; // "limpid/canvas"
import { makeToolbar } from "../canvas-toolbar.js";

const container = document.body.appendChild(document.createElement("div"));
const stage = new Konva.Stage({ container, width: 640, height: 480 });
const layer = new Konva.Layer();
stage.add(layer);
const image = document.createElement("img");
image.src = "/examples/photos/noise.png";
await image.decode();
const photo = new Konva.Image({ image, x: 40, y: 40, rotation: 5, draggable: true });
const transformer = new Konva.Transformer({ nodes: [photo] });
layer.add(photo, transformer);

const history = new UndoHistory();
const toolbar = makeToolbar({ undo: () => history.undo(), redo: () => history.redo() });
const host = new KonvaHost({ active: () => transformer.nodes()[0], history, interface: toolbar.interface });
const limpid = await createLimpid({ assets: "/build/assets/" }); // npx limpid-assets build/assets
toolbar.ready(() => limpid.restoreOn(host));
