import { routerRowProbability } from "../experts/index.js";
import { colorStatistics } from "../image/index.js";
import type { Analysis } from "../router/index.js";
import type { RouterRows } from "./present-degradations.js";

/**
 * Adds what router rows see to an analysis; what it says already stays.
 *
 * @param analysis - the router's, with its embedding
 * @param reduce - gives what was analysed, reduced to {@link colorStatisticsSide}, if a row is on its colours
 * @returns an analysis in order of probability; the same object if there is nothing to add
 */
export function withRouterRows(analysis: Analysis, rows: RouterRows, reduce: () => Float32Array): Analysis {
  const hasColors = [...rows.values()].some(({ colorWeight }) => colorWeight !== undefined);
  // Of the whole image, for windows too: a fault of the colours is everywhere.
  const colors = hasColors ? colorStatistics(reduce()) : undefined;
  const whole = addRows(analysis, rows, colors);
  if (whole === analysis || analysis.windows === undefined) return whole;
  return { ...whole, windows: analysis.windows.map((window) => addRows(window, rows, colors)) };
}

/** The same for a whole image or for one window. */
function addRows<T extends Omit<Analysis, "windows">>(
  analysis: T,
  rows: RouterRows,
  colors: Float32Array | undefined,
): T {
  const { degradations, embedding } = analysis;
  const missing = [...rows.values()].filter(
    (row) => !degradations.some(({ degradation }) => degradation === row.degradation),
  );
  if (missing.length === 0) return analysis;
  const added = missing.map((row) => ({
    degradation: row.degradation,
    probability: routerRowProbability(row, embedding, colors),
  }));
  return {
    ...analysis,
    degradations: [...degradations, ...added].sort((a, b) => b.probability - a.probability),
  };
}
