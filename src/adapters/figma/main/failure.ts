import type { FailureReason } from "../protocol.js";

/** What the sandbox tells the page when it cannot do what it was asked. */
export class SandboxFailure extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.name = "SandboxFailure";
    this.reason = reason;
  }
}

/** The failure that an error stands for: its own, or one of Figma's. */
export function asFailure(error: unknown): SandboxFailure {
  if (error instanceof SandboxFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  // What Figma says of images that it does not take; its errors have no codes.
  if (/image is too (large|small)/i.test(message))
    return new SandboxFailure("too-large", `Figma: ${message}`);
  if (/type is unsupported/i.test(message))
    return new SandboxFailure("unsupported-image", `Figma: ${message}`);
  return new SandboxFailure("figma", `Figma: ${message}`.slice(0, 1_000));
}
