import { describeDgRouter } from "./dg-router-suite.js";

describeDgRouter("webgpu");
