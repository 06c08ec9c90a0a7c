import type { Expert } from "../../experts/index.js";
import type { HostTensor, TensorFile } from "../../weights/index.js";
import {
  makeImportedExpert,
  targetsByName,
  type ImportedModule,
  type ImportOptions,
} from "./imported-factors.js";

const keyPattern = /^lora_unet_(.+)\.(lora_down\.weight|lora_up\.weight|alpha)$/;

interface Parts {
  readonly "lora_down.weight"?: HostTensor;
  readonly "lora_up.weight"?: HostTensor;
  readonly alpha?: HostTensor;
}

/**
 * Converts a LoRA file with kohya's names: `lora_unet_<path with underscores>.lora_down.weight`, `.lora_up.weight` and
 * `.alpha` for each module. A file without alphas is refused: programs differ in what they make of it.
 *
 * @param file - the weights
 * @param options - what the file does not say itself
 * @returns the expert; its factors are views onto the file where the shapes allow it
 * @throws {@link LimpidError} `ExpertMismatch` if tensors do not fit: `details.unmatched` lists every name, `details.faults`
 * every fault
 */
export function importKohya(file: TensorFile, options: ImportOptions): Expert {
  const targets = targetsByName(options.config, (path) => path.replaceAll(".", "_"));
  const found = new Map<string, Parts>();
  const unmatched: string[] = [];
  for (const [key, tensor] of file.tensors) {
    const [, name = "", part = ""] = keyPattern.exec(key) ?? [];
    if (targets.has(name)) found.set(name, { ...found.get(name), [part]: tensor });
    else unmatched.push(key);
  }
  const faults: string[] = [];
  const modules: ImportedModule[] = [];
  for (const [name, { "lora_down.weight": down, "lora_up.weight": up, alpha }] of found) {
    if (down === undefined || up === undefined || alpha?.size !== 1) {
      if (down === undefined) faults.push(`${name} has no lora_down.weight`);
      if (up === undefined) faults.push(`${name} has no lora_up.weight`);
      if (alpha?.size !== 1)
        faults.push(`${name} has ${alpha === undefined ? "no alpha" : `${alpha.size} alphas`}`);
      continue;
    }
    const value = alpha.toFloat32()[0]!;
    modules.push({ name, target: targets.get(name)!, down, up, alphaFor: () => value });
  }
  return makeImportedExpert(modules, options, faults, unmatched);
}
