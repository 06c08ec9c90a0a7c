/**
 * Helpers for tests of code that uses Limpid; they need no particular test runner.
 *
 * @packageDocumentation
 */
export { measureMemoryGrowth, type MemoryGrowth } from "./memory-growth.js";
