import { LimpidError } from "../base/index.js";
import type { BackendName } from "./backend-name.js";
import { TfjsBackend, type StartBackendOptions } from "./tfjs-backend.js";

/** A backend that runs, and why it is not the first choice if it is not. */
export interface StartedBackend {
  /** The backend, for the caller to dispose. */
  readonly backend: TfjsBackend;
  /** Why a faster backend was passed over; undefined if none was. */
  readonly fallbackReason: string | undefined;
}

/**
 * Starts the backend that was asked for, or, with `"auto"`, WebGPU on a real GPU and else WebAssembly. What was passed
 * over is said, never hidden.
 *
 * @param choice - a backend, or `"auto"`
 * @param options - where the backends' parts are
 * @returns the backend and the reason for a fallback
 * @throws {@link LimpidError} `BackendUnavailable` if the chosen backend, or with `"auto"` every one, does not start
 */
export async function startBackend(
  choice: "auto" | BackendName,
  options: Omit<StartBackendOptions, "acceptSoftware"> = {},
): Promise<StartedBackend> {
  if (choice !== "auto") {
    return { backend: await TfjsBackend.start(choice, options), fallbackReason: undefined };
  }
  try {
    // A GPU that is emulated on the CPU is slower than WebAssembly on the same CPU.
    const backend = await TfjsBackend.start("webgpu", { ...options, acceptSoftware: false });
    return { backend, fallbackReason: undefined };
  } catch (error) {
    if (!LimpidError.is(error, "BackendUnavailable")) throw error;
    const backend = await TfjsBackend.start("wasm", options);
    return { backend, fallbackReason: error.message };
  }
}
