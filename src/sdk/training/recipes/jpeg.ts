import { PixelImage } from "../../image/index.js";
import { roundTripJpeg, type ChromaSubsampling } from "./jpeg-round-trip.js";
import { parameters } from "./parameters.js";
import type { RandomSource } from "./random-source.js";
import { geometric } from "./range.js";
import { clamp, mapped, type Raster } from "./raster.js";
import { resize } from "./resample.js";

const p = parameters.jpeg;

/**
 * JPEG compression at quality 72 down to 5, on a logarithmic scale of severity: once, twice, with the grid of blocks anywhere,
 * or of a small web picture that was made larger.
 */
export function jpeg(x: Raster, severity: number, source: RandomSource): Raster {
  const { width, height } = x;
  const quality = Math.round(geometric(p.quality, severity));
  const subsampling = source.chance(p.chroma444) ? "4:4:4" : "4:2:0";
  if (source.chance(p.resizedAfter)) {
    const factor = source.uniform(...p.smallPicture);
    const columns = Math.max(16, Math.round(width * factor));
    const small = encode(resize(x, columns, Math.max(16, Math.round(height * factor))), quality, subsampling);
    return encode(resize(small, width, height), source.integer(...p.saved), "4:2:0");
  }
  const earlier = source.chance(p.twice)
    ? shifted(x, Math.min(95, quality + source.integer(0, 30)), subsampling, source)
    : x;
  return source.chance(0.6)
    ? shifted(earlier, quality, subsampling, source)
    : encode(earlier, quality, subsampling);
}

/** What becomes of a picture in a JPEG file. */
function encode(x: Raster, quality: number, subsampling: ChromaSubsampling): Raster {
  const { width, height } = x;
  const data = new Uint8Array(x.data.length);
  for (let index = 0; index < data.length; index++) data[index] = clamp(x.data[index]!) * 255 + 0.5;
  const saved = roundTripJpeg(new PixelImage({ width, height, channels: 3, data }), quality, subsampling);
  return mapped(x, (_, index) => saved.data[index]! / 255);
}

/** The same with the grid of blocks anywhere: pictures are cropped after they are saved. */
function shifted(x: Raster, quality: number, subsampling: ChromaSubsampling, source: RandomSource): Raster {
  const left = source.integer(0, 7);
  const top = source.integer(0, 7);
  const size = { width: x.width + left, height: x.height + top };
  return cut(encode(cut(x, -left, -top, size), quality, subsampling), left, top, x);
}

/** A part of a picture; outside it the nearest edge pixel is repeated. */
function cut(
  x: Raster,
  left: number,
  top: number,
  { width, height }: { width: number; height: number },
): Raster {
  const data = new Float32Array(width * height * 3);
  return mapped({ width, height, channels: 3, data }, (_, index) => {
    const pixel = (index / 3) | 0;
    const column = Math.min(Math.max((pixel % width) + left, 0), x.width - 1);
    const row = Math.min(Math.max(((pixel / width) | 0) + top, 0), x.height - 1);
    return x.data[(row * x.width + column) * 3 + (index % 3)]!;
  });
}
