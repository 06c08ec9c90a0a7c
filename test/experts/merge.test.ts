import { describeMerging } from "./merge-suite.js";

describeMerging("cpu");
describeMerging("wasm");
