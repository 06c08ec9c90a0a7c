import type { ExpertBase } from "./expert.js";
import type { RouterRow } from "./router-row.js";

/** How an expert came about. */
export interface ExpertProvenance {
  /** The program that trained it, such as `limpid`. */
  readonly trainer: string;
  /** The program's version. */
  readonly trainerVersion: string;
  /** Steps of the optimiser; 0 if it was converted from another format and nobody knows. */
  readonly steps: number;
  /** What it was trained on, in a sentence without paths. */
  readonly data: string;
  /** The day, such as `2026-11-23`. */
  readonly date: string;
}

/** What people may do with an expert, beyond what its licence says, in a form that programs can read. */
export interface UsageRights {
  /** Whether it may be used for money. */
  readonly commercial: boolean;
  /** Whether other experts may be made from it. */
  readonly derivatives: boolean;
  /** Whether its author must be named. */
  readonly attribution: boolean;
}

/** What an expert file says of itself under `limpid.*`. */
export interface ExpertMetadata {
  /** The expert's id, such as `limpid.derain`. */
  readonly id: string;
  /** The base that it was trained on. */
  readonly base: ExpertBase;
  /** Inner dimension r of the factors. */
  readonly rank: number;
  /** Scale numerator. */
  readonly alpha: number;
  /** Ranks of the targets that have another, by path. */
  readonly rankPattern: ReadonlyMap<string, number>;
  /** Scale numerators of the targets that have another, by path. */
  readonly alphaPattern: ReadonlyMap<string, number>;
  /** Paths of all its targets; undefined in a file that does not repeat them. */
  readonly targets: readonly string[] | undefined;
  /** Degradations that it repairs. */
  readonly degradations: readonly string[];
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

/** What was read of an expert file's notes. */
export interface ExpertMetadataReading {
  /** What the notes say; a default in place of each note that cannot be read. */
  readonly metadata: ExpertMetadata;
  /** Every fault; empty if the notes are as they should be. */
  readonly faults: string[];
}

/** Probability from which a degradation counts as present, if a router row does not say. */
const defaultThreshold = 0.5;

/**
 * Reads the `limpid.*` notes of an expert file. What is wrong with them is noted, not thrown, so that a caller can tell
 * of everything at once.
 *
 * @param notes - the metadata of the safetensors file
 * @returns what was understood, and every fault
 */
export function readExpertMetadata(notes: Readonly<Record<string, string>>): ExpertMetadataReading {
  const reader = new NoteReader(notes);
  const format = reader.text("format");
  if (format !== "" && format !== "1") {
    reader.faults.push(`limpid.format is ${format}, this version reads 1`);
  }
  const metadata: ExpertMetadata = {
    id: reader.text("expert"),
    base: { id: reader.text("base.id"), sha256: reader.text("base.sha256").toLowerCase() },
    rank: reader.number("rank", isCount, 1),
    alpha: reader.number("alpha", Number.isFinite, 1),
    degradations: reader.list("degradations"),
    rankPattern: reader.pattern("rank.pattern", isCount),
    alphaPattern: reader.pattern("alpha.pattern", Number.isFinite),
    targets: reader.has("targets") ? reader.list("targets") : undefined,
    routerRow: reader.json("router.row", "a router row", asRouterRow),
    strength: reader.has("strength") ? reader.number("strength", (value) => value >= 0 && value <= 2, 1) : 1,
    license: reader.has("license") ? reader.text("license") : undefined,
    usage: reader.json("usage", "commercial, derivatives and attribution, each true or false", asUsage),
    provenance: reader.json(
      "provenance",
      "trainer, trainerVersion, steps, data and date as YYYY-MM-DD",
      asProvenance,
    ),
  };
  return { metadata, faults: reader.faults };
}

/**
 * The notes of an expert file: what {@link readExpertMetadata} reads.
 *
 * @param metadata - what the file is to say
 * @returns keys that begin with `limpid.`
 */
export function writeExpertMetadata(metadata: ExpertMetadata): Record<string, string> {
  const { routerRow, rankPattern, alphaPattern } = metadata;
  const notes: Record<string, unknown> = {
    format: "1",
    expert: metadata.id,
    "base.id": metadata.base.id,
    "base.sha256": metadata.base.sha256,
    rank: String(metadata.rank),
    alpha: String(metadata.alpha),
    "rank.pattern": rankPattern.size > 0 ? Object.fromEntries(rankPattern) : undefined,
    "alpha.pattern": alphaPattern.size > 0 ? Object.fromEntries(alphaPattern) : undefined,
    targets: metadata.targets,
    degradations: metadata.degradations,
    "router.row": routerRow && {
      ...routerRow,
      weight: [...routerRow.weight],
      ...(routerRow.colorWeight && { colorWeight: [...routerRow.colorWeight] }),
    },
    strength: String(metadata.strength),
    license: metadata.license,
    usage: metadata.usage,
    provenance: metadata.provenance,
  };
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(notes)) {
    if (value === undefined) continue;
    result[`limpid.${name}`] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return result;
}

class NoteReader {
  readonly faults: string[] = [];
  readonly #notes: Readonly<Record<string, string>>;

  constructor(notes: Readonly<Record<string, string>>) {
    this.#notes = notes;
  }

  has(name: string): boolean {
    return this.#notes[`limpid.${name}`] !== undefined;
  }

  text(name: string): string {
    const value = this.#notes[`limpid.${name}`] ?? "";
    if (value === "") this.faults.push(`limpid.${name} is missing from the metadata`);
    return value;
  }

  number(name: string, isValid: (value: number) => boolean, fallback: number): number {
    const text = this.text(name);
    const value = text.trim() === "" ? NaN : Number(text);
    if (text !== "" && isValid(value)) return value;
    if (text !== "") this.faults.push(`limpid.${name} is ${show(text)}`);
    return fallback;
  }

  list(name: string): readonly string[] {
    const text = this.text(name);
    if (text === "") return [];
    const value = parse(text);
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    this.faults.push(`limpid.${name} is ${show(text)}, expected a JSON list of strings`);
    return [];
  }

  pattern(name: string, isValid: (value: number) => boolean): ReadonlyMap<string, number> {
    const entries = this.json(name, "a JSON object of numbers by target", (value) => {
      const pairs = Object.entries(value);
      return pairs.every((pair): pair is [string, number] => isNumber(pair[1]) && isValid(pair[1]))
        ? pairs
        : undefined;
    });
    return new Map(entries);
  }

  /** A JSON object, if the note is there. */
  json<T>(name: string, expected: string, read: (value: Fields) => T | undefined): T | undefined {
    const text = this.#notes[`limpid.${name}`];
    if (text === undefined) return undefined;
    const value = parse(text);
    const result =
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? read(value as Fields)
        : undefined;
    if (result === undefined) this.faults.push(`limpid.${name} is ${show(text)}, expected ${expected}`);
    return result;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function asRouterRow({
  degradation,
  weight,
  colorWeight,
  bias,
  threshold = defaultThreshold,
  ...unknown
}: Fields): RouterRow | undefined {
  const isRow =
    isText(degradation) &&
    isVector(weight) &&
    (colorWeight === undefined || isVector(colorWeight)) &&
    isNumber(bias) &&
    isNumber(threshold) &&
    threshold > 0 &&
    threshold < 1 &&
    // A row on something that this version does not know would be another row.
    Object.keys(unknown).length === 0;
  if (!isRow) return undefined;
  return {
    degradation,
    weight: Float32Array.from(weight),
    ...(colorWeight && { colorWeight: Float32Array.from(colorWeight) }),
    bias,
    threshold,
  };
}

function asUsage({ commercial, derivatives, attribution }: Fields): UsageRights | undefined {
  const isUsage =
    typeof commercial === "boolean" && typeof derivatives === "boolean" && typeof attribution === "boolean";
  return isUsage ? { commercial, derivatives, attribution } : undefined;
}

function asProvenance({ trainer, trainerVersion, steps, data, date }: Fields): ExpertProvenance | undefined {
  const isProvenance =
    isText(trainer) &&
    isText(trainerVersion) &&
    Number.isSafeInteger(steps) &&
    (steps as number) >= 0 &&
    isText(data) &&
    isText(date) &&
    /^\d{4}-\d\d-\d\d$/.test(date);
  return isProvenance ? { trainer, trainerVersion, steps: steps as number, data, date } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Numbers that are finite as 32-bit floats. */
function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => isNumber(item) && Number.isFinite(Math.fround(item)));
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

/** A note for a message: short. */
function show(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
