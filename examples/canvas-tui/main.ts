// A TOAST UI image editor with restoration: its own undo and redo take the result back.
import ImageEditor from "tui-image-editor";
import { createLimpid } from "../../src/sdk/index.js"; // "limpid" in an application
import { TuiHost } from "../../src/adapters/canvas/index.js"; // "limpid/canvas"
import { makeToolbar } from "../canvas-toolbar.js";

const container = document.body.appendChild(document.createElement("div"));
container.style.height = "480px"; // the editor fills its container, which has no height of its own
const editor = new ImageEditor(container, { cssMaxWidth: 640, cssMaxHeight: 480, usageStatistics: false });
await editor.loadImageFromURL("/examples/photos/noise.png", "noise");
await editor.rotate(90);

const toolbar = makeToolbar({ undo: () => editor.undo(), redo: () => editor.redo() });
const host = new TuiHost(editor, { interface: toolbar.interface });
const limpid = await createLimpid({ assets: "/build/assets/" }); // npx limpid-assets build/assets
toolbar.ready(() => limpid.restoreOn(host));
