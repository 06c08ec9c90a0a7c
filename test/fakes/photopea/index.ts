export { FakePhotopea, type SeenDocument } from "./fake-photopea.js";
export { FakePhotopeaRemote, serveFakePhotopea } from "./frame.js";
export type { PhotopeaVices } from "./vices.js";
export { describeUnknowns, everyCombination, everyPair, type PhotopeaUnknowns } from "./unknowns.js";
