import { LimpidError } from "../base/index.js";

/** Ids of what something needs, by its own id. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

/**
 * What must be there before an extension, and it.
 *
 * @returns ids, each after all that it needs, the last one `id`
 * @throws {@link LimpidError} `DependencyMissing`: `details.missing` names one that is not there and `details.neededBy` who
 * needs it, or `details.cycle` the extensions that need each other
 */
export function orderDependencies(id: string, graph: DependencyGraph): string[] {
  const order = new Set<string>();
  const visit = (current: string, path: readonly string[]): void => {
    if (order.has(current)) return;
    if (path.includes(current)) {
      const cycle = [...path.slice(path.indexOf(current)), current];
      throw new LimpidError("DependencyMissing", `extensions need each other: ${cycle.join(" needs ")}`, {
        details: { cycle },
      });
    }
    const needed = graph.get(current);
    if (needed === undefined) {
      const neededBy = path.at(-1);
      throw new LimpidError(
        "DependencyMissing",
        `${neededBy ?? "somebody"} needs ${current}, which is not there`,
        {
          details: { missing: current, neededBy },
        },
      );
    }
    for (const dependency of needed) visit(dependency, [...path, current]);
    order.add(current);
  };
  visit(id, []);
  return [...order];
}

/**
 * The extensions that need another, directly or by a detour.
 *
 * @returns ids, without `id`
 */
export function findDependents(id: string, graph: DependencyGraph): string[] {
  const found = new Set([id]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const [candidate, needed] of graph) if (needed.some((one) => found.has(one))) found.add(candidate);
  }
  found.delete(id);
  return [...found];
}
