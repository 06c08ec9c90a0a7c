import { LimpidError } from "../base/index.js";
import { convertBitDepth, type PixelImage } from "../image/index.js";
import type { HostCapabilities } from "./capabilities.js";
import type { Capture } from "./capture.js";
import { commitModes, type CommitOptions } from "./commit.js";

/** A result as a host can keep it. */
export interface FittedResult {
  /** The result, reduced if it must be. */
  readonly image: PixelImage;
  /** What was reduced, for the commit's notes. */
  readonly notes: readonly string[];
}

/**
 * Checks a result against what its host can keep, before anything is allocated: the first thing that a `commit` does.
 *
 * @param capabilities - of the host
 * @param capture - what the result was made from
 * @param result - the result
 * @param options - how it is to be brought back
 * @returns the result at a bit depth of the host's
 * @throws {@link LimpidError} `NotSupported` for a mode, colour space or transparency that the host does not have,
 * `ImageTooLarge` beyond its limits, `InvalidArgument` for another size or other proportions than it can place
 */
export function fitResult(
  capabilities: HostCapabilities,
  capture: Capture,
  result: PixelImage,
  options: CommitOptions,
): FittedResult {
  const { target } = capture;
  if (!commitModes.includes(options.mode)) {
    throw new LimpidError("InvalidArgument", `unknown commit mode ${JSON.stringify(options.mode)}`);
  }
  if (!capabilities.commit[target].includes(options.mode)) {
    throw new LimpidError("NotSupported", `this editor cannot bring back a ${target} by ${options.mode}`, {
      details: { target, mode: options.mode, supported: capabilities.commit[target] },
    });
  }
  checkSize(capabilities, result);
  checkProportions(capabilities, capture, result);
  if (!capabilities.colorSpaces.includes(result.colorSpace)) {
    throw new LimpidError("NotSupported", `this editor does not keep the colour space ${result.colorSpace}`, {
      details: { colorSpace: result.colorSpace, supported: capabilities.colorSpaces },
    });
  }
  if (capabilities.alpha === "none" && result.hasAlpha) {
    throw new LimpidError("NotSupported", "this editor does not keep transparency");
  }
  const bitDepth = keptBitDepth(capabilities, result.bitDepth);
  const isReduced = bitDepth < result.bitDepth;
  return {
    image: convertBitDepth(result, bitDepth),
    notes: isReduced ? [`reduced to ${bitDepth} bits per channel, the most that this editor keeps`] : [],
  };
}

function checkSize({ maximumSide, maximumPixels }: HostCapabilities, { width, height }: PixelImage): void {
  if (Math.max(width, height) <= maximumSide && width * height <= maximumPixels) return;
  throw new LimpidError(
    "ImageTooLarge",
    `${width} x ${height} pixels are more than this editor takes: ${maximumSide} a side, ${maximumPixels} in all`,
    { details: { width, height, maximumSide, maximumPixels } },
  );
}

function checkProportions({ canResize }: HostCapabilities, { image }: Capture, result: PixelImage): void {
  const { width, height } = result;
  if (width === image.width && height === image.height) return;
  // The same proportions, but for the rounding of a side to whole pixels.
  const expected = (width * image.height) / image.width;
  if (canResize && Math.abs(height - expected) <= Math.max(1, image.height / image.width)) return;
  throw new LimpidError(
    "InvalidArgument",
    `the result of ${width} x ${height} does not fit in the place of ${image.width} x ${image.height}`,
    { details: { width, height, capturedWidth: image.width, capturedHeight: image.height } },
  );
}

/** The smallest depth of the host's that loses nothing, or its largest. */
function keptBitDepth({ bitDepths }: HostCapabilities, wanted: 8 | 16 | 32): 8 | 16 | 32 {
  const ascending = [...bitDepths].sort((a, b) => a - b);
  return ascending.find((depth) => depth >= wanted) ?? ascending.at(-1) ?? 8;
}
