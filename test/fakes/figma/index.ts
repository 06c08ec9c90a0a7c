export { FakeFigma, type SeenFigmaLayer } from "./fake-figma.js";
