export { makeTinyModel, type TinyModelOptions } from "../../src/testing/index.js";
