import { LimpidError, listFaults } from "../base/index.js";
import type { HostTensor, TensorFile } from "../weights/index.js";

/** Name and shape of a tensor that a network needs. */
export interface NeededTensor {
  /** Its name in the file. */
  readonly name: string;
  /** Its shape in the file. */
  readonly shape: readonly number[];
}

/**
 * Checks that a file holds exactly the tensors that a network needs.
 *
 * @param needed - names and shapes of what is needed
 * @param network - what the message calls the network, such as "the backbone"
 * @returns a lookup by name that has every needed tensor
 * @throws {@link LimpidError} `WeightsCorrupt` if names are missing, unknown or misshapen; `details` lists every one of
 * them as `missing`, `unknown` and `misshapen`
 */
export function matchTensors(
  file: TensorFile,
  needed: readonly NeededTensor[],
  network: string,
): (name: string) => HostTensor {
  const missing: string[] = [];
  const misshapen: string[] = [];
  const found = new Map<string, HostTensor>();
  for (const { name, shape } of needed) {
    const tensor = file.tensors.get(name);
    if (tensor === undefined) {
      missing.push(name);
      continue;
    }
    found.set(name, tensor);
    if (!isSameShape(tensor.shape, shape)) {
      misshapen.push(`${name} [${tensor.shape.join(", ")}], expected [${shape.join(", ")}]`);
    }
  }
  const unknown = [...file.tensors.keys()].filter((name) => !found.has(name));
  const faults = [
    ...missing.map((name) => `${name} is missing`),
    ...unknown.map((name) => `${name} is unknown`),
    ...misshapen,
  ];
  if (faults.length > 0) {
    throw new LimpidError("WeightsCorrupt", `the weights do not fit ${network}: ${listFaults(faults)}`, {
      details: { missing, unknown, misshapen },
    });
  }
  return (name) => {
    const tensor = found.get(name);
    if (tensor === undefined) throw new LimpidError("InvalidArgument", `${network} has no tensor ${name}`);
    return tensor;
  };
}

/** Whether two shapes are the same. */
export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
