import { describe, expect, test } from "@jest/globals";
import { LimpidError, throwIfAborted } from "../../src/sdk/base/index.js";

/** What `throwIfAborted` throws for a signal, or undefined. */
function thrownFor(signal?: AbortSignal): unknown {
  try {
    throwIfAborted(signal);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("throwIfAborted", () => {
  test("does nothing without a signal, or with one that has not fired", () => {
    expect(thrownFor()).toBeUndefined();
    expect(thrownFor(new AbortController().signal)).toBeUndefined();
  });

  test("throws once the signal has fired, with its reason as the cause", () => {
    const controller = new AbortController();
    const reason = new Error("the user left");
    expect(thrownFor(controller.signal)).toBeUndefined();
    controller.abort(reason);
    const error = thrownFor(controller.signal);
    expect(LimpidError.is(error, "Aborted")).toBe(true);
    expect((error as LimpidError).cause).toBe(reason);
  });

  test("has the platform's AbortError as the cause if the caller gave no reason", () => {
    const error = thrownFor(AbortSignal.abort());
    expect((error as LimpidError).cause).toMatchObject({ name: "AbortError" });
  });
});
