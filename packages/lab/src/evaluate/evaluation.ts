import type { ErrorReport } from "../../../cli/src/describe-error.js";
import type { MetricName } from "./metrics.js";
import type { ModelIdentity } from "./model-identity.js";
import type { RowName } from "./rows.js";
import type { PhotoResult } from "./summarize.js";

/** A finished evaluation. */
export interface Evaluation {
  /** The model that was measured; undefined if only damaged photos were. */
  readonly model: ModelIdentity | undefined;
  /** The backends that ran; several if results of other runs were taken over. */
  readonly backends: readonly string[];
  /** The seed of the damage. */
  readonly seed: number;
  readonly rows: readonly RowName[];
  /** The metrics; gains are by the first. */
  readonly metrics: readonly MetricName[];
  /** Bits per sample of what was compared. */
  readonly depth: 8 | 16;
  /** Side of the square in the middle of each photo that was taken; undefined for all of it. */
  readonly crop: number | undefined;
  readonly photos: readonly PhotoResult[];
  /** Photos that could not be evaluated. */
  readonly failures: readonly { readonly input: string; readonly error: ErrorReport }[];
}
