import fs from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { type ExpertBase, LimpidError } from "limpid";
import type { GoldenSample, PackFile } from "limpid/authoring";
import { writeFileAtomically } from "limpid/node";

/** A `package.json` as it stands in the file: nothing but what {@link openPack} looks at is checked. */
export interface PackManifest {
  /** Everything in the file, in its order. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Who answers for the pack. */
  readonly publisher: string;
  /** SPDX expression of its licence, if it says. */
  readonly license: string | undefined;
}

/** What training says of an expert. */
export interface TrainedContribution extends PackFile {
  /** The expert's id. */
  readonly id: string;
  /** The degradation that it repairs. */
  readonly degradation: string;
  /** Whether the router knows the degradation without the pack. */
  readonly isKnown: boolean;
  /** The base that it was trained on. */
  readonly base: ExpertBase;
  /** How to see that it works. */
  readonly golden: GoldenSample;
}

const noPublisher = "names no publisher";
const manifestSchema = v.pipe(
  v.string(),
  v.parseJson(undefined, "is not JSON"),
  v.looseObject({ publisher: v.pipe(v.string(noPublisher), v.nonEmpty(noPublisher)) }, noPublisher),
);

/**
 * Reads the `package.json` of a pack that is being made.
 *
 * @param folder - the pack
 * @throws {@link LimpidError} `FileUnreadable` if there is none, `InvalidManifest` if it is no JSON or names no publisher
 */
export async function openPack(folder: string): Promise<PackManifest> {
  const path = join(folder, "package.json");
  const text = await fs.readFile(path, "utf8").catch((cause: unknown) => {
    throw new LimpidError("FileUnreadable", `${path}: cannot be read; limpid pack create makes a pack`, {
      cause,
    });
  });
  const parsed = v.safeParse(manifestSchema, text);
  if (parsed.success) {
    const { publisher, license } = parsed.output;
    return { json: parsed.output, publisher, license: typeof license === "string" ? license : undefined };
  }
  const problem = parsed.issues[0].message;
  throw new LimpidError("InvalidManifest", `${path}: ${problem}`, { details: { problems: [problem] } });
}

/**
 * The id of the expert that a training of this pack is for.
 *
 * @param manifest - the pack's
 * @param degradation - what it is to repair
 * @returns the id of the pack's expert for it, or else the publisher, a dot, and the degradation
 */
export function expertIdFor({ json, publisher }: PackManifest, degradation: string): string {
  const known = listOf(json, "experts").find(({ degradations }) =>
    (Array.isArray(degradations) ? degradations : []).includes(degradation),
  );
  return typeof known?.id === "string" ? known.id : `${publisher}.${degradation}`;
}

/**
 * Writes what a training made into the `package.json`: the expert takes the place of the one of its id, keeping title,
 * description and strength, or is added; a degradation that nobody knows is added too.
 *
 * @param folder - the pack
 * @param manifest - what {@link openPack} read
 * @param trained - what the training made
 */
export async function writeContribution(
  folder: string,
  manifest: PackManifest,
  trained: TrainedContribution,
): Promise<void> {
  const text = `${JSON.stringify(addContribution(manifest.json, trained), null, 2)}\n`;
  await writeFileAtomically(join(folder, "package.json"), new TextEncoder().encode(text));
}

/**
 * The `package.json` with what a training made in it.
 *
 * @param json - as it was; not changed
 * @param trained - what the training made
 */
export function addContribution(
  json: Readonly<Record<string, unknown>>,
  { id, degradation, isKnown, base, golden, file, size, sha256 }: TrainedContribution,
): Record<string, unknown> {
  const experts = listOf(json, "experts");
  const before = experts.find((expert) => expert.id === id);
  const made = { file, size, sha256, degradations: [degradation], base, golden };
  const entry = { id, title: `Repair ${degradation.replaceAll("-", " ")}`, ...before, ...made };
  const degradations = listOf(json, "degradations");
  const isListed = isKnown || degradations.some((known) => known.id === degradation);
  const words = degradation.replaceAll("-", " ");
  const added = {
    id: degradation,
    title: `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
    description: `What ${id} repairs.`,
  };
  return {
    ...json,
    contributes: {
      ...(json.contributes as Readonly<Record<string, unknown>> | undefined),
      experts:
        before === undefined ? [...experts, entry] : experts.map((old) => (old === before ? entry : old)),
      ...(!isListed || degradations.length > 0
        ? { degradations: isListed ? degradations : [...degradations, added] }
        : {}),
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function listOf(json: Fields, key: "experts" | "degradations"): readonly Fields[] {
  const { contributes } = json;
  const list =
    typeof contributes === "object" && contributes !== null ? (contributes as Fields)[key] : undefined;
  return Array.isArray(list) ? (list as readonly Fields[]) : [];
}
