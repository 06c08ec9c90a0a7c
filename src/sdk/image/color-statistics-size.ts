/** How many numbers {@link colorStatistics} gives: seven for each of four planes. */
export const colorStatisticsSize = 28;

/** Side, in pixels, of the reduced image whose colours router rows are on. */
export const colorStatisticsSide = 64;
