import { describeMerging } from "./merge-suite.js";

describeMerging("webgpu");
