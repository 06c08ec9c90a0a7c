import { LimpidError } from "../base/index.js";

/** The compact router's network, as `model.json` gives it. */
export interface CompactRouterConfig {
  /** Which network this is. */
  readonly architecture: "limpid.router";
  /** Side of the whole-image view in pixels. */
  readonly globalSize: number;
  /** Side of a window at native resolution in pixels. */
  readonly windowSize: number;
  /** Output channels of each convolution of an encoder, first to last. */
  readonly widths: readonly number[];
  /** Stride of each convolution. */
  readonly strides: readonly number[];
  /** Odd kernel side of each convolution. */
  readonly kernelSizes: readonly number[];
  /** Length of the extractor's hidden layer. */
  readonly hiddenSize: number;
  /** Length of the degradation embedding. */
  readonly embeddingSize: number;
  /** Length of the hidden layer of a classifier on the encoders' features; without one it is linear, on the embedding. */
  readonly classifierSize?: number;
}

/**
 * Checks a router's config.
 *
 * @param json - the parsed `router.config` of a `model.json`
 * @returns the same, typed
 * @throws {@link LimpidError} `InvalidConfig` that lists every field that is missing or out of range
 */
export function validateCompactRouterConfig(json: unknown): CompactRouterConfig {
  const fields = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  const problems: string[] = [];
  if (fields.architecture !== "limpid.router") {
    problems.push(`architecture is ${JSON.stringify(fields.architecture)}, expected "limpid.router"`);
  }
  const checkCount = (name: string): void => {
    if (!isCount(fields[name])) problems.push(`${name} is not an integer from 1 to ${maximumCount}`);
  };
  for (const name of ["globalSize", "windowSize", "hiddenSize", "embeddingSize"]) {
    checkCount(name);
  }
  if (fields.classifierSize !== undefined) checkCount("classifierSize");
  const layers = ["widths", "strides", "kernelSizes"].map((name) => {
    const value = fields[name];
    if (Array.isArray(value) && value.length > 0 && value.length <= maximumLayers && value.every(isCount)) {
      return value.length;
    }
    problems.push(`${name} is not a list of 1 to ${maximumLayers} positive integers`);
    return undefined;
  });
  if (new Set(layers).size > 1) problems.push("widths, strides and kernelSizes differ in length");
  if (Array.isArray(fields.kernelSizes) && fields.kernelSizes.some((size) => Number(size) % 2 === 0)) {
    problems.push("a kernel size is even");
  }
  if (problems.length > 0) {
    throw new LimpidError("InvalidConfig", `the router's config is invalid: ${problems.join("; ")}`, {
      details: { problems },
    });
  }
  return fields as unknown as CompactRouterConfig;
}

const maximumCount = 4096;
const maximumLayers = 16;

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maximumCount;
}
