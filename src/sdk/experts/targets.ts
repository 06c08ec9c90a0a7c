import { listBackboneParameters, type BackboneConfig, type ParameterKind } from "../backbone/index.js";

/** A convolution that experts may change. */
export interface ExpertTarget {
  /** Its module path, such as `encoders.0.blocks.0.conv1`. */
  readonly path: string;
  /** The name of its kernel among the backbone's parameters. */
  readonly parameter: string;
  /** The kernel's shape in PyTorch's layout, [out, in / groups, k, k]. */
  readonly shape: readonly [number, number, number, number];
  /** What the kernel is. */
  readonly kind: Exclude<ParameterKind, "vector" | "scale">;
}

/** Shapes of the two low-rank factors of a target. */
export interface FactorShapes {
  /** A: [rank * k, in * k]. */
  readonly a: readonly [number, number];
  /** B: [out / groups * k, rank * k]. */
  readonly b: readonly [number, number];
}

const suffix = ".conv.weight";

/**
 * The convolutions that experts of a backbone may change, as its config says: all of them, or the 1x1 convolutions of
 * the NAFNet blocks.
 */
export function listExpertTargets(config: BackboneConfig): readonly ExpertTarget[] {
  return listBackboneParameters(config).flatMap(({ name, shape, kind }) => {
    const [outputs, inputs, height, width] = shape;
    if (!name.endsWith(suffix) || kind === "vector" || kind === "scale") return [];
    if (outputs === undefined || inputs === undefined || height === undefined || width === undefined)
      return [];
    const isPointwise = name.includes(".blocks.") && height === 1 && width === 1;
    if (config.expertTargets === "pointwise" && !isPointwise) return [];
    return [
      { path: name.slice(0, -suffix.length), parameter: name, shape: [outputs, inputs, height, width], kind },
    ];
  });
}

/**
 * The shapes that an expert's factors have at a target, as in the published `ConvMixLoRA`. A depthwise convolution has
 * as many groups as channels, so that its A is wide and its B small.
 *
 * @param target - the convolution
 * @param rank - the expert's rank r
 */
export function factorShapes({ shape, kind }: ExpertTarget, rank: number): FactorShapes {
  const [outputs, inputs, size] = shape;
  const [channels, outputsPerGroup] = kind === "depthwise" ? [outputs, 1] : [inputs, outputs];
  return { a: [rank * size, channels * size], b: [outputsPerGroup * size, rank * size] };
}
