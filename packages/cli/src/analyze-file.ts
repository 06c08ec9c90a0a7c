import type { BackendName, DegradationProbability, Limpid } from "limpid";
import { readImageFile, type ReadImageOptions } from "./files/index.js";
import { decodeImageFile } from "./files/read-image-file.js";
import type { FoundImage } from "./find-images.js";

/** An image file that was analysed. */
export interface AnalyzedFile {
  readonly input: string;
  readonly width: number;
  readonly height: number;
  /** The backend that ran. */
  readonly backend: BackendName;
  /** What the router said, the most probable first. */
  readonly analysis: readonly DegradationProbability[];
  /** Those of it that count as found. */
  readonly present: readonly DegradationProbability[];
  /** From opening the file. */
  readonly milliseconds: number;
  /** What was changed or left out in reading, for a person. */
  readonly notes: readonly string[];
}

/**
 * Says what is wrong with the image in a file.
 *
 * @param limpid - what analyses it
 * @param image - its file
 * @param options - the signal, and how large the image may be
 * @throws {@link LimpidError} as `readImageFile` and `analyze` do
 */
export async function analyzeFile(
  limpid: Limpid,
  { path: input, bytes }: FoundImage,
  options: ReadImageOptions & { readonly signal: AbortSignal },
): Promise<AnalyzedFile> {
  const started = performance.now();
  const { image, notes } = await (bytes === undefined
    ? readImageFile(input, options)
    : decodeImageFile(bytes, input, options));
  const { degradations, present } = await limpid.analyze(image, { signal: options.signal });
  return {
    input,
    width: image.width,
    height: image.height,
    backend: limpid.backend,
    analysis: degradations,
    present,
    milliseconds: performance.now() - started,
    notes,
  };
}
