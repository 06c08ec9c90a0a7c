import { describeForward } from "./forward-suite.js";
import { describeGradients } from "./gradient-suite.js";

describeForward("webgpu");
describeGradients("webgpu");
