/** What hosts have in common: several things restored one after the other, and messages between windows. */
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
