import { describe, expect, test } from "@jest/globals";
import { LimpidError } from "../../src/sdk/base/index.js";

describe("LimpidError", () => {
  test("carries code, message, cause and details", () => {
    const cause = new RangeError("inner");
    const error = new LimpidError("InvalidImage", "3 bytes for 2x2 pixels", { cause, details: { bytes: 3 } });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("LimpidError");
    expect(error.code).toBe("InvalidImage");
    expect(error.message).toBe("3 bytes for 2x2 pixels");
    expect(error.cause).toBe(cause);
    expect(error.details).toEqual({ bytes: 3 });
  });

  test("has no cause property and empty details when none are given", () => {
    const error = new LimpidError("Disposed", "gone");
    expect("cause" in error).toBe(false);
    expect(error.details).toEqual({});
  });

  test("keeps a cause of undefined, as an abort without a reason may have", () => {
    expect("cause" in new LimpidError("Aborted", "stopped", { cause: undefined })).toBe(true);
  });

  test("copies and freezes details", () => {
    const details = { names: ["a"], count: 1 };
    const error = new LimpidError("ExpertMismatch", "no such layer", { details });
    details.count = 2;
    expect(error.details).toEqual({ names: ["a"], count: 1 });
    expect(Object.isFrozen(error.details)).toBe(true);
  });

  test("is() compares codes", () => {
    const error: unknown = new LimpidError("Aborted", "stopped");
    expect(LimpidError.is(error)).toBe(true);
    expect(LimpidError.is(error, "Aborted")).toBe(true);
    expect(LimpidError.is(error, "Disposed")).toBe(false);
  });

  test("is() knows an error of another copy of the package", () => {
    const foreign = Object.assign(new Error("stopped"), { name: "LimpidError", code: "Aborted" });
    expect(LimpidError.is(foreign, "Aborted")).toBe(true);
  });

  test.each([
    [undefined],
    [null],
    ["Aborted"],
    [{ name: "LimpidError", code: "Aborted" }],
    [new Error("Aborted")],
  ])("is() refuses %p", (value) => {
    expect(LimpidError.is(value)).toBe(false);
  });
});
