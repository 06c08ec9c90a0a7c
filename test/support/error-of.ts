import { LimpidError } from "../../src/sdk/base/index.js";

/** The LimpidError that a run throws; another error, or none, fails the test. */
export function errorOf(run: () => unknown): LimpidError {
  try {
    run();
  } catch (error) {
    if (LimpidError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
