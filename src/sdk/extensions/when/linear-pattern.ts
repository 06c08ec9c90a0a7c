import { LimpidError } from "../../base/index.js";
import { parsePattern, type PatternNode } from "./pattern-parser.js";

/** How many steps a compiled pattern may have; counted repetitions are written out, so `{1000}` has a thousand. */
const maximumSteps = 2000;
/** How much of a text is matched, in UTF-16 code units. */
const maximumText = 4096;

/** One step of a compiled pattern. */
type Step =
  | { readonly kind: "match" }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  | { readonly kind: "character"; readonly accepts: (unit: number) => boolean }
  | { readonly kind: "split"; first: number; second: number }
  | { readonly kind: "jump"; target: number };

/**
 * A regular expression that is matched in time proportional to the text, whatever the pattern: every way through it
 * is followed at once (Thompson, "Regular expression search algorithm", 1968). JavaScript's own engine can take
 * exponential time, and patterns come from manifests that nobody here wrote.
 *
 * Understood are literals, `.`, classes, `\d \w \s` and their opposites, groups, `|`, `* + ? {n,m}`, `^` and `$`, and
 * the flag `i`. Backreferences, lookaround and word boundaries are refused.
 */
export class LinearPattern {
  /** The pattern between the slashes. */
  readonly source: string;
  /** `""` or `"i"`. */
  readonly flags: string;
  readonly #steps: readonly Step[];

  /**
   * @param source - the pattern, without slashes
   * @param flags - `""` or `"i"`
   * @throws {@link LimpidError} `InvalidWhen` if it is malformed, too long, or uses what is refused;
   * `details.position` counts from the start of `source`
   */
  constructor(source: string, flags = "") {
    if (flags !== "" && flags !== "i") {
      throw new LimpidError("InvalidWhen", `the flags of /${source}/ are "${flags}", expected none or "i"`, {
        details: { position: source.length },
      });
    }
    this.source = source;
    this.flags = flags;
    const steps: Step[] = [];
    emit(parsePattern(source, flags === "i"), steps);
    push(steps, { kind: "match" });
    this.#steps = steps;
  }

  /**
   * Whether the pattern occurs in a text.
   *
   * @param text - any text; of a longer one the first 4096 code units are looked at
   * @returns true if some part of it matches
   */
  test(text: string): boolean {
    const length = Math.min(text.length, maximumText);
    let current = new StepSet(this.#steps);
    let next = new StepSet(this.#steps);
    for (let position = 0; position <= length; position++) {
      // A match may begin anywhere.
      current.enter(0, position, length);
      if (current.hasMatch) return true;
      const unit = position < length ? text.charCodeAt(position) : -1;
      next.clear();
      for (const index of current.characters) {
        const step = this.#steps[index]!;
        if (step.kind === "character" && unit >= 0 && step.accepts(unit)) {
          next.enter(index + 1, position + 1, length);
        }
      }
      [current, next] = [next, current];
    }
    return false;
  }
}

/** The steps at which a match may stand, each once. */
class StepSet {
  readonly characters: number[] = [];
  hasMatch = false;
  readonly #steps: readonly Step[];
  readonly #seen: Uint8Array;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#seen = new Uint8Array(steps.length);
  }

  clear(): void {
    this.characters.length = 0;
    this.hasMatch = false;
    this.#seen.fill(0);
  }

  /** Adds a step and all that follow it without reading a character. */
  enter(first: number, position: number, length: number): void {
    const waiting = [first];
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (this.#seen[index] === 1) continue;
      this.#seen[index] = 1;
      const step = this.#steps[index]!;
      switch (step.kind) {
        case "match":
          this.hasMatch = true;
          break;
        case "character":
          this.characters.push(index);
          break;
        case "split":
          waiting.push(step.second, step.first);
          break;
        case "jump":
          waiting.push(step.target);
          break;
        case "start":
          if (position === 0) waiting.push(index + 1);
          break;
        case "end":
          if (position === length) waiting.push(index + 1);
          break;
      }
    }
  }
}

/** Writes the steps of a node; what follows it begins where they end. */
function emit(node: PatternNode, steps: Step[]): void {
  switch (node.kind) {
    case "sequence":
      for (const part of node.parts) emit(part, steps);
      break;
    case "either": {
      const split = push(steps, { kind: "split", first: steps.length + 1, second: 0 });
      emit(node.left, steps);
      const jump = push(steps, { kind: "jump", target: 0 });
      split.second = steps.length;
      emit(node.right, steps);
      jump.target = steps.length;
      break;
    }
    case "repeat":
      emitRepeat(node, steps);
      break;
    case "character":
    case "start":
    case "end":
      push(steps, node);
      break;
  }
}

function emitRepeat(node: PatternNode & { readonly kind: "repeat" }, steps: Step[]): void {
  for (let count = 0; count < node.minimum; count++) emit(node.part, steps);
  if (node.maximum === Infinity) {
    const loop = steps.length;
    const split = push(steps, { kind: "split", first: loop + 1, second: 0 });
    emit(node.part, steps);
    push(steps, { kind: "jump", target: loop });
    split.second = steps.length;
    return;
  }
  const splits: { second: number }[] = [];
  for (let count = node.minimum; count < node.maximum; count++) {
    splits.push(push(steps, { kind: "split", first: steps.length + 1, second: 0 }));
    emit(node.part, steps);
  }
  for (const split of splits) split.second = steps.length;
}

function push<S extends Step>(steps: Step[], step: S): S {
  if (steps.length >= maximumSteps) {
    throw new LimpidError("InvalidWhen", `a pattern has more than ${maximumSteps} steps`, {
      details: { position: 0 },
    });
  }
  // A node of the parsed pattern may be written several times: each time it is a step of its own.
  const own = { ...step };
  steps.push(own);
  return own;
}
