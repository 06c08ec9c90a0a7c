import { LimpidError } from "../base/index.js";
import { checkDimensions, maximumPixelCount } from "./pixel-image.js";

/** What the IHDR chunk says (PNG specification, third edition, 11.2.1). */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per sample, or per palette index. */
  readonly bitDepth: 1 | 2 | 4 | 8 | 16;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colorType: 0 | 2 | 3 | 4 | 6;
  /** Samples a pixel as stored: 1 for a palette. */
  readonly samples: 1 | 2 | 3 | 4;
  /** Whether the rows come in Adam7's seven passes. */
  readonly isInterlaced: boolean;
}

const kinds: Readonly<Record<number, { samples: 1 | 2 | 3 | 4; bitDepths: readonly number[] }>> = {
  0: { samples: 1, bitDepths: [1, 2, 4, 8, 16] },
  2: { samples: 3, bitDepths: [8, 16] },
  3: { samples: 1, bitDepths: [1, 2, 4, 8] },
  4: { samples: 2, bitDepths: [8, 16] },
  6: { samples: 4, bitDepths: [8, 16] },
};

/**
 * Reads and checks the IHDR chunk.
 *
 * @param maximumPixels - most pixels that the caller takes
 * @throws {@link LimpidError} `CorruptImage`, `UnsupportedImage` for what the specification does not know, `ImageTooLarge`
 */
export function readPngHeader(data: Uint8Array, maximumPixels: number): PngHeader {
  if (data.length < 13) throw new LimpidError("CorruptImage", "the PNG header is cut short");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  const [bitDepth, colorType, compression, filter, interlace] = data.subarray(8) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (width === 0 || height === 0) {
    throw new LimpidError("CorruptImage", `the PNG header says ${width} x ${height} pixels`);
  }
  const limit = Math.min(maximumPixels, maximumPixelCount);
  if (width * height > limit) {
    throw new LimpidError("ImageTooLarge", `${width} x ${height} pixels are more than ${limit}`, {
      details: { width, height, maximumPixels: limit },
    });
  }
  checkDimensions(width, height);
  const kind = kinds[colorType];
  if (
    kind === undefined ||
    !kind.bitDepths.includes(bitDepth) ||
    compression !== 0 ||
    filter !== 0 ||
    interlace > 1
  ) {
    throw new LimpidError(
      "UnsupportedImage",
      `no PNG is of colour type ${colorType}, depth ${bitDepth}, compression ${compression}, filter ${filter}, ` +
        `interlace ${interlace}`,
    );
  }
  return {
    width,
    height,
    bitDepth: bitDepth as PngHeader["bitDepth"],
    colorType: colorType as PngHeader["colorType"],
    samples: kind.samples,
    isInterlaced: interlace === 1,
  };
}
