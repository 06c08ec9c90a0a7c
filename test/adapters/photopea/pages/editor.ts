// A fake Photopea as a page: around the panel that `?panel=` names, or inside of whatever page has put it into a frame.
import { serveFakePhotopea } from "../../../fakes/photopea/index.js";

const parameters = new URL(location.href).searchParams;
const panel = parameters.get("panel");

if (parameters.has("noise")) {
  // Another plugin of the same editor, which talks to everybody: the right origin, the wrong window.
  const victim = window.parent.frames[0]!;
  const heard: unknown[] = ["done", "limpid", {}, new ArrayBuffer(8)];
  setInterval(() => {
    for (const message of heard) victim.postMessage(message, "*");
  }, 25);
} else if (panel !== null) {
  const frame = document.createElement("iframe");
  frame.title = "Plugin";
  frame.src = panel;
  frame.style.cssText = "width: 100vw; height: 100vh; border: 0";
  document.body.style.margin = "0";
  document.body.append(frame);
  Object.assign(globalThis, { photopea: serveFakePhotopea(frame.contentWindow!, new URL(panel).origin) });
  const noise = document.createElement("iframe");
  noise.src = `${location.origin}/?noise`;
  noise.hidden = true;
  document.body.append(noise);
} else if (document.referrer !== "") {
  // Photopea does not start without a referrer either.
  const photopea = serveFakePhotopea(window.parent, new URL(document.referrer).origin);
  setTimeout(() => photopea.greet(), 50);
}
