// A photo on a Konva 10 stage: restore what the transformer has, undo, redo.
import Konva from "konva";
import { createLimpid, KonvaHost, UndoHistory } from "limpid/canvas";
import { editorPage } from "../shared/editor-page.js"; // buttons, progress, a line of text

const history = new UndoHistory();
const page = editorPage({ undo: () => history.undo(), redo: () => history.redo() });
const { place, width, height } = page;

const container = place.appendChild(document.createElement("div"));
const stage = new Konva.Stage({ container, width, height });
const layer = new Konva.Layer();
stage.add(layer);
const image = new Image();
image.src = "../photos/noise.png";
await image.decode();
const scale = (0.7 * width) / image.width;
const photo = new Konva.Image({ image, x: 0.18 * width, y: 0.1 * height, rotation: 5, draggable: true });
photo.scale({ x: scale, y: scale });
const transformer = new Konva.Transformer({ nodes: [photo] });
layer.add(photo, transformer);

const host = new KonvaHost({ active: () => transformer.nodes()[0], history, interface: page.interface });
const limpid = await createLimpid({ assets: "../limpid/" }); // npx limpid-assets limpid
page.ready(limpid, () => limpid.restoreOn(host));
