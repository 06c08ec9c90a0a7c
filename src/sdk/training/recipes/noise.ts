import { gaussian } from "./gaussian.js";
import { coded, codedSample, isGrey, linear, luma } from "./light.js";
import { parameters } from "./parameters.js";
import type { RandomSource } from "./random-source.js";
import { geometric, geometricAmount } from "./range.js";
import { clamp, deviation, fieldOf, mapped, type Raster } from "./raster.js";
import { resample, resize } from "./resample.js";

const p = parameters.noise;

/** Kinds of {@link noise}. */
type NoiseKind = keyof typeof p.kinds;

/**
 * Noise as sensors, film and files leave it, whose standard deviation in sRGB is 2.5 to 52 of 255 in the mean:
 * - `camera`: shot and read noise of a Bayer mosaic, white balance, bilinear demosaicing, colour matrix, the camera's own
 *   smoothing and sharpening, resized, as in the pipelines of CBDNet, of Unprocessing Images and of SCUNet;
 * - `white`: independent in each channel, the benchmarks' kind, exactly as strong as {@link severityOfSigma} asks for;
 * - `luma`: the same in all channels;
 * - `grain`: film, strongest in the midtones;
 * - `impulse`: dead and hot photosites.
 */
export function noise(x: Raster, severity: number, source: RandomSource, kind?: NoiseKind): Raster {
  const sigma = geometric(p.sigma, severity) / 255;
  switch (kind ?? source.weighted(p.kinds)) {
    case "white":
      return white(x, sigma, source);
    case "luma": {
      const field = source.normals(x.width * x.height);
      return mapped(x, (value, index) => value + sigma * field[(index / 3) | 0]!);
    }
    case "impulse":
      return impulses(x, severity, source);
    case "grain":
      return grain(x, sigma, source);
    case "camera":
      return camera(x, sigma, source);
  }
}

/**
 * The severity at which noise of the kind `white` has a given strength, as benchmarks ask for:
 * y = round(clip(255 x + sigma n)). Clipping costs the noise some of its energy: on natural photos sigma 25 leaves 20.4 dB,
 * not 20.17.
 *
 * @param sigma - standard deviation in 255ths, 2.5 to 52
 * @returns 0 to 1; outside for other strengths, which {@link degrade} refuses
 *
 * @example
 * ```ts
 * const noisy = degrade(clean, [{ degradation: "noise", kind: "white", severity: severityOfSigma(25) }], 1);
 * ```
 */
export function severityOfSigma(sigma: number): number {
  return geometricAmount(p.sigma, sigma);
}

/** On a grey picture grey noise: 1.5 times the luma of three channels' has the deviation of one. */
function white(x: Raster, sigma: number, source: RandomSource): Raster {
  const field: Raster = { ...x, data: source.normals(x.data.length) };
  if (!isGrey(x)) return mapped(x, (value, index) => value + sigma * field.data[index]!);
  const grey = luma(field).data;
  return mapped(x, (value, index) => value + sigma * 1.5 * grey[(index / 3) | 0]!);
}

function grain(x: Raster, sigma: number, source: RandomSource): Raster {
  const size = source.logarithmic(...p.grainSize);
  const common = gaussian(
    fieldOf(x, () => source.normal()),
    size,
  ).data;
  let grains = mapped(x, (_, index) => common[(index / 3) | 0]!);
  if (!isGrey(x) && source.chance(p.grainColour)) {
    const own = gaussian({ ...x, data: source.normals(x.data.length) }, size).data;
    grains = mapped(grains, (value, index) => 0.6 * value + 0.8 * own[index]!);
  }
  const strength = sigma / (deviation(grains, 1) + 1e-6);
  const light = luma(x).data;
  return mapped(x, (value, index) => {
    const tone = light[(index / 3) | 0]!;
    return value + strength * grains.data[index]! * (0.35 + 2.6 * tone * (1 - tone));
  });
}

/** Black and white points, or such of single channels. */
function impulses(x: Raster, severity: number, source: RandomSource): Raster {
  const share = geometric(p.impulses, severity);
  const whole = source.chance(0.5);
  const grey = isGrey(x);
  const data = x.data.slice();
  for (let first = 0; first < data.length; first += 3) {
    if (!source.chance(share)) continue;
    const common = source.chance(0.5) ? 1 : 0;
    for (let index = first; index < first + 3; index++) {
      if (whole) data[index] = common;
      else if (grey || source.chance(0.5)) data[index] = source.chance(0.5) ? 1 : 0;
    }
  }
  return { ...x, data };
}

function camera(x: Raster, sigma: number, source: RandomSource): Raster {
  const grey = isGrey(x);
  let residual = sensorNoise(x, source, grey);
  if (source.chance(0.6)) {
    const share = source.uniform(0.3, 1);
    const smooth = gaussian(residual, source.uniform(...p.smooth)).data;
    residual = mapped(residual, (value, index) => (1 - share) * value + share * smooth[index]!);
  }
  if (residual.width !== x.width || residual.height !== x.height)
    residual = resize(residual, x.width, x.height);
  const unit = 1 / (deviation(residual, 3) + 1e-6);
  const light = linear(x);
  // Scaled so that the result's noise, after the tone curve, is as strong as asked for.
  const trial = mapped(x, (_, index) => {
    const value = light.data[index]!;
    return codedSample(value + 0.05 * unit * residual.data[index]!) - codedSample(value);
  });
  const gain = unit * 0.05 * Math.min(8, sigma / (deviation(trial, 4) + 1e-4));
  let y = coded(mapped(light, (value, index) => value + gain * residual.data[index]!));
  if (source.chance(0.35)) {
    const strength = source.uniform(...p.sharpen);
    const soft = gaussian(y, source.uniform(0.7, 1.4)).data;
    y = mapped(y, (value, index) => value + strength * (value - soft[index]!));
  }
  if (grey || sigma <= 0.06) return y;
  // In the dark the channels' black levels differ.
  const levels = [0, 1, 2].map(() => source.uniform(-1, 1));
  const cast = source.uniform(...p.cast);
  return mapped(y, (value, index) => value + levels[index % 3]! * cast);
}

/** The noise of a sensor of its own resolution, in linear light after demosaicing, at any scale. */
function sensorNoise(x: Raster, source: RandomSource, grey: boolean): Raster {
  const scale = source.logarithmic(...p.scale);
  const width = Math.max(16, Math.round(x.width / scale));
  const height = Math.max(16, Math.round(x.height / scale));
  const light = linear(width === x.width && height === x.height ? x : resample(x, width, height, "linear"));
  const gains = [source.uniform(...p.gainRed), 1, source.uniform(...p.gainBlue)];
  const read = source.uniform(...p.readShare);
  const field = fieldOf(light, (column, row, pixel) => {
    const channel = channelAt(column, row);
    const raw = clamp(light.data[pixel * 3 + channel]! / gains[channel]!);
    return source.normal() * Math.sqrt((1 - read) * raw + read * 0.05);
  });
  if (grey && source.chance(0.85)) return mapped(light, (_, index) => field.data[(index / 3) | 0]!);
  const strength = source.uniform(...p.matrix);
  const mosaic = demosaiced(field);
  const residual = mapped(mosaic, (value, index) => {
    const first = index - (index % 3);
    const sum =
      mosaic.data[first]! * gains[0]! + mosaic.data[first + 1]! + mosaic.data[first + 2]! * gains[2]!;
    return value * gains[index % 3]! * (1 + strength) - (sum * strength) / 3;
  });
  const chroma = source.uniform(...p.chromaSmooth);
  // Cameras smooth colour more than light.
  return source.chance(0.7) && chroma > 0.3
    ? smoothColor(residual, chroma, source.uniform(0.8, 1 + chroma))
    : residual;
}

function smoothColor(residual: Raster, sigma: number, gain: number): Raster {
  const { data } = residual;
  const means = fieldOf(residual, (_x, _y, pixel) => {
    return (data[pixel * 3]! + data[pixel * 3 + 1]! + data[pixel * 3 + 2]!) / 3;
  }).data;
  const color = mapped(residual, (value, index) => value - means[(index / 3) | 0]!);
  return mapped(gaussian(color, sigma), (value, index) => means[(index / 3) | 0]! + gain * value);
}

/** Which channel a photosite sees, in Bayer's order RGGB. */
function channelAt(column: number, row: number): number {
  return (column & 1) + (row & 1);
}

/** The three channels of a mosaic, each interpolated bilinearly from the photosites that see it. */
function demosaiced({ width, height, data }: Raster): Raster {
  const result = new Float32Array(width * height * 3);
  for (let y = 0, pixel = 0; y < height; y++) {
    // Outside, the mosaic is mirrored about its outermost photosites, which keeps the pattern.
    const above = (y === 0 ? 1 : y - 1) * width;
    const below = (y === height - 1 ? height - 2 : y + 1) * width;
    for (let x = 0; x < width; x++, pixel++) {
      const left = x === 0 ? 1 : x - 1;
      const right = x === width - 1 ? width - 2 : x + 1;
      const row = y * width;
      const beside = data[row + left]! + data[row + right]!;
      const upright = data[above + x]! + data[below + x]!;
      const first = pixel * 3;
      const own = channelAt(x, y);
      if (own === 1) {
        result[first + 1] = data[pixel]!;
        // Red photosites stand beside the green ones of even rows, and above and below those of odd rows.
        result[first + (y & 1 ? 2 : 0)] = beside / 2;
        result[first + (y & 1 ? 0 : 2)] = upright / 2;
      } else {
        result[first + own] = data[pixel]!;
        result[first + 1] = (beside + upright) / 4;
        result[first + 2 - own] =
          (data[above + left]! + data[above + right]! + data[below + left]! + data[below + right]!) / 4;
      }
    }
  }
  return { width, height, channels: 3, data: result };
}
