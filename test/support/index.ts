export { expectNoLeaks, useBackend } from "./backend.js";
export { expectCollected } from "./collected.js";
