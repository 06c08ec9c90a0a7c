import { LimpidError } from "../base/index.js";

/** One encoder of the compact router: a stack of strided convolutions, some of whose outputs are pooled. */
export interface RouterEncoderConfig {
  /** Output channels of each convolution, first to last. */
  readonly widths: readonly number[];
  /** Stride of each convolution. */
  readonly strides: readonly number[];
  /** Odd kernel side of each convolution. */
  readonly kernelSizes: readonly number[];
  /** Indices of the convolutions whose outputs are pooled, in ascending order. */
  readonly pooled: readonly number[];
}

/** The compact router's network, as `model.json` gives it. */
export interface CompactRouterConfig {
  /** Which network this is. */
  readonly architecture: "limpid.router";
  /** Side of a window at native resolution in pixels. */
  readonly windowSize: number;
  /** Long side, in pixels, that the whole image is reduced to; smaller images stay as they are. */
  readonly sceneSize: number;
  /** What looks at the windows. */
  readonly detail: RouterEncoderConfig;
  /** What looks at the reduced image. */
  readonly scene: RouterEncoderConfig;
  /** Length of the extractor's hidden layer. */
  readonly hiddenSize: number;
  /** Length of the degradation embedding. */
  readonly embeddingSize: number;
  /** Length of the classifier's hidden layer. */
  readonly classifierSize: number;
}

/**
 * Checks a router's config.
 *
 * @param json - the parsed `router.config` of a `model.json`
 * @returns the same, typed
 * @throws {@link LimpidError} `InvalidConfig` that lists every field that is missing or out of range
 */
export function validateCompactRouterConfig(json: unknown): CompactRouterConfig {
  const fields = toFields(json);
  const problems: string[] = [];
  if (fields.architecture !== "limpid.router") {
    problems.push(`architecture is ${JSON.stringify(fields.architecture)}, expected "limpid.router"`);
  }
  for (const name of ["windowSize", "sceneSize", "hiddenSize", "embeddingSize", "classifierSize"]) {
    if (!isCount(fields[name])) problems.push(`${name} is not an integer from 1 to ${maximumCount}`);
  }
  for (const name of ["detail", "scene"]) problems.push(...encoderProblems(name, toFields(fields[name])));
  if (problems.length > 0) {
    throw new LimpidError("InvalidConfig", `the router's config is invalid: ${problems.join("; ")}`, {
      details: { problems },
    });
  }
  return fields as unknown as CompactRouterConfig;
}

const maximumCount = 4096;
const maximumLayers = 16;

function encoderProblems(encoder: string, fields: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  const lengths = ["widths", "strides", "kernelSizes"].map((name) => {
    const value = fields[name];
    if (Array.isArray(value) && value.length > 0 && value.length <= maximumLayers && value.every(isCount)) {
      return value.length;
    }
    problems.push(`${encoder}.${name} is not a list of 1 to ${maximumLayers} positive integers`);
    return undefined;
  });
  if (new Set(lengths).size > 1) {
    problems.push(`${encoder}.widths, strides and kernelSizes differ in length`);
  }
  if (Array.isArray(fields.kernelSizes) && fields.kernelSizes.some((size) => Number(size) % 2 === 0)) {
    problems.push(`a kernel size of ${encoder} is even`);
  }
  const { pooled } = fields;
  const isOrdered =
    Array.isArray(pooled) &&
    pooled.length > 0 &&
    pooled.every(
      (layer, index) =>
        Number.isInteger(layer) && layer > (pooled[index - 1] ?? -1) && layer < (lengths[0] ?? 0),
    );
  if (!isOrdered) problems.push(`${encoder}.pooled is not an ascending list of its layers`);
  return problems;
}

function toFields(json: unknown): Readonly<Record<string, unknown>> {
  return (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maximumCount;
}
