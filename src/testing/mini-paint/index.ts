export { FakeMiniPaint, type FakeMiniPaintLayers, type FakeMiniPaintSelection } from "./fake-mini-paint.js";
export { FakeImageStore, FakeMiniPaintState, type FakeMiniPaintAction } from "./history.js";
export type { FakeMiniPaintLayer, FakeMiniPaintSettings } from "./layer.js";
