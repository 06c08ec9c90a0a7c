import { LimpidError } from "../../base/index.js";
import type { Expert } from "../../experts/index.js";
import type { HostTensor, TensorFile } from "../../weights/index.js";
import {
  makeImportedExpert,
  targetsByName,
  type ImportedModule,
  type ImportOptions,
} from "./imported-factors.js";

/** `base_model.model.<path>.lora_A.weight`; older files name the adapter behind `lora_A`. */
const keyPattern = /^(?:base_model\.model\.)?(.+)\.lora_([AB])(?:\.default)?\.weight$/;

/**
 * Converts a LoRA adapter of Hugging Face's PEFT: `adapter_model.safetensors` and `adapter_config.json`. Its modules must
 * be named as the base's; rank and alpha may differ by module, and rank-stabilised scaling is taken over.
 *
 * @param file - the weights
 * @param adapterConfig - the bytes of `adapter_config.json`
 * @param options - what the adapter does not say itself
 * @returns the expert; its factors are views onto the file where the shapes allow it
 * @throws {@link LimpidError} `InvalidConfig` if the config is none, or asks for what Limpid does not have, as DoRA, or PiSSA and its
 * like, which change the base;
 * `ExpertMismatch` if tensors do not fit: `details.unmatched` lists every name, `details.faults` every fault
 */
export function importPeft(file: TensorFile, adapterConfig: Uint8Array, options: ImportOptions): Expert {
  const { scaleNumerator, rank: configured, rankOf } = readAdapterConfig(adapterConfig);
  const targets = targetsByName(options.config);
  const pairs = new Map<string, { a?: HostTensor; b?: HostTensor }>();
  const unmatched: string[] = [];
  for (const [key, tensor] of file.tensors) {
    const [, path = "", side] = keyPattern.exec(key) ?? [];
    if (!targets.has(path)) {
      unmatched.push(key);
      continue;
    }
    const pair = pairs.get(path) ?? {};
    pairs.set(path, side === "A" ? { ...pair, a: tensor } : { ...pair, b: tensor });
  }
  const faults: string[] = [];
  const modules: ImportedModule[] = [];
  for (const [path, { a, b }] of pairs) {
    if (a === undefined || b === undefined) {
      faults.push(`${path} has no lora_${a === undefined ? "A" : "B"}`);
      continue;
    }
    const announced = rankOf(path) ?? configured;
    if (a.shape[0] !== announced)
      faults.push(`${path} has rank ${a.shape[0]}, adapter_config.json says ${announced}`);
    modules.push({
      name: path,
      target: targets.get(path)!,
      down: a,
      up: b,
      alphaFor: (rank) => scaleNumerator(path, rank),
    });
  }
  return makeImportedExpert(modules, options, faults, unmatched);
}

interface AdapterConfig {
  readonly rank: number;
  /** A module's own rank; undefined if it has the common one. */
  readonly rankOf: (path: string) => number | undefined;
  /** What stands above the rank in alpha / rank. */
  readonly scaleNumerator: (path: string, rank: number) => number;
}

function readAdapterConfig(bytes: Uint8Array): AdapterConfig {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new LimpidError("InvalidConfig", "adapter_config.json is not JSON", { cause });
  }
  const fields = (typeof json === "object" && json !== null ? json : {}) as Readonly<Record<string, unknown>>;
  const problems: string[] = [];
  const note = (name: string, expected: string): void => {
    problems.push(`${name} is ${JSON.stringify(fields[name]) ?? "missing"}, expected ${expected}`);
  };
  const { r, lora_alpha: alpha } = fields;
  if (fields.peft_type !== "LORA") note("peft_type", '"LORA"');
  if (!Number.isSafeInteger(r) || (r as number) < 1) note("r", "a positive integer");
  if (typeof alpha !== "number" || !Number.isFinite(alpha)) note("lora_alpha", "a number");
  for (const name of ["use_dora", "fan_in_fan_out", "lora_bias"])
    if (fields[name] === true) note(name, "false");
  if (fields.bias !== undefined && fields.bias !== "none") note("bias", '"none"');
  // These begin with a part of the base's weights, which they take away from it: upon the base itself their factors are wrong.
  const { init_lora_weights: start } = fields;
  if (typeof start === "string" && /^(pissa|olora|corda|lora_ga|loftq)/i.test(start)) {
    note(
      "init_lora_weights",
      "an initialisation that leaves the base as it is; convert the adapter to plain LoRA first",
    );
  }
  const ranks = readPattern(fields, "rank_pattern", problems);
  const alphas = readPattern(fields, "alpha_pattern", problems);
  if (problems.length > 0) {
    throw new LimpidError("InvalidConfig", `adapter_config.json: ${problems.join("; ")}`, {
      details: { problems },
    });
  }
  return {
    rank: r as number,
    rankOf: (path) => lookUp(ranks, path),
    scaleNumerator: (path, rank) => {
      const own = lookUp(alphas, path) ?? (alpha as number);
      // alpha / sqrt(r) instead of alpha / r
      return fields.use_rslora === true ? own * Math.sqrt(rank) : own;
    },
  };
}

function readPattern(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  problems: string[],
): [string, number][] {
  const pattern = fields[name] ?? {};
  const entries =
    typeof pattern === "object" ? Object.entries(pattern as Record<string, unknown>) : undefined;
  const isPattern = (entry: [string, unknown]): entry is [string, number] =>
    /^\^?[\w.-]+$/.test(entry[0]) && typeof entry[1] === "number" && Number.isFinite(entry[1]);
  if (entries?.every(isPattern)) return entries;
  problems.push(
    `${name} is ${JSON.stringify(pattern)}, expected numbers by module name, without regular expressions`,
  );
  return [];
}

/** The first key that is a module's whole name, or the end of it; one that begins with ^ is the whole name. */
function lookUp(entries: readonly [string, number][], path: string): number | undefined {
  return entries.find(([key]) => {
    return key.startsWith("^") ? path === key.slice(1) : path === key || path.endsWith(`.${key}`);
  })?.[1];
}
