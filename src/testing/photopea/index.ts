export {
  FakePhotopea,
  type FakePhotopeaDocument,
  type FakePhotopeaLayer,
  type SeenDocument,
  type SeenLayer,
} from "./fake-photopea.js";
export { FakePhotopeaRemote, serveFakePhotopea } from "./frame.js";
export { mildVices, type PhotopeaVices } from "./vices.js";
export type { FakeLayerState } from "./layer-state.js";
