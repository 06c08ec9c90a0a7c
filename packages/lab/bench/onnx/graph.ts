/** A tensor of constants. */
export interface OnnxInitializer {
  /** Its name in the graph. */
  readonly name: string;
  /** Its shape; empty for a scalar. */
  readonly shape: readonly number[];
  /** Its values, row-major. */
  readonly values: Float32Array;
}

/** One operation of ONNX's default domain. */
export interface OnnxNode {
  /** Such as `Conv`. */
  readonly operator: string;
  /** Names of values and initializers. */
  readonly inputs: readonly string[];
  /** Names of the values that it makes. */
  readonly outputs: readonly string[];
  /** Integers, lists of them, and strings. */
  readonly attributes: Readonly<Record<string, number | readonly number[] | string>>;
}

/** A value that goes in or comes out; a side that is only known at run time has a name. */
export interface OnnxValue {
  /** Its name in the graph. */
  readonly name: string;
  /** Sides, float32. */
  readonly shape: readonly (number | string)[];
}

/** A computation in ONNX's operators. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** In an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
}

/** The version of ONNX's operators that the graphs here are written in. */
export const operatorSetVersion = 17;

/** Collects the nodes of a graph. */
export class OnnxGraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();

  /**
   * Adds constants; a name that is there already keeps its values.
   *
   * @returns `name`
   */
  constant(name: string, shape: readonly number[], values: Float32Array): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, { name, shape, values });
    return name;
  }

  /**
   * Adds a node with one output.
   *
   * @param operator - such as `Conv`
   * @param name - of its output
   * @returns `name`
   */
  add(
    operator: string,
    name: string,
    inputs: readonly string[],
    attributes: OnnxNode["attributes"] = {},
  ): string {
    this.#nodes.push({ operator, inputs, outputs: [name], attributes });
    return name;
  }

  /**
   * Cuts a value in two along an axis.
   *
   * @returns the names of both halves
   */
  halve(name: string, input: string, axis: number): readonly [string, string] {
    const outputs = [`${name}.first`, `${name}.second`] as const;
    this.#nodes.push({ operator: "Split", inputs: [input], outputs, attributes: { axis } });
    return outputs;
  }

  /** The graph of all that was added. */
  finish(inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): OnnxGraph {
    return { inputs, outputs, nodes: this.#nodes, initializers: [...this.#initializers.values()] };
  }
}
