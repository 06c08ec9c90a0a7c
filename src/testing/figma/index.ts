export {
  FakeFigma,
  type FakeFigmaLayer,
  type FakeFigmaNotification,
  type FakeFigmaWindow,
  type SeenFigmaLayer,
} from "./fake-figma.js";
