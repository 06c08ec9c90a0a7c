import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import sharp from "sharp";
import { version } from "limpid";
import { modelFromDirectory } from "limpid/node";
import { readRecord } from "./files/xmp.js";
import { identifyRunPacks } from "./packs/run-packs.js";
import { readRegularFile } from "./read-regular-file.js";
import type { RestoreSettings } from "./restore-file.js";

/** What a run does to each of its photos. */
export interface RunIdentity {
  /** SHA-256 of `model.json`, which names the hash of every weight. */
  readonly model: string;
  /** What the command line says that a result depends on. */
  readonly options: object;
}

/**
 * What makes a run's results what they are, but for the photos.
 *
 * @param settings - what the command line says
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `WeightsMissing`, `FileUnreadable`, `Aborted`
 */
export async function identifyRun(settings: RestoreSettings, signal: AbortSignal): Promise<RunIdentity> {
  const { experts, strength = 1, mask, tileSize, keep, quality } = settings;
  const model = await modelFromDirectory(settings.model).read("model.json", signal);
  const packs = settings.packs === undefined ? [] : await identifyRunPacks(settings.packs);
  return {
    model: hash(model),
    options: {
      experts,
      strength,
      ...(mask !== undefined && { mask: hash(await readRegularFile(mask)) }),
      ...(tileSize !== undefined && { tileSize }),
      ...(keep !== "everything" && { keep }),
      ...(quality !== undefined && { quality }),
      ...(packs.length > 0 && { packs }),
    },
  };
}

/** What a result says of how it came about. It stands in the file's XMP, so that it goes where the file goes. */
export interface RestoreRecord {
  /** SHA-256 of the photo's file. */
  readonly input: string;
  /** Tells this photo from others by its place on this machine, without saying it. */
  readonly place: string;
  /** As {@link RunIdentity} has it. */
  readonly model: string;
  /** As {@link RunIdentity} has it. */
  readonly options: object;
  /** Limpid's version, for a person. */
  readonly limpid: string;
}

/**
 * The record of a photo's result.
 *
 * @param input - the photo's path
 * @param photo - its file
 * @param identity - of the run
 */
export async function recordOf(
  input: string,
  photo: Uint8Array,
  { model, options }: RunIdentity,
): Promise<RestoreRecord> {
  // What comes on standard input has no place: then it is told by what it is.
  const place = await fs.realpath(input).catch(() => hash(photo));
  return { input: hash(photo), place: hash(place).slice(0, 16), model, options, limpid: version };
}

/**
 * What stands where a result is to be: nothing, this very result, one of the same photo by another run, another photo's, or something
 * that Limpid did not write.
 */
export type OutputState = "absent" | "same" | "outdated" | "other" | "foreign";

/**
 * Looks at what stands where a result is to be.
 *
 * @param output - the path
 * @param record - of the result
 */
export async function stateOfOutput(output: string, record: RestoreRecord): Promise<OutputState> {
  try {
    await fs.lstat(output);
  } catch {
    return "absent";
  }
  const bytes = await readRegularFile(output).catch(() => undefined);
  const found = bytes && (await readRecordIn(bytes));
  // A copy of the photo, which had nothing to repair for that run, says nothing of it.
  if (found === undefined)
    return bytes !== undefined && hash(bytes) === record.input ? "outdated" : "foreign";
  if (found.input !== record.input) return found.place === record.place ? "outdated" : "other";
  const isSame = (key: "model" | "options"): boolean =>
    JSON.stringify(found[key]) === JSON.stringify(record[key]);
  return isSame("model") && isSame("options") ? "same" : "outdated";
}

async function readRecordIn(bytes: Buffer): Promise<Partial<RestoreRecord> | undefined> {
  try {
    const { xmp } = await sharp(bytes, { limitInputPixels: false }).metadata();
    const text = xmp && readRecord(xmp.toString("utf8"));
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function hash(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
