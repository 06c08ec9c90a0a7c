import type { BackboneConfig } from "../../backbone/index.js";

/**
 * Why the WebAssembly kernels do not run a network. They work on groups of four channels, on RGB, and merge experts on the
 * 1x1 convolutions of the blocks only; the published network, whose experts change every convolution, is left to tfjs.
 *
 * @param config - the network
 * @returns the reason; undefined if they run it
 */
export function reasonAgainst(config: BackboneConfig): string | undefined {
  if (config.imageChannels !== 3) return `its images have ${config.imageChannels} channels, not 3`;
  if (config.width % 4 !== 0) return `its width ${config.width} is not a multiple of 4`;
  if (config.expertTargets !== "pointwise") return "its experts may change every convolution";
  return undefined;
}
