import { listStages, type BackboneConfig } from "../backbone/index.js";
import { LimpidError } from "../base/index.js";

/**
 * Refuses a network that fused kernels do not run. They work on groups of four channels, on RGB, and merge experts on the
 * 1x1 convolutions of the blocks only; the published network, whose experts change every convolution, is left to tfjs.
 *
 * @param maximumChannels - most channels that a level may have
 * @throws {@link LimpidError} `BackendUnavailable` with the reason
 */
export function requireKernels(config: BackboneConfig, kernels: string, maximumChannels = Infinity): void {
  const widest = Math.max(...listStages(config).map(({ channels }) => channels));
  let reason: string;
  if (config.imageChannels !== 3) reason = `its images have ${config.imageChannels} channels, not 3`;
  else if (config.width % 4 !== 0) reason = `its width ${config.width} is not a multiple of 4`;
  else if (widest > maximumChannels) {
    reason = `it has ${widest} channels at its lowest level, more than ${maximumChannels}`;
  } else if (config.expertTargets !== "pointwise") reason = "its experts may change every convolution";
  else return;
  throw new LimpidError("BackendUnavailable", `${kernels} do not run this network: ${reason}`, {
    details: { reason },
  });
}
