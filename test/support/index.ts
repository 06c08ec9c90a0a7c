export { expectNoLeaks, useBackend, type TestBackend } from "./backend.js";
export { expectCollected } from "./collected.js";
