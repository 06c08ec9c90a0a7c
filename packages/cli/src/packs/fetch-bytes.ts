import { LimpidError } from "limpid";
import { openUrl } from "../../../../src/sdk/base/index.js";
import { collectBytes } from "./collect-bytes.js";

/**
 * Fetches a file into memory, from nowhere but its address: redirections are refused.
 *
 * @param address - absolute
 * @param maximumBytes - most bytes that it may have
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `PackUnavailable`, `PackTooLarge`, `Aborted`
 */
export async function fetchBytes(
  address: string,
  maximumBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const fail = (message: string, details: Record<string, unknown>, cause?: unknown): LimpidError =>
    new LimpidError("PackUnavailable", message, { details, cause });
  const opened = await openUrl(new URL(address), { signal, fail });
  if (opened === undefined) throw fail(`${address} is not there`, { url: address });
  return collectBytes(opened.bytes, maximumBytes, address);
}
