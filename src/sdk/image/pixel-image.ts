import { LimpidError } from "../base/index.js";

/** Samples of an image: 0..255, 0..65535, or 0..1 as floats. */
export type PixelData = Uint8Array | Uint16Array | Float32Array;

/**
 * How the colour numbers of an image are to be read: as sRGB, as Display P3 (both with the sRGB transfer curve), or as
 * the image's own ICC profile says. Grey images use `"srgb"` for the sRGB transfer curve.
 */
export type ColorSpace = "srgb" | "display-p3" | "icc";

/** Number of interleaved channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
export type ChannelCount = 1 | 2 | 3 | 4;

/** Most pixels that one image may have: 16384 x 16384, the largest canvas of today's browsers. */
export const maximumPixelCount = 16384 * 16384;

const channelCounts: readonly ChannelCount[] = [1, 2, 3, 4];

const colorSpaces: readonly ColorSpace[] = ["srgb", "display-p3", "icc"];

/** What a {@link PixelImage} is made from. A `PixelImage` is itself a valid one. */
export interface PixelImageInit {
  /** Width in pixels; a positive integer. */
  readonly width: number;
  /** Height in pixels; a positive integer. */
  readonly height: number;
  /** Interleaved channels per pixel. */
  readonly channels: ChannelCount;
  /**
   * Samples, interleaved, row-major, `width * height * channels` of them; alpha is straight (not premultiplied). The
   * image refers to this memory and does not copy it.
   */
  readonly data: PixelData | Uint8ClampedArray;
  /** How the numbers are to be read; `"icc"` if there is a profile and nothing else is said, else `"srgb"`. */
  readonly colorSpace?: ColorSpace | undefined;
  /** The ICC profile that the image came with; kept byte for byte and never written to. */
  readonly iccProfile?: Uint8Array | undefined;
}

/** The pixels of a canvas: an `ImageData`, or anything of its shape. */
export interface CanvasPixels {
  readonly width: number;
  readonly height: number;
  /** 8-bit RGBA with straight alpha, row-major. */
  readonly data: Uint8ClampedArray;
  /** `"srgb"` or `"display-p3"`; `"srgb"` if left out. */
  readonly colorSpace?: string;
}

/**
 * An image in memory: interleaved samples with straight alpha, at 8, 16 or 32 (float) bits, with its colour space.
 *
 * The fields never change, but `data` may be written to by whoever owns the image (see {@link writeRgb}). Floats are
 * nominally within 0..1.
 *
 * @example
 * ```ts
 * const context = canvas.getContext("2d")!;
 * const image = PixelImage.fromImageData(context.getImageData(0, 0, canvas.width, canvas.height));
 *
 * const scan = new PixelImage({ width: 640, height: 480, channels: 1, data: new Uint16Array(640 * 480) });
 * ```
 */
export class PixelImage {
  /** Width in pixels, at least 1. */
  readonly width: number;
  /** Height in pixels, at least 1. */
  readonly height: number;
  /** Interleaved channels per pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
  readonly channels: ChannelCount;
  /** Samples, interleaved, row-major: channel `c` of pixel (x, y) is `data[(y * width + x) * channels + c]`. */
  readonly data: PixelData;
  /** How the colour numbers are to be read. */
  readonly colorSpace: ColorSpace;
  /** The ICC profile that the image came with, if any; never written to. */
  readonly iccProfile: Uint8Array | undefined;

  /**
   * Wraps samples as an image, without copying them.
   *
   * @param init - dimensions, samples and colour space
   * @throws {@link LimpidError} `InvalidImage` if a dimension is not a positive integer, `channels` is not 1 to 4, `data`
   * is of another type or length than it should be, or the colour space is unknown or lacks the profile that it names;
   * `ImageTooLarge` above 16384 x 16384 pixels
   */
  constructor(init: PixelImageInit) {
    const { width, height, channels, iccProfile } = init;
    checkDimensions(width, height);
    if (!channelCounts.includes(channels)) {
      throw invalid(`an image has 1, 2, 3 or 4 channels, not ${String(channels)}`, { channels });
    }
    const data = plainPixelData(init.data);
    const length = width * height * channels;
    if (data.length !== length) {
      throw invalid(
        `an image of ${width} x ${height} with ${channels} channels holds ${length} samples, not ${data.length}`,
        { width, height, channels, length: data.length },
      );
    }
    if (iccProfile !== undefined && (typeTag(iccProfile) !== "Uint8Array" || iccProfile.length === 0)) {
      throw invalid("an ICC profile is a non-empty Uint8Array", {});
    }
    const colorSpace = init.colorSpace ?? (iccProfile === undefined ? "srgb" : "icc");
    if (!colorSpaces.includes(colorSpace)) {
      throw invalid(`unknown colour space ${JSON.stringify(colorSpace)}`, { colorSpace });
    }
    if (colorSpace === "icc" && iccProfile === undefined) {
      throw invalid('colour space "icc" needs the bytes of its profile', { colorSpace });
    }
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.data = data;
    this.colorSpace = colorSpace;
    this.iccProfile = iccProfile;
  }

  /**
   * Wraps the pixels of a canvas, without copying them: 8-bit RGBA with straight alpha.
   *
   * @param imageData - an `ImageData`, or anything of its shape
   * @throws {@link LimpidError} `InvalidImage` if its samples are not 8-bit or its colour space is unknown
   */
  static fromImageData(imageData: CanvasPixels): PixelImage {
    const { width, height, data } = imageData;
    if (typeTag(data) !== "Uint8ClampedArray" && typeTag(data) !== "Uint8Array") {
      throw invalid(`image data of type ${typeTag(data)}, expected Uint8ClampedArray`, {});
    }
    const colorSpace = (imageData.colorSpace ?? "srgb") as ColorSpace;
    return new PixelImage({ width, height, channels: 4, data, colorSpace });
  }

  /**
   * The pixels for `putImageData`: 8-bit RGBA with straight alpha. More bits are rounded, grey is repeated.
   *
   * @returns image data with samples of its own
   * @throws {@link LimpidError} `NotSupported` for colours of an ICC profile, which canvases do not have, and where there is no
   * `ImageData`, as in Node; `OutOfMemory`
   */
  toImageData(): ImageData {
    const { width, height, channels, data, colorSpace, hasAlpha, maximum } = this;
    if (colorSpace === "icc" || typeof ImageData === "undefined") {
      const reason =
        colorSpace === "icc" ? "a canvas has no colours but sRGB and Display P3" : "no ImageData here";
      throw new LimpidError("NotSupported", `these pixels cannot be image data: ${reason}`);
    }
    let target: ImageData;
    try {
      target = new ImageData(width, height, { colorSpace });
    } catch (cause) {
      throw new LimpidError("OutOfMemory", `there is no memory for ${width} x ${height} pixels`, { cause });
    }
    const rgba = target.data; // clamps, and rounds halves to even, which no 16-bit sample comes to
    const scale = 255 / maximum;
    const [green, blue] = this.isGray ? [0, 0] : [1, 2];
    for (let source = 0, index = 0; index < rgba.length; source += channels, index += 4) {
      rgba[index] = data[source]! * scale;
      rgba[index + 1] = data[source + green]! * scale;
      rgba[index + 2] = data[source + blue]! * scale;
      rgba[index + 3] = hasAlpha ? data[source + channels - 1]! * scale : 255;
    }
    return target;
  }

  /** Bits per sample: 8, 16, or 32 for floats. */
  get bitDepth(): 8 | 16 | 32 {
    return (this.data.BYTES_PER_ELEMENT * 8) as 8 | 16 | 32;
  }

  /** The sample that means full intensity, and an opaque pixel: 255, 65535, or 1 for floats. */
  get maximum(): 255 | 65535 | 1 {
    return this.bitDepth === 8 ? 255 : this.bitDepth === 16 ? 65535 : 1;
  }

  /** Whether the last channel is alpha. */
  get hasAlpha(): boolean {
    return this.channels === 2 || this.channels === 4;
  }

  /** Whether there is one colour channel. */
  get isGray(): boolean {
    return this.channels < 3;
  }

  /** A copy with samples of its own. The ICC profile, which nobody writes to, is shared. */
  clone(): PixelImage {
    return this.withData(this.data.slice());
  }

  /**
   * An image of the same size, channels and colour space with other samples, which may be of another bit depth.
   *
   * @param data - samples, `width * height * channels` of them; not copied
   * @throws {@link LimpidError} `InvalidImage` if their number or type does not fit
   */
  withData(data: PixelData | Uint8ClampedArray): PixelImage {
    return new PixelImage({ ...this, data });
  }
}

/**
 * Refuses dimensions that no image can have.
 *
 * @throws {@link LimpidError} `InvalidImage` unless both are positive integers; `ImageTooLarge` above
 * 16384 x 16384 pixels
 */
export function checkDimensions(width: number, height: number): void {
  if (!Number.isSafeInteger(width) || !Number.isSafeInteger(height) || width < 1 || height < 1) {
    throw invalid(`an image of ${width} x ${height}: both must be positive integers`, { width, height });
  }
  if (width * height > maximumPixelCount) {
    throw new LimpidError(
      "ImageTooLarge",
      `an image of ${width} x ${height} has more than ${maximumPixelCount} pixels`,
      { details: { width, height, maximumPixelCount } },
    );
  }
}

/** Zeroed samples of one bit depth. */
export function allocateSamples(bitDepth: 8 | 16 | 32, length: number): PixelData {
  return bitDepth === 8
    ? new Uint8Array(length)
    : bitDepth === 16
      ? new Uint16Array(length)
      : new Float32Array(length);
}

/** The samples as one of the three plain array types, without copying; typed arrays of another realm are accepted. */
function plainPixelData(data: PixelData | Uint8ClampedArray): PixelData {
  switch (typeTag(data)) {
    case "Uint8Array":
      // A Node Buffer is a Uint8Array whose `slice` shares memory, so it is rewrapped as a plain one.
      return data.constructor === Uint8Array ? data : asBytes(data);
    case "Uint8ClampedArray":
      return asBytes(data);
    case "Uint16Array":
    case "Float32Array":
      return data as Uint16Array | Float32Array;
    default:
      throw invalid(
        `samples of type ${typeTag(data)}, expected Uint8Array, Uint8ClampedArray, Uint16Array or Float32Array`,
        {},
      );
  }
}

function asBytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function typeTag(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function invalid(message: string, details: Record<string, unknown>): LimpidError {
  return new LimpidError("InvalidImage", message, { details });
}
