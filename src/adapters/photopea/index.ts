/**
 * Photopea as a host: for a plugin panel in it, and for a page that embeds it.
 *
 * @module limpid/photopea
 */
export {
  connectPhotopea,
  embedPhotopea,
  type ConnectPhotopeaOptions,
  type EmbedPhotopeaOptions,
} from "./connect.js";
export { PanelHost, type HostPanel } from "../../sdk/host/index.js";
export { photopeaOrigin } from "./endpoint.js";
export { PhotopeaHost, type PhotopeaCaptureOptions, type PhotopeaHostOptions } from "./photopea-host.js";
export type { RestoreOutcome, RestoreSeveralOptions } from "../frame/index.js";
export { restoreLayers, type RestoredLayer, type RestoreLayersOptions } from "./restore-layers.js";
export type { PhotopeaSessionOptions } from "./session.js";
export type {
  DocumentKey,
  PhotopeaDocument,
  PhotopeaLayer,
  PhotopeaLayerKind,
  PhotopeaState,
} from "./state.js";
