export { expectNoLeaks, useBackend } from "./backend.js";
export { expectCollected } from "./collected.js";
export { errorOf } from "./error-of.js";
