import { LimpidError } from "../base/index.js";
import { instantiateKernels, layerFields, modes, Pace, panelWidth, type Kernels } from "../engine/index.js";
import { outputSize, type ConvolutionStack, type FeatureMap, type StackLayer } from "./convolution-stack.js";

const floatBytes = 4;
const pageBytes = 65_536;
/** What lies at lower addresses is the kernels' own. */
const firstAddress = 1024;
/** Multiply-adds between two looks at the clock: a millisecond or so. */
const sliceCost = 2e7;

/** Where a layer's input lies, zeros around it included. */
interface Padded {
  readonly start: number;
  readonly border: number;
  readonly rowStride: number;
  readonly length: number;
}

/** The stack in the WebAssembly kernels, on a memory of its own. */
export class WasmStack implements ConvolutionStack {
  readonly #layers: readonly StackLayer[];
  readonly #pooled: readonly number[];
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels: Kernels;
  readonly #weights: readonly number[];
  readonly #record: number;
  readonly #arena: number;

  /**
   * @param module - the compiled kernels
   * @param layers - the convolutions, each with outputs in groups of four
   * @param pooled - which outputs are wanted
   * @throws {@link LimpidError} `OutOfMemory`
   */
  constructor(module: WebAssembly.Module, layers: readonly StackLayer[], pooled: readonly number[]) {
    this.#layers = layers;
    this.#pooled = pooled;
    this.#kernels = instantiateKernels(module, this.#memory);
    let end = firstAddress;
    const take = (floats: number): number => {
      const offset = end;
      end += Math.ceil(floats / 16) * 64;
      return offset;
    };
    this.#record = take(layerFields.length);
    const packed = layers.map(packPanels);
    this.#weights = packed.map(({ length }) => take(length));
    this.#arena = end;
    this.#grow(end);
    const floats = new Float32Array(this.#memory.buffer);
    packed.forEach((weights, index) => floats.set(weights, this.#weights[index]! / floatBytes));
  }

  /** Whether the kernels run these layers. */
  static runs(layers: readonly StackLayer[]): boolean {
    return layers.every(({ outputs }) => outputs % 4 === 0);
  }

  get byteSize(): number {
    return this.#memory.buffer.byteLength;
  }

  async run(view: FeatureMap): Promise<readonly FeatureMap[]> {
    const shapes = [view];
    for (const layer of this.#layers) {
      const { height, width } = shapes.at(-1)!;
      shapes.push({
        ...{ height: outputSize(layer, height), width: outputSize(layer, width) },
        ...{ channels: layer.outputs, values: view.values },
      });
    }
    // Each layer reads one half of the arena and writes the other.
    const borders = [...this.#layers.map(({ size }) => (size - 1) / 2), 0];
    const lengths = shapes.map(({ height, width, channels }, index) => {
      const border = borders[index]!;
      return (height + 2 * border) * (width + 2 * border) * channels * floatBytes;
    });
    const half = Math.ceil(Math.max(...lengths) / 64) * 64;
    this.#grow(this.#arena + 2 * half);
    const places = shapes.map(({ width, channels }, index): Padded => {
      const border = borders[index]!;
      const rowStride = (width + 2 * border) * channels * floatBytes;
      return { start: this.#arena + (index % 2) * half, border, rowStride, length: lengths[index]! };
    });
    const floats = new Float32Array(this.#memory.buffer);
    this.#write(floats, places[0]!, view);
    const outputs: FeatureMap[] = [];
    const pace = new Pace();
    for (const [index, layer] of this.#layers.entries()) {
      const [from, to, shape] = [places[index]!, places[index + 1]!, shapes[index + 1]!];
      floats.fill(0, to.start / floatBytes, (to.start + to.length) / floatBytes);
      const words = this.#layerRecord(index, layer, from, to, shape);
      new Uint32Array(this.#memory.buffer).set(words, this.#record / floatBytes);
      const cost = shape.width * layer.outputs * layer.inputs * layer.size ** 2;
      const rows = Math.max(1, Math.floor(sliceCost / cost));
      for (let y = 0; y < shape.height; y += rows) {
        this.#kernels.runLayer(this.#record, y, Math.min(shape.height, y + rows));
        await pace.breathe();
      }
      outputs.push(this.#pooled.includes(index) ? this.#readMap(floats, to, shape) : shape);
    }
    return this.#pooled.map((index) => outputs[index]!);
  }

  #layerRecord(index: number, layer: StackLayer, from: Padded, to: Padded, shape: FeatureMap): number[] {
    const record: Partial<Record<(typeof layerFields)[number], number>> = {
      input: from.start,
      rowStride: from.rowStride,
      pixelStride: layer.stride * layer.inputs * floatBytes,
      step: layer.stride * from.rowStride,
      rows: layer.size,
      depth: layer.size * layer.inputs,
      weights: this.#weights[index]!,
      outputs: layer.outputs,
      output: firstCell(to, layer.outputs),
      outputStride: layer.outputs * floatBytes,
      outputStep: to.rowStride,
      width: shape.width,
      mode: modes.rectify,
    };
    return layerFields.map((field) => record[field] ?? 0);
  }

  #write(floats: Float32Array, place: Padded, { height, width, channels, values }: FeatureMap): void {
    floats.fill(0, place.start / floatBytes, (place.start + place.length) / floatBytes);
    for (let y = 0; y < height; y++) {
      const row = values.subarray(y * width * channels, (y + 1) * width * channels);
      floats.set(row, (firstCell(place, channels) + y * place.rowStride) / floatBytes);
    }
  }

  #readMap(floats: Float32Array, place: Padded, { height, width, channels }: FeatureMap): FeatureMap {
    const values = new Float32Array(height * width * channels);
    for (let y = 0; y < height; y++) {
      const start = (firstCell(place, channels) + y * place.rowStride) / floatBytes;
      values.set(floats.subarray(start, start + width * channels), y * width * channels);
    }
    return { height, width, channels, values };
  }

  #grow(size: number): void {
    const missing = Math.ceil((size - this.#memory.buffer.byteLength) / pageBytes);
    if (missing <= 0) return;
    try {
      this.#memory.grow(missing);
    } catch (error) {
      throw new LimpidError("OutOfMemory", `WebAssembly's memory cannot grow to ${size} bytes`, {
        cause: error,
      });
    }
  }
}

function firstCell({ start, border, rowStride }: Padded, channels: number): number {
  return start + border * (rowStride + channels * floatBytes);
}

/** Panels as `assembly/convolution.ts` reads them: eight biases, then eight weights for each number that is read. */
function packPanels({ outputs, weights, bias }: StackLayer): Float32Array {
  const depth = weights.length / outputs;
  const packed = new Float32Array(Math.ceil(outputs / panelWidth) * panelWidth * (depth + 1));
  for (let output = 0; output < outputs; output++) {
    const lane = output % panelWidth;
    let at = (output - lane) * (depth + 1) + lane;
    packed[at] = bias[output]!;
    for (let index = 0; index < depth; index++)
      packed[(at += panelWidth)] = weights[index * outputs + output]!;
  }
  return packed;
}
