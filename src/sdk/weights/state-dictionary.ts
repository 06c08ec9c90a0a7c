import {
  PickleTensor,
  PickleTuple,
  showKey,
  type PickleDictionary,
  type PickleList,
  type PickleValue,
} from "./pickle-value.js";
import { fail } from "./invalid-file.js";

/** Keys under which training frameworks keep the state dictionary, next to other things. */
const wrapperKeys: ReadonlySet<PickleValue> = new Set([
  "params_ema",
  "params",
  "state_dict",
  "model_state_dict",
  "model",
]);

/** How many dictionaries may nest around a state dictionary, and within it. */
const maximumDepth = 8;

/** How many characters the name of a tensor may have. */
const maximumNameLength = 1024;

type PickleContainer = PickleDictionary | PickleList | PickleTuple;

/**
 * Finds the state dictionary of a checkpoint and lists its tensors by name.
 *
 * A dictionary with tensors of its own is the state dictionary. Otherwise the one of its entries that holds
 * tensors is looked into, in the same way; if several do, the one under `params_ema`, `params`, `state_dict`,
 * `model_state_dict` or `model`, and `params_ema` before `params`, as Real-ESRGAN chooses. Within the state
 * dictionary, the keys of nested dictionaries are joined by dots; numbers, strings and other values that are not
 * tensors are left out.
 *
 * @param root - what the checkpoint's pickle holds
 * @param key - the entry of `root` to look into, for when the rule above finds several
 * @returns the tensors in the order of the dictionary; at least one
 * @throws {@link LimpidError} `InvalidTensorFile` if there is no tensor, several entries could be meant, a name
 *   is not a string or occurs twice, or a tensor lies in a list
 */
export function findStateDictionary(root: PickleValue, key?: string): ReadonlyMap<string, PickleTensor> {
  if (root instanceof PickleTensor) {
    fail("the checkpoint is a single tensor without a name, not a dictionary of tensors");
  }
  if (!(root instanceof Map)) {
    fail("the checkpoint is not a dictionary of tensors");
  }
  const holders = findTensorHolders(root);
  const start = key === undefined ? root : root.get(key);
  if (!(start instanceof Map) || !holders.has(start)) {
    const where = key === undefined ? "" : ` under ${showKey(key)}`;
    fail(`the checkpoint holds no dictionary of tensors${where}; its keys are ${listKeys(root.keys())}`);
  }
  const tensors = new Map<string, PickleTensor>();
  flatten(unwrap(start, holders), "", 0, { tensors, holders, seen: new Set() });
  return tensors;
}

/** Follows the one entry that holds tensors until it is a dictionary with tensors of its own. */
function unwrap(start: PickleDictionary, holders: ReadonlySet<PickleValue>): PickleDictionary {
  let dictionary = start;
  for (let depth = 0; depth < maximumDepth; depth++) {
    const candidates = new Map([...dictionary].filter(([, value]) => holders.has(value)));
    const wrappers = new Map([...candidates].filter(([key]) => wrapperKeys.has(key)));
    if (holdsOwnTensors(dictionary)) {
      if (wrappers.size > 0) {
        fail(
          "the checkpoint is ambiguous: it holds tensors at its top level and under " +
            `${listKeys(wrappers.keys())}; name the key to read`,
        );
      }
      return dictionary;
    }
    dictionary = choose(wrappers.size > 0 ? wrappers : candidates);
  }
  fail(`the checkpoint nests its tensors in more than ${maximumDepth} dictionaries`);
}

function choose(candidates: Map<PickleValue, PickleValue>): PickleDictionary {
  if (candidates.has("params_ema")) {
    candidates.delete("params");
  }
  const [first, ...others] = candidates.values();
  if (others.length > 0) {
    fail(
      `the checkpoint is ambiguous: it holds tensors under ${listKeys(candidates.keys())}; name the key to read`,
    );
  }
  if (!(first instanceof Map)) {
    fail(
      `the checkpoint holds tensors in a list, under ${listKeys(candidates.keys())}, where they have no names`,
    );
  }
  return first;
}

interface FlattenState {
  readonly tensors: Map<string, PickleTensor>;
  readonly holders: ReadonlySet<PickleValue>;
  readonly seen: Set<PickleDictionary>;
}

function flatten(dictionary: PickleDictionary, prefix: string, depth: number, state: FlattenState): void {
  const { tensors, holders, seen } = state;
  if (depth > maximumDepth) {
    fail(
      `the checkpoint nests more than ${maximumDepth} dictionaries in its state dictionary, at ${showKey(prefix)}`,
    );
  }
  if (seen.has(dictionary)) {
    fail(`the checkpoint holds one dictionary in two places, the second being ${showKey(prefix)}`);
  }
  seen.add(dictionary);
  for (const [key, value] of dictionary) {
    if (!(value instanceof PickleTensor) && !holders.has(value)) {
      continue;
    }
    const name = joinName(prefix, key);
    if (value instanceof PickleTensor) {
      if (tensors.has(name)) {
        fail(`the checkpoint holds two tensors named ${showKey(name)}`);
      }
      tensors.set(name, value);
    } else if (value instanceof Map) {
      flatten(value, name, depth + 1, state);
    } else {
      fail(`the checkpoint holds tensors in a list, under ${showKey(name)}, where they have no names`);
    }
  }
}

function joinName(prefix: string, key: PickleValue): string {
  if (typeof key !== "string") {
    fail(
      `the checkpoint holds tensors under a key that is not a string: ${showKey(key)}, in ${showKey(prefix)}`,
    );
  }
  const name = prefix === "" ? key : `${prefix}.${key}`;
  if (name.length > maximumNameLength) {
    fail(`the checkpoint names a tensor with more than ${maximumNameLength} characters: ${showKey(name)}`);
  }
  return name;
}

/**
 * Every container with a tensor somewhere inside, in time linear in the size of the pickle, however its
 * containers share and contain each other.
 */
function findTensorHolders(root: PickleContainer): ReadonlySet<PickleValue> {
  const parents = new Map<PickleContainer, PickleContainer[]>([[root, []]]);
  const holders = new Set<PickleContainer>();
  for (const container of parents.keys()) {
    for (const value of valuesOf(container)) {
      if (value instanceof PickleTensor) {
        holders.add(container);
      } else if (isContainer(value)) {
        const known = parents.get(value);
        if (known) {
          known.push(container);
        } else {
          parents.set(value, [container]);
        }
      }
    }
  }
  for (const holder of holders) {
    for (const parent of parents.get(holder)!) {
      holders.add(parent);
    }
  }
  return holders;
}

function holdsOwnTensors(dictionary: PickleDictionary): boolean {
  for (const value of dictionary.values()) {
    if (value instanceof PickleTensor) {
      return true;
    }
  }
  return false;
}

function valuesOf(container: PickleContainer): Iterable<PickleValue> {
  return container instanceof PickleTuple ? container.items : container.values();
}

function isContainer(value: PickleValue): value is PickleContainer {
  return value instanceof Map || value instanceof PickleTuple || Array.isArray(value);
}

function listKeys(keys: Iterable<PickleValue>): string {
  const all = [...keys];
  const shown = all.slice(0, 8).map(showKey).join(", ");
  return all.length > 8 ? `${shown} and ${all.length - 8} more` : shown || "none";
}
