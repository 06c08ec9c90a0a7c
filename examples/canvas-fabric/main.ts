// A small editor on Fabric 7: restore the active photo, undo, redo.
import { Canvas, FabricImage } from "fabric";
import { createLimpid } from "../../src/sdk/index.js"; // "limpid" in an application
import { FabricHost, UndoHistory } from "../../src/adapters/canvas/index.js"; // "limpid/canvas"
import { makeToolbar } from "../canvas-toolbar.js";

const canvas = new Canvas(document.body.appendChild(document.createElement("canvas")), {
  width: 640,
  height: 480,
});
const photo = await FabricImage.fromURL("/examples/photos/noise.png", { crossOrigin: "anonymous" });
photo.set({ left: 320, top: 240, angle: 5 });
canvas.add(photo);
canvas.setActiveObject(photo);

const history = new UndoHistory();
const toolbar = makeToolbar({ undo: () => history.undo(), redo: () => history.redo() });
const host = new FabricHost(canvas, { history, interface: toolbar.interface });
const limpid = await createLimpid({ assets: "/build/assets/" }); // npx limpid-assets build/assets
toolbar.ready(() => limpid.restoreOn(host));
