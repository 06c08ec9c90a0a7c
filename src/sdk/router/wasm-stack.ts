import { TurnQueue } from "../base/index.js";
import {
  floatBytes,
  KernelMemory,
  layerFields,
  modes,
  Pace,
  packPanels,
  paddedOutputs,
  type LayerRecord,
} from "../engine/index.js";
import { outputSize, type ConvolutionStack, type FeatureMap, type StackLayer } from "./convolution-stack.js";

type Shape = Omit<FeatureMap, "values">;

/** Where a layer's input lies, zeros around it included. */
interface Padded extends Shape {
  readonly start: number;
  readonly border: number;
  readonly rowStride: number;
  readonly length: number;
}

/** The stack in the WebAssembly kernels, on a memory of its own. Views take turns. */
export class WasmStack implements ConvolutionStack {
  readonly #layers: readonly StackLayer[];
  readonly #pooled: readonly number[];
  readonly #memory: KernelMemory;
  readonly #weights: readonly number[];
  readonly #record: number;
  readonly #turns = new TurnQueue();

  /**
   * @param layers - the convolutions, each with outputs in groups of four
   * @throws {@link LimpidError} `OutOfMemory`
   */
  constructor(module: WebAssembly.Module, layers: readonly StackLayer[], pooled: readonly number[]) {
    this.#layers = layers;
    this.#pooled = pooled;
    const memory = new KernelMemory(module);
    this.#memory = memory;
    this.#record = memory.take(layerFields.length);
    this.#weights = layers.map(({ outputs, weights }) =>
      memory.take(paddedOutputs(outputs) * (weights.length / outputs + 1)),
    );
    memory.grow(memory.end);
    layers.forEach(({ outputs, weights, bias }, layer) => {
      packPanels(
        memory.floats.subarray(this.#weights[layer]! / floatBytes),
        { outputs, depth: weights.length / outputs, isPaired: false },
        { bias: (output) => bias[output]!, weight: (output, index) => weights[index * outputs + output]! },
      );
    });
  }

  /** Whether the kernels run these layers. */
  static runs(layers: readonly StackLayer[]): boolean {
    return layers.every(({ outputs }) => outputs % 4 === 0);
  }

  get byteSize(): number {
    return this.#memory.byteSize;
  }

  run(view: FeatureMap): Promise<readonly FeatureMap[]> {
    return this.#turns.add(() => this.#run(view));
  }

  async #run(view: FeatureMap): Promise<readonly FeatureMap[]> {
    const places = this.#place(view);
    const { floats, kernels } = this.#memory;
    this.#write(places[0]!, view);
    const pooled = new Map<number, FeatureMap>();
    const pace = new Pace();
    for (const [index, layer] of this.#layers.entries()) {
      const [from, to] = [places[index]!, places[index + 1]!];
      floats.fill(0, to.start / floatBytes, (to.start + to.length) / floatBytes);
      const record = this.#layerRecord(index, layer, from, to);
      this.#memory.setWords(
        this.#record,
        layerFields.map((field) => record[field] ?? 0),
      );
      const cost = to.width * layer.outputs * layer.inputs * layer.size ** 2;
      await this.#memory.inSlices(to.height, cost, pace, (first, end) =>
        kernels.runLayer(this.#record, first, end),
      );
      if (this.#pooled.includes(index)) pooled.set(index, this.#read(to));
    }
    return this.#pooled.map((index) => pooled.get(index)!);
  }

  /** Where the view and the layers' outputs go: each layer reads one half of the arena and writes the other. */
  #place(view: Shape): readonly Padded[] {
    const shapes = [view];
    for (const layer of this.#layers) {
      const { height, width } = shapes.at(-1)!;
      shapes.push({
        height: outputSize(layer, height),
        width: outputSize(layer, width),
        channels: layer.outputs,
      });
    }
    const padded = shapes.map(({ height, width, channels }, index) => {
      const border = ((this.#layers[index]?.size ?? 1) - 1) / 2;
      const rowStride = (width + 2 * border) * channels * floatBytes;
      return { height, width, channels, border, rowStride, length: (height + 2 * border) * rowStride };
    });
    const half = Math.ceil(Math.max(...padded.map(({ length }) => length)) / 64) * 64;
    const { end } = this.#memory;
    this.#memory.grow(end + 2 * half);
    return padded.map((place, index) => ({ ...place, start: end + (index % 2) * half }));
  }

  #layerRecord(index: number, layer: StackLayer, from: Padded, to: Padded): LayerRecord {
    return {
      input: from.start,
      rowStride: from.rowStride,
      pixelStride: layer.stride * layer.inputs * floatBytes,
      step: layer.stride * from.rowStride,
      rows: layer.size,
      depth: layer.size * layer.inputs,
      weights: this.#weights[index]!,
      outputs: layer.outputs,
      output: firstCell(to),
      outputStride: layer.outputs * floatBytes,
      outputStep: to.rowStride,
      width: to.width,
      mode: modes.rectify,
    };
  }

  #write(place: Padded, { height, width, channels, values }: FeatureMap): void {
    const { floats } = this.#memory;
    floats.fill(0, place.start / floatBytes, (place.start + place.length) / floatBytes);
    for (let y = 0; y < height; y++) {
      const row = values.subarray(y * width * channels, (y + 1) * width * channels);
      floats.set(row, (firstCell(place) + y * place.rowStride) / floatBytes);
    }
  }

  #read(place: Padded): FeatureMap {
    const { height, width, channels, rowStride } = place;
    const values = new Float32Array(height * width * channels);
    for (let y = 0; y < height; y++) {
      const start = (firstCell(place) + y * rowStride) / floatBytes;
      values.set(this.#memory.floats.subarray(start, start + width * channels), y * width * channels);
    }
    return { height, width, channels, values };
  }
}

/** Within the zeros around it. */
function firstCell({ start, border, rowStride, channels }: Padded): number {
  return start + border * (rowStride + channels * floatBytes);
}
