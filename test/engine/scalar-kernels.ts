import { blockParts, modes, type BlockRecord, type LayerRecord } from "../../src/sdk/engine/index.js";

// What the WebAssembly kernels compute, one number at a time in double precision, on the same records and memory. Addresses
// are in bytes, as there.

const epsilon = 1e-6;

/** The memory as numbers, by address. */
class Numbers {
  readonly #floats: Float32Array;

  constructor(buffer: ArrayBuffer) {
    this.#floats = new Float32Array(buffer);
  }

  get(address: number): number {
    return this.#floats[address / 4]!;
  }

  set(address: number, value: number): void {
    this.#floats[address / 4] = value;
  }

  vector(address: number, length: number): number[] {
    return Array.from({ length }, (_, index) => this.get(address + 4 * index));
  }
}

/** A convolution and what follows it: {@link LayerRecord}. */
export function scalarLayer(buffer: ArrayBuffer, record: LayerRecord, height: number): void {
  const numbers = new Numbers(buffer);
  const { input = 0, rowStride = 0, pixelStride = 0, step = 0, rows = 0, depth = 0, weights = 0 } = record;
  const { outputs = 0, output = 0, outputStride = 0, outputStep = 0, width = 0, mode = 0 } = record;
  const { scale = 0, offset = 0, channels = 0, pixels = 0, sum = 0, sumStep = 0, sumChannels = 0 } = record;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const values: number[] = [];
      for (let row = 0; row < rows; row++) {
        values.push(...numbers.vector(input + y * step + x * pixelStride + row * rowStride, depth));
      }
      const place = output + y * outputStep + x * outputStride;
      multiply(numbers, weights, values, outputs).forEach((value, index) => {
        const at = place + 4 * index;
        const before = mode === modes.add ? numbers.get(at) : 0;
        numbers.set(at, mode === modes.rectify ? Math.max(value, 0) : before + value);
      });
      for (let channel = 0; channel < sumChannels; channel++) {
        const at = sum + y * sumStep + (x * sumChannels + channel) * 4;
        numbers.set(at, numbers.get(at) + numbers.get(place + 4 * channel));
      }
    }
    for (let pixel = 0; scale > 0 && pixel < pixels; pixel++) {
      const at = output + y * outputStep + pixel * channels * 4;
      normalize(numbers.vector(at, channels)).forEach((value, channel) => {
        const change = value * numbers.get(scale + 4 * channel) + numbers.get(offset + 4 * channel);
        numbers.set(at + 4 * channel, numbers.get(at + 4 * channel) + change);
      });
    }
  }
}

/** A block, or a half of it: {@link BlockRecord}. */
export function scalarBlock(buffer: ArrayBuffer, record: BlockRecord, parts: number): void {
  const numbers = new Numbers(buffer);
  const { features, rowStride, width, height, channels, depthwise, gated, gatedStride, sums } = record;
  const place = (x: number, y: number): number => features + y * rowStride + x * channels * 4;
  const each = (visit: (x: number, y: number) => void): void => {
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y);
  };
  const products = new Map<string, readonly number[]>();
  if ((parts & blockParts.mix) !== 0) {
    const expanded = new Map<string, readonly number[]>();
    each((x, y) => {
      const input = normalize(numbers.vector(place(x, y), channels));
      expanded.set(`${x} ${y}`, multiply(numbers, record.expand, input, 2 * channels));
    });
    // Both halves lie in turns, four by four.
    const mixed = (x: number, y: number, channel: number, half: number): number => {
      const lane = half * 4 + (channel % 4);
      const taps = depthwise + Math.floor(channel / 4) * 320 + lane * 4;
      let value = numbers.get(taps + 288);
      for (let tap = 0; tap < 9; tap++) {
        const pixel = expanded.get(`${x + (tap % 3) - 1} ${y + Math.floor(tap / 3) - 1}`);
        value += (pixel?.[Math.floor(channel / 4) * 8 + lane] ?? 0) * numbers.get(taps + tap * 32);
      }
      return value;
    };
    each((x, y) => {
      const gate = Array.from({ length: channels }, (_, c) => mixed(x, y, c, 0) * mixed(x, y, c, 1));
      products.set(`${x} ${y}`, gate);
    });
    if (gatedStride > 0) {
      const totals = new Float64Array(buffer, sums, channels);
      each((x, y) => {
        products.get(`${x} ${y}`)!.forEach((value, channel) => {
          numbers.set(gated + y * gatedStride + (x * channels + channel) * 4, value);
          totals[channel]! += value;
        });
      });
    }
  }
  if ((parts & blockParts.finish) === 0) return;
  each((x, y) => {
    const at = place(x, y);
    const gate =
      products.get(`${x} ${y}`) ?? numbers.vector(gated + y * gatedStride + x * channels * 4, channels);
    const projected = multiply(numbers, record.project, gate, channels);
    const middle = numbers.vector(at, channels).map((value, channel) => value + projected[channel]!);
    const wide = multiply(numbers, record.widen, normalize(middle), 2 * channels);
    const fed = middle.map((_, c) => {
      const first = Math.floor(c / 4) * 8 + (c % 4);
      return wide[first]! * wide[first + 4]!;
    });
    multiply(numbers, record.narrow, fed, channels).forEach((value, channel) =>
      numbers.set(at + 4 * channel, middle[channel]! + value),
    );
  });
}

/** Sums of products with weights in panels of eight outputs, in the order of the panels. */
function multiply(
  numbers: Numbers,
  weights: number,
  values: readonly number[],
  outputs: number,
): readonly number[] {
  const panel = (values.length + 1) * 32;
  return Array.from({ length: outputs }, (_, output) => {
    const at = weights + Math.floor(output / 8) * panel + (output % 8) * 4;
    return values.reduce(
      (sum, value, index) => sum + value * numbers.get(at + (index + 1) * 32),
      numbers.get(at),
    );
  });
}

function normalize(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
}
