// miniPaint in a frame, with restoration around it: its own undo and redo take the result back.
import { createLimpid } from "../../src/sdk/index.js"; // "limpid" in an application
import { connectMiniPaint } from "../../src/adapters/canvas/index.js"; // "limpid/canvas"
import { makeToolbar } from "../canvas-toolbar.js";

const frame = document.createElement("iframe");
frame.title = "miniPaint";
frame.src = "/build/minipaint/"; // a copy of miniPaint, served beside this page
frame.style.cssText = "width: 100%; height: 85vh; border: 0";
document.body.append(frame);

// The two of miniPaint's globals that the example itself uses.
interface MiniPaintWindow extends Window {
  readonly Layers: { insert(settings: object): Promise<unknown> };
  readonly State: { undo_action(): Promise<void>; redo_action(): Promise<void> };
}
const editor = () => frame.contentWindow as MiniPaintWindow;
const toolbar = makeToolbar({
  undo: () => editor().State.undo_action(),
  redo: () => editor().State.redo_action(),
});
const host = await connectMiniPaint(frame, { interface: toolbar.interface });
await editor().Layers.insert({
  name: "noise.png",
  type: "image",
  data: new URL("/examples/photos/noise.png", location.href).href,
});

const limpid = await createLimpid({ assets: "/build/assets/" }); // npx limpid-assets build/assets
toolbar.ready(() => limpid.restoreOn(host));
