import type { BackboneConfig } from "../../src/sdk/backbone/index.js";
import { factorShapes, listExpertTargets } from "../../src/sdk/experts/index.js";
import { HostTensor, type TensorFile } from "../../src/sdk/weights/index.js";
import { randomArray } from "../backbone/networks.js";

/** Identity of a base that no test has. */
export const someSha256 = "0".repeat(63) + "1";

/** A well-formed expert file with random factors for every target. */
export function randomExpertFile(
  config: BackboneConfig,
  sha256 = someSha256,
  { id = "limpid.derain", rank = 2, alpha = 4, seed = 50 } = {},
): { tensors: Map<string, HostTensor>; metadata: Record<string, string> } {
  const tensors = new Map<string, HostTensor>();
  for (const [index, target] of listExpertTargets(config).entries()) {
    const shapes = factorShapes(target, rank);
    for (const [name, shape] of [
      ["A", shapes.a],
      ["B", shapes.b],
    ] as const) {
      const values = randomArray(shape[0] * shape[1], seed + 2 * index + (name === "A" ? 0 : 1));
      const scaled = values.map((value) => value * 0.5);
      tensors.set(`${target.path}.lora_${name}`, HostTensor.fromFloat32(shape, scaled, "F16"));
    }
  }
  return {
    tensors,
    metadata: {
      "limpid.format": "1",
      "limpid.expert": id,
      "limpid.base.id": "limpid.test",
      "limpid.base.sha256": sha256,
      "limpid.rank": String(rank),
      "limpid.alpha": String(alpha),
      "limpid.degradations": '["rain"]',
    },
  };
}

/** A file of published experts: the lists of several expert files stacked. */
export function stackExperts(files: readonly TensorFile[]): Map<string, HostTensor> {
  const lists = new Map<string, HostTensor>();
  for (const name of files[0]!.tensors.keys()) {
    const parts = files.map((file) => file.tensors.get(name)!);
    const values = parts.flatMap((part) => [...part.toFloat32()]);
    lists.set(
      `${name}_list`,
      HostTensor.fromFloat32([files.length, ...parts[0]!.shape], Float32Array.from(values)),
    );
  }
  return lists;
}
