import type { CanvasLimits } from "limpid/canvas";

/** What this page takes: a photo of so many pixels, its results and its history still fit into a tab's memory. */
export const photoLimits: CanvasLimits = { maximumSide: 16_384, maximumPixels: 50_000_000 };
