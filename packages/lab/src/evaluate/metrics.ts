import { psnr, ssim, type PixelImage, type SsimOptions } from "../../../../src/sdk/image/index.js";
import { chooseNames } from "./rows.js";

/** How near a picture is to the clean photo. */
export interface Score {
  /** PSNR in dB; `Infinity` if they are equal. */
  readonly psnr: number;
  /** Structural similarity, at most 1. */
  readonly ssim: number;
}

/** A picture's scores by metric. */
export type Scores = Readonly<Partial<Record<MetricName, Score>>>;

/** The protocols of the literature, by the colour space and the window of SSIM that they take. */
const metrics = {
  rgb: { space: "rgb", window: "gaussian" },
  "rgb-uniform7": { space: "rgb", window: "uniform7" },
  y: { space: "y", window: "gaussian" },
  "y-uniform11": { space: "y", window: "uniform11" },
  "y-bgr-uniform11": { space: "y-bgr", window: "uniform11" },
} as const satisfies Record<string, SsimOptions>;

/** One protocol of comparing. */
export type MetricName = keyof typeof metrics;

/** The names of all metrics. */
export const metricNames = Object.keys(metrics) as readonly MetricName[];

/** What each metric is, for a reader of a table. */
export const metricTitles: Readonly<Record<MetricName, string>> = {
  rgb: "RGB, SSIM with the Gaussian window of 11 x 11",
  "rgb-uniform7": "RGB, SSIM with the uniform window of 7 x 7",
  y: "Y of BT.601, SSIM with the Gaussian window of 11 x 11",
  "y-uniform11": "Y of BT.601, SSIM with the uniform window of 11 x 11",
  "y-bgr-uniform11": "Y of BT.601 with R and B swapped, SSIM with the uniform window of 11 x 11",
};

/**
 * Reads a list of metrics.
 *
 * @param text - names, separated by commas
 * @returns the metrics, each once
 * @throws {@link LimpidError} `InvalidArgument` that lists what there is
 */
export function parseMetrics(text: string): readonly MetricName[] {
  return chooseNames("metric", text, metricNames);
}

/**
 * Compares a picture with the clean photo.
 *
 * @param image - the picture
 * @param clean - the photo, of the same size, at least 11 x 11
 * @param names - the metrics
 * @returns one score a metric
 */
export function measureScores(image: PixelImage, clean: PixelImage, names: readonly MetricName[]): Scores {
  return Object.fromEntries(
    names.map((name) => [
      name,
      { psnr: psnr(image, clean, metrics[name]), ssim: ssim(image, clean, metrics[name]) },
    ]),
  );
}
