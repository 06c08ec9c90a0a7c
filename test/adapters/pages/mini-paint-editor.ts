// A fake miniPaint, as the page of a frame.
import { FakeMiniPaint } from "../../fakes/mini-paint/index.js";

const editor = new FakeMiniPaint(window);
editor.start();
Object.assign(globalThis, { fakeMiniPaint: editor });
