/**
 * Helpers for tests of code that uses Limpid; they need no particular test runner.
 *
 * @module limpid/testing
 */
export {
  describeHostConformance,
  hostConformanceChecks,
  runHostConformance,
  type HostConformanceCheck,
  type HostConformanceResult,
  type HostFixture,
  type HostUnderTest,
  type SeenLayer,
} from "./host-conformance/index.js";
export { HeadlessHost, type HeadlessHostOptions, type Restorer } from "../sdk/host/index.js";
export { measureMemoryGrowth, type MemoryGrowth } from "./memory-growth.js";
export {
  packMatchers,
  type MatcherResult,
  type PackMatchers,
  type RestoreExpectation,
} from "./pack-matchers.js";
export { makeTinyModel, type TinyModelOptions } from "./tiny-model.js";
