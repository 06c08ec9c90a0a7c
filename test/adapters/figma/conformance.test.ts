import { describe, test } from "@jest/globals";
import { describeHostConformance } from "../../../src/testing/host-conformance/index.js";
import { fixture } from "./conformance-fixture.js";

const oriented = "captures photos upright, whatever their EXIF orientation";

describeHostConformance(
  "FigmaHost",
  // The same suite runs in Chromium, where the browser decodes JPEG.
  { ...fixture, exclusions: { ...fixture.exclusions, [oriented]: "Node decodes no JPEG" } },
  { describe, test },
);
