import type { Memento } from "../../sdk/extensions/index.js";

/**
 * What an extension remembers, read at once from a copy in the worker and written through the host.
 *
 * @param initial - what is stored
 * @param write - stores a change; rejects if the host refuses it
 */
export function workerMemento(
  initial: Readonly<Record<string, unknown>>,
  write: (key: string, value: unknown) => Promise<void>,
): Memento {
  const values = new Map(Object.entries(initial));
  return {
    get keys() {
      return [...values.keys()];
    },
    get: (key) => structuredClone(values.get(key)),
    async update(key, value) {
      await write(key, value);
      if (value === undefined) values.delete(key);
      else values.set(key, structuredClone(value));
    },
  };
}
