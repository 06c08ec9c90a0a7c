import type { BackboneConfig } from "../../backbone/index.js";
import { LimpidError, listFaults } from "../../base/index.js";
import {
  Expert,
  listExpertTargets,
  type ExpertBase,
  type ExpertFactors,
  type ExpertTarget,
} from "../../experts/index.js";
import { HostTensor } from "../../weights/index.js";

/** What an adapter of another format does not say itself. */
export interface ImportOptions {
  /** The expert's id, such as `acme.descreen`. */
  readonly id: string;
  /** The base that it was trained on; nothing in the file can prove it. */
  readonly base: ExpertBase;
  /** Degradations that it repairs. */
  readonly degradations: readonly string[];
  /** The base's network. */
  readonly config: BackboneConfig;
}

/** One module's factors as other formats have them. */
export interface ImportedModule {
  /** What the file calls it, for messages. */
  readonly name: string;
  readonly target: ExpertTarget;
  /** [r, in] or [r, in, k, k]. */
  readonly down: HostTensor;
  /** [out, r] or [out, r, 1, 1]. */
  readonly up: HostTensor;
  /** Scale numerator for the rank that the factors turn out to have. */
  readonly alphaFor: (rank: number) => number;
}

/**
 * Makes an expert of modules that all have been found.
 *
 * @param modules - at least one
 * @param faults - what was wrong with the file so far; a misfit is added
 * @param unmatched - names of tensors that belong to no target
 * @throws {@link LimpidError} `ExpertMismatch` if there are faults or unmatched names; `details` has all of them
 */
export function makeImportedExpert(
  modules: readonly ImportedModule[],
  options: ImportOptions,
  faults: string[],
  unmatched: readonly string[],
): Expert {
  const { id, base, degradations } = options;
  modules.forEach(({ name, target }, index) => {
    const other = modules.findIndex((module) => module.target === target);
    if (other < index) faults.push(`${name} changes the same layer as ${modules[other]!.name}`);
  });
  const factors = modules.flatMap((module) => convertFactors(module, faults) ?? []);
  if (modules.length === 0 && unmatched.length === 0) faults.push("the file holds no factors");
  const all = [
    ...faults,
    ...unmatched.map((name) => `${name} is no layer that experts of this base may change`),
  ];
  if (all.length > 0) {
    throw new LimpidError("ExpertMismatch", `the adapter does not fit: ${listFaults(all)}`, {
      details: { expert: id, faults: all, unmatched },
    });
  }
  const rank = mostFrequent(factors.map((entry) => entry.rank));
  const alpha = mostFrequent(factors.filter((entry) => entry.rank === rank).map((entry) => entry.alpha));
  return new Expert({ id, base, rank, alpha, degradations, factors });
}

/**
 * The targets of a network by the names that their modules may have: the target's path, and the path of the convolution
 * within it.
 *
 * @param rename - from a path to what the format makes of it
 * @returns targets by name; of a name that several targets would have, none
 */
export function targetsByName(
  config: BackboneConfig,
  rename: (path: string) => string = (path) => path,
): ReadonlyMap<string, ExpertTarget> {
  const names = new Map<string, ExpertTarget>();
  const ambiguous = new Set<string>();
  for (const target of listExpertTargets(config)) {
    for (const path of [target.path, `${target.path}.conv`]) {
      const name = rename(path);
      const other = names.get(name);
      if (other !== undefined && other !== target) ambiguous.add(name);
      names.set(name, target);
    }
  }
  for (const name of ambiguous) names.delete(name);
  return names;
}

type ConvertedFactors = Required<ExpertFactors>;

/** Factors in Limpid's shapes, A [r k, in k] and B [out k, r k]. */
function convertFactors(
  { name, target, down, up, alphaFor }: ImportedModule,
  faults: string[],
): ConvertedFactors | undefined {
  const [outputs, inputs, size] = target.shape;
  const rank = down.shape[0] ?? 0;
  if (target.kind === "depthwise") {
    faults.push(`${name} changes a depthwise convolution, whose factors have another form here`);
    return undefined;
  }
  const downShapes = [[rank, inputs, size, size], ...(size === 1 ? [[rank, inputs]] : [])];
  const upShapes = [
    [outputs, rank, 1, 1],
    [outputs, rank],
  ];
  const misfits = [...misfit(`${name} down`, down, downShapes), ...misfit(`${name} up`, up, upShapes)];
  const alpha = alphaFor(rank);
  if (rank < 1) misfits.push(`${name} has rank ${rank}`);
  if (!Number.isFinite(alpha)) misfits.push(`${name} has alpha ${alpha}`);
  if (!isFinite(down) || !isFinite(up)) misfits.push(`${name} has values that are no finite numbers`);
  faults.push(...misfits);
  if (misfits.length > 0) return undefined;
  // Row o k + p of B A, reshaped to the kernel, is row p of output o: A is a view, B repeats along a diagonal.
  const a = new HostTensor(down.dtype, [rank * size, inputs * size], down.bytes);
  return {
    target,
    a,
    b: size === 1 ? new HostTensor(up.dtype, [outputs, rank], up.bytes) : spread(up, size),
    rank,
    alpha,
  };
}

function isFinite(tensor: HostTensor): boolean {
  return tensor.toFloat32().every(Number.isFinite);
}

/** The Kronecker product of [out, r] with the identity of k: [out k, r k]. */
function spread(up: HostTensor, size: number): HostTensor {
  const [outputs = 0, rank = 0] = up.shape;
  const values = up.toFloat32();
  const result = new Float32Array(outputs * size * rank * size);
  for (let output = 0; output < outputs; output++) {
    for (let inner = 0; inner < rank; inner++) {
      const value = values[output * rank + inner]!;
      for (let row = 0; row < size; row++)
        result[(output * size + row) * rank * size + inner * size + row] = value;
    }
  }
  const dtype = up.dtype === "F16" || up.dtype === "BF16" ? up.dtype : "F32";
  return HostTensor.fromFloat32([outputs * size, rank * size], result, dtype);
}

function misfit(name: string, tensor: HostTensor, shapes: readonly (readonly number[])[]): string[] {
  const found = tensor.shape.join(", ");
  if (shapes.some((shape) => shape.join(", ") === found)) return [];
  return [`${name} has shape [${found}], expected [${shapes.at(-1)!.join(", ")}]`];
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 1;
}
