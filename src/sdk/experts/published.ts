import { isSameShape, type BackboneConfig } from "../backbone/index.js";
import { LimpidError, listFaults } from "../base/index.js";
import { bytesPerElement, HostTensor, type TensorFile } from "../weights/index.js";
import { Expert, type ExpertFactors } from "./expert.js";
import { factorShapes, listExpertTargets } from "./targets.js";

const listSuffix = /\.lora_[AB]_list$/;

/** What a stage-2 checkpoint does not say itself. */
export interface PublishedExpertsOptions {
  /** `lora_alpha`; twice the rank if left out, as published. */
  readonly alpha?: number;
}

/**
 * The base of a checkpoint of LoRA-IR's stage 2.
 *
 * @param file - the checkpoint
 * @returns the same file without its experts; for a stage-1 checkpoint, all of it
 */
export function publishedBase(file: TensorFile): TensorFile {
  const tensors = new Map([...file.tensors].filter(([name]) => !listSuffix.test(name)));
  return { tensors, metadata: file.metadata };
}

/**
 * The experts of a checkpoint of LoRA-IR's stage 2, which keeps them as `<target>.lora_A_list` [E, r * k, in * k] and
 * `<target>.lora_B_list` [E, out / groups * k, r * k].
 *
 * @param file - the checkpoint; its bytes are kept, not copied
 * @param config - its network, as {@link inferPublishedConfig} finds it
 * @param options - what the checkpoint does not say
 * @returns its E experts, with ids `0` to `E - 1`, in the order of the router's logits
 * @throws {@link LimpidError} `ExpertMismatch` if a list is missing, names no convolution, or does not fit the others;
 * `details.faults` lists every fault, `details.unmatched` every name
 *
 * @example
 * ```ts
 * const config = inferPublishedConfig(file);
 * const base = BackboneWeights.fromTensorFile(publishedBase(file), config);
 * const experts = publishedExperts(file, config);
 * const weights = routeTopK(logits, 1);
 * const merged = mergeExperts(base, experts.map((expert, index) => ({ expert, weight: weights[index] ?? 0 })));
 * ```
 */
export function publishedExperts(
  file: TensorFile,
  config: BackboneConfig,
  options: PublishedExpertsOptions = {},
): readonly Expert[] {
  const targets = listExpertTargets(config);
  const lists = new Map([...file.tensors].filter(([name]) => listSuffix.test(name)));
  const { count, rank } = readDimensions(
    lists,
    targets.map(({ path }) => path),
  );
  const faults: string[] = [];
  const experts: ExpertFactors[][] = Array.from({ length: count }, () => []);
  for (const target of targets) {
    const shapes = factorShapes(target, rank);
    const a = takeList(lists, `${target.path}.lora_A_list`, [count, ...shapes.a], faults);
    const b = takeList(lists, `${target.path}.lora_B_list`, [count, ...shapes.b], faults);
    if (a === undefined || b === undefined) continue;
    experts.forEach((factors, index) => {
      factors.push({ target, a: sliceList(a, index), b: sliceList(b, index) });
    });
  }
  const unmatched = [...lists.keys()];
  faults.push(...unmatched.map((name) => `${name} belongs to no convolution of this network`));
  if (faults.length > 0) {
    throw new LimpidError("ExpertMismatch", `the checkpoint's experts do not fit: ${listFaults(faults)}`, {
      details: { faults, unmatched },
    });
  }
  const alpha = options.alpha ?? 2 * rank;
  return experts.map(
    (factors, index) => new Expert({ id: String(index), rank, alpha, degradations: [], factors }),
  );
}

/** Number of experts and rank, from the first 1x1 target that has a list. */
function readDimensions(
  lists: ReadonlyMap<string, HostTensor>,
  paths: readonly string[],
): { count: number; rank: number } {
  // Every published network has the embedding's two 1x1 convolutions, so that the rank is plain to see there.
  const first = paths.map((path) => lists.get(`${path}.lora_A_list`)).find((list) => list !== undefined);
  const [count, rank] = first?.shape ?? [];
  if (count === undefined || rank === undefined || count < 1 || rank < 1) {
    throw new LimpidError("ExpertMismatch", "the checkpoint holds no experts", {
      details: { faults: ["no lora_A_list of any convolution"], unmatched: [...lists.keys()] },
    });
  }
  return { count, rank };
}

function takeList(
  lists: Map<string, HostTensor>,
  name: string,
  shape: readonly number[],
  faults: string[],
): HostTensor | undefined {
  const list = lists.get(name);
  lists.delete(name);
  if (list === undefined) faults.push(`${name} is missing`);
  else if (!isSameShape(list.shape, shape)) {
    faults.push(`${name} has shape [${list.shape.join(", ")}], expected [${shape.join(", ")}]`);
  }
  return list;
}

/** One expert's part of a list, without copying. */
function sliceList(list: HostTensor, index: number): HostTensor {
  const shape = list.shape.slice(1);
  const length = shape.reduce((size, side) => size * side, 1) * bytesPerElement(list.dtype);
  return new HostTensor(list.dtype, shape, list.bytes.subarray(index * length, (index + 1) * length));
}
