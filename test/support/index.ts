export { expectCollected } from "./collected.js";
