import { routerRowProbability, type InstalledExpert, type RouterRow } from "../experts/index.js";
import type { Analysis, DegradationProbability } from "../router/index.js";
import type { ModelManifest } from "./model-manifest.js";

/** Router rows by the degradation that they see. */
export type RouterRows = ReadonlyMap<string, RouterRow>;

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
 * Adds what router rows see to an analysis; what it says already stays.
 *
 * @param analysis - the router's, with its embedding
 * @param rows - the rows
 * @returns an analysis in order of probability; the same object if there is nothing to add
 */
export function withRouterRows(analysis: Analysis, rows: RouterRows): Analysis {
  const whole = addRows(analysis, rows);
  if (whole === analysis || analysis.windows === undefined) return whole;
  return { ...whole, windows: analysis.windows.map((window) => addRows(window, rows)) };
}

/** The same for a whole image or for one window. */
function addRows<T extends Omit<Analysis, "windows">>(analysis: T, rows: RouterRows): T {
  const { degradations, embedding } = analysis;
  const missing = [...rows.values()].filter(
    (row) => !degradations.some(({ degradation }) => degradation === row.degradation),
  );
  if (missing.length === 0) return analysis;
  const added = missing.map((row) => ({
    degradation: row.degradation,
    probability: routerRowProbability(row, embedding),
  }));
  return {
    ...analysis,
    degradations: [...degradations, ...added].sort((a, b) => b.probability - a.probability),
  };
}

/**
 * What an image has: the degradations that reach their threshold, the most probable first.
 *
 * @param analysis - with the rows' degradations
 * @param rows - the rows, whose thresholds hold for what they see
 * @param router - whose thresholds hold for everything else
 */
export function presentDegradations(
  analysis: Analysis,
  rows: RouterRows,
  router: Pick<ModelManifest["router"], "threshold" | "thresholds">,
): readonly DegradationProbability[] {
  return analysis.degradations.filter(
    ({ degradation, probability }) =>
      probability >= (rows.get(degradation)?.threshold ?? router.thresholds[degradation] ?? router.threshold),
  );
}
