export { runBlock } from "./block";
export { runLayer } from "./layer";
export { mergeExpert, scaleInputs } from "./merge";
export { multiplyAddInRegisters } from "./peak";
