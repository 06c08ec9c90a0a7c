// A TOAST UI image editor: its own undo and redo take the result back.
import { createLimpid, TuiHost } from "limpid/canvas";
import ImageEditor from "tui-image-editor";
import { editorPage } from "../shared/editor-page.js"; // buttons, progress, a line of text

const page = editorPage({ undo: () => editor.undo(), redo: () => editor.redo() });
const { place, width, height } = page;

const container = place.appendChild(document.createElement("div"));
container.style.height = `${height}px`; // the editor fills its container, which has no height of its own
const editor = new ImageEditor(container, {
  cssMaxWidth: width,
  cssMaxHeight: height,
  usageStatistics: false,
});
await editor.loadImageFromURL("../photos/noise.png", "noise");

const host = new TuiHost(editor, { interface: page.interface });
const limpid = await createLimpid({ assets: "../limpid/" }); // npx limpid-assets limpid
page.ready(limpid, () => limpid.restoreOn(host));
