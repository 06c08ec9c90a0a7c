// miniPaint in a frame, with restoration around it: its own undo and redo take the result back.
import { connectMiniPaint, createLimpid } from "limpid/canvas";
import { editorPage } from "../shared/editor-page.js"; // buttons, progress, a line of text

// The two of miniPaint's globals that the example itself uses.
interface MiniPaintWindow extends Window {
  readonly Layers: { insert(settings: object): Promise<unknown> };
  readonly State: { undo_action(): Promise<void>; redo_action(): Promise<void> };
}
const frame = document.createElement("iframe");
const editor = () => frame.contentWindow as MiniPaintWindow;
const page = editorPage({
  undo: () => editor().State.undo_action(),
  redo: () => editor().State.redo_action(),
});
frame.title = "miniPaint";
frame.src = "minipaint/"; // a copy of miniPaint beside this page
page.place.append(frame);

const host = await connectMiniPaint(frame, { interface: page.interface });
await editor().Layers.insert({
  name: "noise.png",
  type: "image",
  data: new URL("../photos/noise.png", location.href).href,
});

const limpid = await createLimpid({ assets: "../limpid/" }); // npx limpid-assets limpid
page.ready(limpid, () => limpid.restoreOn(host));
