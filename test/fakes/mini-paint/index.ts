export { FakeMiniPaint } from "./fake-mini-paint.js";
export type { FakeMiniPaintLayer } from "./layer.js";
