import { describeReference } from "./reference-suite.js";

describeReference("webgpu");
