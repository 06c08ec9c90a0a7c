import { InvalidArgumentError } from "commander";
import type { ExpertChoice } from "limpid";
import type { Fault } from "limpid/authoring";
import { reportError } from "./describe-error.js";
import { parseFault } from "./parse-fault.js";
import type { Shard } from "./shard.js";

/** @throws InvalidArgumentError of commander, as all parsers of options do */
export function parseStrength(text: string): number {
  const strength = Number(text);
  if (text.trim() !== "" && strength >= 0 && strength <= 1) return strength;
  throw new InvalidArgumentError("Expected a number from 0 to 1.");
}

/** A positive whole number. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError("Expected a whole number from 1.");
}

/** A quality of JPEG or WebP. */
export function parseQuality(text: string): number {
  const quality = Number(text);
  if (/^\d+$/.test(text) && quality >= 1 && quality <= 100) return quality;
  throw new InvalidArgumentError("Expected a whole number from 1 to 100.");
}

/** `I/N`: part I, from 1, of N. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new InvalidArgumentError("Expected I/N with I from 1 to N, such as 3/16.");
}

/** One more `ID[:WEIGHT]`, as commander collects an option that may be repeated. */
export function collectExpert(text: string, before: readonly ExpertChoice[] = []): readonly ExpertChoice[] {
  const colon = text.lastIndexOf(":");
  const id = colon < 0 ? text : text.slice(0, colon);
  const weight = colon < 0 ? undefined : Number(text.slice(colon + 1) || NaN);
  if (id === "") throw new InvalidArgumentError("Expected ID or ID:WEIGHT, such as limpid.denoise:0.8.");
  if (weight !== undefined && !(weight >= 0 && weight <= 2)) {
    throw new InvalidArgumentError("Expected a weight from 0 to 2 behind the colon.");
  }
  if (before.some((choice) => choice.id === id)) {
    throw new InvalidArgumentError("The expert is named twice.");
  }
  return [...before, weight === undefined ? { id } : { id, weight }];
}

/** Any whole number. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError("Expected a whole number.");
}

/** One more `NAME[-KIND][:SEVERITY]` of a recipe; the middle severity if none is given. */
export function collectFault(text: string, before: readonly Fault[] = []): readonly Fault[] {
  try {
    return [...before, parseFault(text, 0.5)];
  } catch (error) {
    throw new InvalidArgumentError(`${reportError(error).message}.`);
  }
}
