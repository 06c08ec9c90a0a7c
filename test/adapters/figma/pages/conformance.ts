// Runs the conformance suite in a page, whose browser decodes every kind of file.
import {
  runHostConformance,
  type HostConformanceResult,
} from "../../../../src/testing/host-conformance/index.js";
import { fixture } from "../conformance-fixture.js";

Object.assign(globalThis, {
  runConformance: (): Promise<readonly HostConformanceResult[]> => runHostConformance(fixture),
});
