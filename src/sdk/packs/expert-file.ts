import type { BackboneConfig } from "../backbone/index.js";
import { LimpidError, listFaults } from "../base/index.js";
import {
  Expert,
  readExpertMetadata,
  writeExpertMetadata,
  type ExpertProvenance,
  type RouterRow,
  type UsageRights,
} from "../experts/index.js";
import { colorStatisticsSize } from "../image/index.js";
import {
  parseSafetensors,
  serializeSafetensors,
  type HostTensor,
  type TensorFile,
} from "../weights/index.js";

/** What an expert file holds. */
export interface ExpertFile {
  /** The expert; it knows its base. */
  readonly expert: Expert;
  /** Lets the router see a degradation that it was not trained on; undefined if the file has none. */
  readonly routerRow: RouterRow | undefined;
  /** The weight that it acts at if nobody says otherwise, 0 to 2. */
  readonly strength: number;
  /** SPDX expression of its licence; undefined if the file does not say. */
  readonly license: string | undefined;
  /** What people may do with it; undefined if the file does not say. */
  readonly usage: UsageRights | undefined;
  /** How it came about; undefined if the file does not say. */
  readonly provenance: ExpertProvenance | undefined;
}

/** What {@link writeExpertFile} writes: what is left out of it, the file does not say. */
export type ExpertFileContent = Pick<ExpertFile, "expert"> & Partial<ExpertFile>;

/**
 * Reads an expert file: one safetensors file, `<target>.lora_A` and `<target>.lora_B` for each target, and what binds it
 * under `limpid.*` in its metadata.
 *
 * @param bytes - the file, or what {@link parseSafetensors} made of it; kept, not copied
 * @param config - the backbone that the expert is for
 * @returns the expert and what the file says of it; whether its base is the right one is for {@link Expert.requireBase}
 * @throws {@link LimpidError} `InvalidTensorFile` if it is no safetensors file; `ExpertMismatch` if metadata is missing or
 * malformed, if a tensor or a note does not fit, or if a factor is not finite: `details.faults` lists every fault,
 * `details.unmatched` every name
 *
 * @example
 * ```ts
 * const { expert, routerRow, strength } = readExpertFile(bytes, config);
 * limpid.experts.add(expert, { strength, ...(routerRow && { routerRow }) });
 * ```
 */
export function readExpertFile(bytes: Uint8Array | TensorFile, config: BackboneConfig): ExpertFile {
  const file = bytes instanceof Uint8Array ? parseSafetensors(bytes) : bytes;
  const expert = Expert.fromTensorFile(file, config);
  const { metadata } = readExpertMetadata(file.metadata);
  const faults = [...file.tensors].flatMap(([name, tensor]) =>
    tensor.toFloat32().every(Number.isFinite) ? [] : [`${name} holds something that is no finite number`],
  );
  const { weight, colorWeight } = metadata.routerRow ?? {};
  if (weight !== undefined && weight.length !== config.embeddingSize) {
    faults.push(`limpid.router.row has ${weight.length} weights, expected ${config.embeddingSize}`);
  }
  if (colorWeight !== undefined && colorWeight.length !== colorStatisticsSize) {
    faults.push(
      `limpid.router.row has ${colorWeight.length} weights of colours, expected ${colorStatisticsSize}`,
    );
  }
  if (faults.length > 0) {
    throw new LimpidError("ExpertMismatch", `expert ${expert.id} does not fit: ${listFaults(faults)}`, {
      details: { expert: expert.id, faults, unmatched: [] },
    });
  }
  const { routerRow, strength, license, usage, provenance } = metadata;
  return { expert, routerRow, strength, license, usage, provenance };
}

/**
 * Writes an expert file. The same content gives the same bytes.
 *
 * @param content - an expert that knows its base, and what is to be said of it
 * @returns the file, on a buffer of its own
 * @throws {@link LimpidError} `InvalidArgument` if the expert has no base or no factors, or if something cannot be read back
 *
 * @example
 * ```ts
 * const bytes = writeExpertFile({
 *   expert,
 *   license: "CC-BY-4.0",
 *   provenance: { trainer: "limpid", trainerVersion: version, steps: 2000, data: "200 scans of my own", date: "2026-11-23" },
 * });
 * ```
 */
export function writeExpertFile(content: ExpertFileContent): Uint8Array {
  const { expert, routerRow, strength = 1, license, usage, provenance } = content;
  const { id, base, rank, alpha, degradations } = expert;
  if (base === undefined) {
    throw new LimpidError(
      "InvalidArgument",
      `expert ${id} does not know its base, to which its file must bind it`,
    );
  }
  const factors = [...expert.factors.values()].sort((a, b) => (a.target.path < b.target.path ? -1 : 1));
  if (factors.length === 0) throw new LimpidError("InvalidArgument", `expert ${id} has no factors`);
  const tensors = new Map<string, HostTensor>();
  const rankPattern = new Map<string, number>();
  const alphaPattern = new Map<string, number>();
  for (const { target, a, b, rank: ownRank = rank, alpha: ownAlpha = alpha } of factors) {
    tensors.set(`${target.path}.lora_A`, a).set(`${target.path}.lora_B`, b);
    if (ownRank !== rank) rankPattern.set(target.path, ownRank);
    if (ownAlpha !== alpha) alphaPattern.set(target.path, ownAlpha);
  }
  const targets = factors.map(({ target }) => target.path);
  const metadata = writeExpertMetadata({
    id,
    base,
    rank,
    alpha,
    rankPattern,
    alphaPattern,
    targets,
    degradations,
    routerRow,
    strength,
    license,
    usage,
    provenance,
  });
  const { faults } = readExpertMetadata(metadata);
  if (faults.length > 0) {
    throw new LimpidError("InvalidArgument", `expert ${id} cannot be written: ${faults.join("; ")}`, {
      details: { faults },
    });
  }
  return serializeSafetensors({ tensors, metadata: { format: "pt", ...metadata } });
}
