/** What hosts have in common: several things restored one after the other, messages between windows, a panel of ours beside the editor. */
export {
  restoreOne,
  restoreSeveral,
  type RestoreOutcome,
  type RestoreSeveralOptions,
  type RestoreStep,
} from "./restore-several.js";
export { checkOrigin } from "./check-origin.js";
export { disconnected, isSilence, nothingSelected, silent } from "./failure.js";
export { makeNonce } from "./nonce.js";
export { PanelHost, type HostPanel } from "./panel-host.js";
