import type { InstalledExpert, RouterRow } from "../experts/index.js";
import type { Analysis, DegradationProbability } from "../router/index.js";
import type { ModelManifest } from "./model-manifest.js";

/** Router rows by the degradation that they see. */
export type RouterRows = ReadonlyMap<string, RouterRow>;

/** What the router finds beside a row's fault is left out if it counts for less than this. */
const leastCount = 0.1;

/**
 * The rows that take part in an analysis: the first one for each degradation that the router itself does not know.
 *
 * @param installed - the experts, in the order of their installation
 * @param known - the degradations that the router was trained on
 */
export function activeRouterRows(
  installed: readonly InstalledExpert[],
  known: readonly string[],
): RouterRows {
  const rows = new Map<string, RouterRow>();
  for (const { routerRow } of installed) {
    if (routerRow === undefined || known.includes(routerRow.degradation)) continue;
    if (!rows.has(routerRow.degradation)) rows.set(routerRow.degradation, routerRow);
  }
  return rows;
}

/**
 * What an image has: the degradations that reach their threshold, those of rows first, then the most probable ones first. Beside
 * another one, what the router finds must reach `secondThreshold`, too: an unsure second expert spoils more than it repairs.
 *
 * The router never saw the fault of a row, and takes it for one of its own; the row was fitted against those. So what a row
 * sees explains what the router finds beside it: for each row that sees its fault, with probability p, the others are multiplied by
 * 1 - p, and what falls below 0.1 is left out.
 *
 * @param analysis - with the rows' degradations
 * @param rows - the rows, whose thresholds hold for what they see
 * @param router - whose thresholds hold for everything else
 */
export function presentDegradations(
  analysis: Analysis,
  rows: RouterRows,
  router: ModelManifest["router"],
): readonly DegradationProbability[] {
  const seen: DegradationProbability[] = [];
  const found: DegradationProbability[] = [];
  let open = 1;
  for (const entry of analysis.degradations) {
    const { degradation, probability } = entry;
    const row = rows.get(degradation);
    if (probability < (row?.threshold ?? router.thresholds[degradation] ?? router.threshold)) continue;
    if (row === undefined && found.length > 0 && probability < router.secondThreshold) continue;
    (row === undefined ? found : seen).push(entry);
    if (row !== undefined) open *= 1 - probability;
  }
  const least = seen.length > 0 ? leastCount : 0;
  return [...seen, ...found.filter(({ probability }) => probability * open >= least)];
}
