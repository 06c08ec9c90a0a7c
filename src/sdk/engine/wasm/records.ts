/**
 * What the host tells the kernels, as rows of 32-bit numbers. The names are those of the classes `Block` and `Layer` in
 * `assembly/`, in their order.
 */

/** The fields of a block. */
export const blockFields = [
  "features",
  "rowStride",
  "width",
  "height",
  "channels",
  "expand",
  "depthwise",
  "project",
  "widen",
  "narrow",
  "window",
  "zeros",
  "groupStride",
  "column",
  "normalized",
  "products",
  "gated",
  "gatedStride",
  "sums",
] as const;

/** The fields of a layer. */
export const layerFields = [
  "input",
  "rowStride",
  "pixelStride",
  "step",
  "rows",
  "depth",
  "weights",
  "outputs",
  "output",
  "outputStride",
  "outputStep",
  "width",
  "mode",
  "scale",
  "offset",
  "channels",
  "pixels",
  "sum",
  "sumStep",
  "sumChannels",
] as const;

/** A block as the kernels read it. */
export type BlockRecord = Readonly<Record<(typeof blockFields)[number], number>>;

/** A layer as the kernels read it; what is left out is 0. */
export type LayerRecord = Readonly<Partial<Record<(typeof layerFields)[number], number>>>;

/** What becomes of a convolution's sums, as `assembly/convolution.ts` names it. */
export const modes = { store: 0, add: 1, gate: 2, rectify: 3 };

/** Parts of a block, as `assembly/block.ts` names them. */
export const blockParts = { mix: 1, finish: 2, whole: 3 };
