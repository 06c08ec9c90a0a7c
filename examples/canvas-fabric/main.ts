// A photo on a Fabric 7 canvas: restore, undo, redo.
import { Canvas, FabricImage } from "fabric";
import { createLimpid, FabricHost, UndoHistory } from "limpid/canvas";
import { editorPage } from "../shared/editor-page.js"; // buttons, progress, a line of text

const history = new UndoHistory();
const page = editorPage({ undo: () => history.undo(), redo: () => history.redo() });
const { place, width, height } = page;

const element = place.appendChild(document.createElement("canvas"));
const canvas = new Canvas(element, { width, height });
const photo = await FabricImage.fromURL("../photos/noise.png");
photo.scaleToWidth(0.7 * width);
photo.set({ left: width / 2, top: height / 2, angle: 5 });
canvas.add(photo);
canvas.setActiveObject(photo);

const host = new FabricHost(canvas, { history, interface: page.interface });
const limpid = await createLimpid({ assets: "../limpid/" }); // npx limpid-assets limpid
page.ready(limpid, () => limpid.restoreOn(host));
