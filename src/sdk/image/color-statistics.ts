/** How many numbers {@link colorStatistics} gives: seven for each of four planes. */
export const colorStatisticsSize = 28;

/** Side, in pixels, of the reduced image whose colours router rows are on. */
export const colorStatisticsSide = 64;

/** Red, green, blue and saturation. */
const planeCount = 4;
/** The shares of the pixels that are darker than what is told, after mean and deviation. */
const quantiles = [0.01, 0.1, 0.5, 0.9, 0.99] as const;

/**
 * What colours an image has, whatever it shows: of red, green, blue and saturation, one after the other, the mean, the
 * standard deviation and the quantiles 1, 10, 50, 90 and 99 %. Saturation is the highest less the lowest of a pixel's three
 * samples. Computed on the processor, so that it is the same on every backend.
 *
 * @param rgb - [pixels, 3] in 0..1; router rows are on `resizeArea(image, 64, 64)`, in which noise and dots are averaged away,
 * and the light and the dyes stay
 * @returns [colorStatisticsSize], each in 0..1
 */
export function colorStatistics(rgb: Float32Array): Float32Array {
  const planes = Array.from({ length: planeCount }, () => new Float32Array(rgb.length / 3));
  for (let pixel = 0; pixel < rgb.length / 3; pixel++) {
    const [red, green, blue] = [rgb[3 * pixel]!, rgb[3 * pixel + 1]!, rgb[3 * pixel + 2]!];
    const saturation = Math.max(red, green, blue) - Math.min(red, green, blue);
    [red, green, blue, saturation].forEach((value, plane) => (planes[plane]![pixel] = value));
  }
  return Float32Array.from(planes.flatMap(measurePlane));
}

function measurePlane(plane: Float32Array): number[] {
  const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length;
  const variance = plane.reduce((sum, value) => sum + (value - mean) ** 2, 0) / plane.length;
  const ascending = plane.slice().sort();
  const atShare = (share: number): number => ascending[Math.round(share * (plane.length - 1))]!;
  return [mean, Math.sqrt(variance), ...quantiles.map(atShare)];
}
