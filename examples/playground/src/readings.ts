import type { Limpid, RestoreResult } from "limpid";
import { elements } from "./elements.js";

/** What was measured of the photo that is shown. */
export interface Readings {
  /** Pixels of the photo. */
  readonly pixels?: number;
  /** Its last repair. */
  readonly result?: RestoreResult | undefined;
}

/** Shows how long the router took, on its own, in milliseconds. */
export function showRouterTime(milliseconds: number): void {
  elements.timeRouter.textContent = time(milliseconds);
}

/** Shows where the time went, and what is held. */
export function showReadings({ pixels = 0, result }: Readings, limpid: Limpid | undefined): void {
  const { timePrepare, timeTiles, timeSpeed, memoryDevice, timeRouter } = elements;
  const hasRun = result !== undefined && result.tiles > 0;
  if (pixels === 0) timeRouter.textContent = "–";
  timePrepare.textContent = hasRun ? time(result.timings.prepare) : "–";
  timeTiles.textContent = hasRun
    ? `${time(result.timings.tiles)} (${result.tiles === 1 ? "one tile" : `${result.tiles} tiles`})`
    : "–";
  timeSpeed.textContent = hasRun
    ? `${Number((pixels / 1000 / result.timings.total).toPrecision(2))} megapixels a second`
    : "–";
  memoryDevice.textContent = limpid === undefined ? "–" : size(limpid.byteSize);
}

const time = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

const size = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
