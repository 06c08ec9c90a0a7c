import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "@jest/globals";
import {
  blockFields,
  blockParts,
  compileKernels,
  instantiateKernels,
  layerFields,
  modes,
  type BlockRecord,
  type Kernels,
  type LayerRecord,
} from "../../src/sdk/engine/index.js";
import { randomArray } from "../backbone/networks.js";
import { scalarBlock, scalarLayer } from "./scalar-kernels.js";

test("the compiled kernels are those of their source", async () => {
  const { buildKernels } = await import("../../scripts/build-kernels.mjs");
  for (const [file, text] of buildKernels()) {
    const path = new URL(`../../src/sdk/engine/wasm/${file}`, import.meta.url);
    expect(readFileSync(path, "utf8") === text ? "the same" : `${file}: run npm run build`).toBe("the same");
  }
});

const memory = new WebAssembly.Memory({ initial: 16 });
const recordAt = 1024;
let kernels: Kernels;
/** The next free address. */
let end = 0;

beforeAll(async () => {
  kernels = instantiateKernels(await compileKernels(), memory);
});

/** Fills the memory with random numbers, and takes it all back. */
function start(seed: number): void {
  new Float32Array(memory.buffer).set(
    randomArray(memory.buffer.byteLength / 4, seed).map((value) => value / 2),
  );
  end = 2048;
}

function take(floats: number): number {
  const address = end;
  end += Math.ceil(floats / 16) * 64;
  return address;
}

function write<Name extends string>(
  fields: readonly Name[],
  record: Readonly<Partial<Record<Name, number>>>,
): void {
  new Uint32Array(memory.buffer, recordAt).set(fields.map((field) => record[field] ?? 0));
}

function expectSame(expected: ArrayBuffer, address: number, floats: number): void {
  const [a, b] = [memory.buffer, expected].map((buffer) => new Float32Array(buffer, address, floats));
  const greatest = a!.reduce((most, value, index) => Math.max(most, Math.abs(value - b![index]!)), 0);
  expect(greatest).toBeLessThan(2e-5);
  expect(Math.max(...b!.map(Math.abs))).toBeGreaterThan(0.1);
}

const layers = [
  // One pixel, as channel attention; then every number of pixels that is left over at the end of a row.
  { kernel: 1, stride: 1, inputs: 4, outputs: 4, width: 1, height: 1, mode: modes.store },
  { kernel: 3, stride: 1, inputs: 3, outputs: 8, width: 6, height: 3, mode: modes.store },
  { kernel: 2, stride: 2, inputs: 8, outputs: 12, width: 7, height: 2, mode: modes.add },
  { kernel: 5, stride: 2, inputs: 6, outputs: 24, width: 9, height: 4, mode: modes.rectify },
  { kernel: 6, stride: 2, inputs: 3, outputs: 20, width: 12, height: 3, mode: modes.store },
] as const;

test.each(layers)("a convolution is that of its scalar twin: %j", (layer) => {
  const { kernel, stride, inputs, outputs, width, height, mode } = layer;
  for (const isModulated of [false, true]) {
    start(kernel);
    const rowFloats = (width * stride + kernel) * inputs;
    const padded = Math.ceil(outputs / 8) * 8;
    const record: LayerRecord = {
      input: take(rowFloats * (height * stride + kernel)),
      rowStride: rowFloats * 4,
      pixelStride: stride * inputs * 4,
      step: stride * rowFloats * 4,
      rows: kernel,
      depth: kernel * inputs,
      weights: take(padded * (kernel * kernel * inputs + 1)),
      outputs,
      output: take(width * height * outputs),
      outputStride: outputs * 4,
      outputStep: width * outputs * 4,
      width,
      mode,
      ...(isModulated && { scale: take(outputs), offset: take(outputs), channels: outputs, pixels: width }),
      ...(!isModulated && { sum: take(width * height * 3), sumStep: width * 12, sumChannels: 3 }),
    };
    const twin = memory.buffer.slice(0);
    scalarLayer(twin, record, height);
    write(layerFields, record);
    // In any parts.
    for (let y = 0; y < height; y += 2) kernels.runLayer(recordAt, y, Math.min(height, y + 2));
    expectSame(twin, record.output!, width * height * outputs);
    if (!isModulated) expectSame(twin, record.sum!, width * height * 3);
  }
});

const blocks = [
  { width: 1, height: 1, channels: 4, band: 12 },
  { width: 5, height: 2, channels: 8, band: 12 },
  { width: 13, height: 5, channels: 12, band: 12 },
  { width: 31, height: 6, channels: 20, band: 12 },
  { width: 12, height: 4, channels: 24, band: 12 },
];

test.each(blocks)("a block in bands is that of its scalar twin: %j", ({ width, height, channels, band }) => {
  for (const isMeasured of [true, false]) {
    start(width);
    const padded = Math.ceil(channels / 8) * 8;
    const rowStride = (width + 2) * channels * 4;
    const expandedRow = 2 * channels * (band + 8);
    const record: BlockRecord = {
      features: take((rowStride / 4) * height),
      rowStride,
      width,
      height,
      channels,
      expand: take(2 * channels * (channels + 1)),
      depthwise: take(20 * channels),
      project: take(padded * (channels + 1)),
      widen: take(2 * channels * (channels + 1)),
      narrow: take(padded * (channels + 1)),
      window: take(3 * expandedRow),
      zeros: take(expandedRow),
      groupStride: (band + 8) * 32,
      column: take(2 * channels * height),
      normalized: take(channels * (band + 8)),
      products: take(channels * (band + 8)),
      gated: take(channels * (isMeasured ? band + 8 : width * height)),
      gatedStride: isMeasured ? 0 : width * channels * 4,
      sums: isMeasured ? 0 : take(2 * channels),
    };
    new Float32Array(memory.buffer).fill(0, record.zeros / 4, record.zeros / 4 + expandedRow);
    if (!isMeasured) new Float64Array(memory.buffer, record.sums, channels).fill(0);
    const twin = memory.buffer.slice(0);
    write(blockFields, record);
    for (const parts of isMeasured ? [blockParts.whole] : [blockParts.mix, blockParts.finish]) {
      scalarBlock(twin, record, parts);
      for (let left = 0; left < width; left += band) {
        const right = Math.min(width, left + band);
        for (let y = 0; y < height; y += 3) {
          kernels.runBlock(recordAt, parts, left, right, y, Math.min(height, y + 3));
        }
      }
    }
    // With what lies beside the features, which no block may touch.
    expectSame(twin, record.features, (rowStride / 4) * height);
    if (isMeasured) continue;
    expectSame(twin, record.gated, width * height * channels);
    const sums = [memory.buffer, twin].map((buffer) => [...new Float64Array(buffer, record.sums, channels)]);
    sums[0]!.forEach((sum, channel) => expect(sum).toBeCloseTo(sums[1]![channel]!, 3));
  }
});

test("weights change by the product of an expert's factors, and inputs are scaled", () => {
  start(3);
  const [depth, outputs, rank, strength] = [13, 16, 3, 0.7];
  const weights = take(depth * outputs);
  const [a, b] = [take(rank * depth), take(rank * outputs)];
  const [factors, result] = [take(depth - 1), take(depth * outputs)];
  const before = new Float32Array(memory.buffer.slice(0));
  kernels.mergeExpert(weights, depth, outputs, a, b, rank, strength);
  kernels.scaleInputs(weights, depth - 1, outputs, factors, result);
  const after = new Float32Array(memory.buffer);
  for (let output = 0; output < outputs; output++) {
    for (let index = 0; index < depth; index++) {
      const at = (Math.floor(output / 8) * depth + index) * 8 + (output % 8);
      let wanted = before[weights / 4 + at]!;
      for (let r = 0; r < rank; r++) {
        wanted += strength * before[a / 4 + r * depth + index]! * before[b / 4 + r * outputs + output]!;
      }
      expect(after[weights / 4 + at]).toBeCloseTo(wanted, 5);
      const factor = index === 0 ? 1 : before[factors / 4 + index - 1]!;
      expect(after[result / 4 + at]).toBeCloseTo(wanted * factor, 5);
    }
  }
});
