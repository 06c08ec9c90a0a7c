/**
 * Helpers for tests of code that uses Limpid; they need no particular test runner.
 *
 * @module limpid/testing
 */
export { measureMemoryGrowth, type MemoryGrowth } from "./memory-growth.js";
