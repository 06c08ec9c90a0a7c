import { EventEmitter, LimpidError, type Disposable, type Event } from "../base/index.js";
import type { ContextLookup, ContextValue } from "./context-value.js";
import type { WhenExpression } from "./when/index.js";

/** What changed in {@link ContextKeys}. */
export interface ContextChange {
  /** The keys whose values are new or gone. */
  readonly keys: readonly string[];
}

/** How long a key may be; how long a text; how many members a list may have. */
const [maximumKey, maximumText, maximumList] = [128, 4096, 1000];

/**
 * What is the case now, by name: `hasImage`, `acme.mode`. `when` clauses are held against it. The application and
 * extensions set keys; the keys of an extension go with it.
 *
 * @example
 * ```ts
 * limpid.contextKeys.set("hasImage", true);
 * ```
 */
export class ContextKeys implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fired after values changed; never for a value that was set again. */
  readonly onDidChange: Event<ContextChange>;
  readonly #changed = new EventEmitter<ContextChange>();
  readonly #values = new Map<string, { readonly value: ContextValue; readonly owner: string | undefined }>();

  constructor() {
    this.onDidChange = this.#changed.event;
  }

  /** The keys that have a value, in the order in which they were first set. */
  get keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** Finds a value; to be handed to {@link WhenExpression.evaluate}. */
  readonly get: ContextLookup = (key) => this.#values.get(key)?.value;

  /**
   * Sets a value, or takes it away.
   *
   * @param key - letters, digits, `_`, `.`, `:`, `-`; at most 128 characters
   * @param value - a text, a finite number, a boolean or a list of them; undefined takes the key away
   * @param owner - the extension that sets it; nobody, if left out
   * @throws {@link LimpidError} `InvalidArgument` if the key or the value is none
   */
  set(key: string, value: ContextValue | undefined, owner?: string): void {
    requireKey(key);
    const before = this.#values.get(key)?.value;
    if (value === undefined) {
      this.#values.delete(key);
    } else {
      requireValue(key, value);
      const own: ContextValue = Array.isArray(value) ? Object.freeze([...(value as [])]) : value;
      this.#values.set(key, { value: own, owner });
    }
    if (!isSame(before, value)) this.#changed.fire({ keys: [key] });
  }

  /**
   * Takes away every key that an extension set last.
   *
   * @param owner - the extension's id
   */
  removeOwner(owner: string): void {
    const keys = [...this.#values].filter(([, entry]) => entry.owner === owner).map(([key]) => key);
    for (const key of keys) this.#values.delete(key);
    if (keys.length > 0) this.#changed.fire({ keys });
  }

  /**
   * Whether a clause holds now.
   *
   * @param when - the clause; one that is left out always holds
   */
  matches(when: WhenExpression | undefined): boolean {
    return when === undefined || when.evaluate(this.get);
  }

  /** Forgets keys and listeners. */
  dispose(): void {
    this.#values.clear();
    this.#changed.dispose();
  }
}

function requireKey(key: unknown): void {
  if (typeof key === "string" && key.length <= maximumKey && /^[\p{L}_][\p{L}\p{N}_.:-]*$/u.test(key)) return;
  throw new LimpidError(
    "InvalidArgument",
    `${JSON.stringify(key)?.slice(0, 80)} is no name of a context key`,
  );
}

function requireValue(key: string, value: unknown): void {
  if (isScalar(value)) return;
  if (Array.isArray(value) && value.length <= maximumList && value.every(isScalar)) return;
  throw new LimpidError(
    "InvalidArgument",
    `the context key ${key} takes a text, a finite number, a boolean or a list of them`,
    { details: { key } },
  );
}

function isScalar(value: unknown): boolean {
  return (
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value)) ||
    (typeof value === "string" && value.length <= maximumText)
  );
}

function isSame(a: ContextValue | undefined, b: ContextValue | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((member, index) => member === b[index]);
}
