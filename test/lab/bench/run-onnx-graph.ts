import * as tf from "@tensorflow/tfjs-core";
import type { OnnxGraph, OnnxNode } from "../../../packages/lab/bench/onnx/graph.js";

/**
 * Runs a graph by the definitions of ONNX's operators, in tfjs's operations on planes [n, c, h, w].
 *
 * @param graph - the graph
 * @param inputs - by name
 * @returns the value of the graph's first output, on the current tfjs backend
 */
export function runOnnxGraph(graph: OnnxGraph, inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
  return tf.tidy(() => {
    const values = new Map<string, tf.Tensor>(Object.entries(inputs));
    for (const { name, shape, values: data } of graph.initializers) {
      values.set(name, tf.tensor(data, [...shape]));
    }
    for (const node of graph.nodes) {
      const results = runNode(
        node,
        node.inputs.map((name) => values.get(name)!),
      );
      results.forEach((result, index) => values.set(node.outputs[index]!, result));
    }
    return values.get(graph.outputs[0]!.name)!;
  });
}

function runNode({ operator, attributes }: OnnxNode, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  const [a, b, c] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D | undefined];
  switch (operator) {
    case "Add":
      return [tf.add(a, b)];
    case "Sub":
      return [tf.sub(a, b)];
    case "Mul":
      return [tf.mul(a, b)];
    case "Div":
      return [tf.div(a, b)];
    case "Sqrt":
      return [tf.sqrt(a)];
    case "Erf":
      return [tf.erf(a)];
    case "Relu":
      return [tf.relu(a)];
    case "Sigmoid":
      return [tf.sigmoid(a)];
    case "ReduceMean":
      return [tf.mean(a, attributes.axes as number[], attributes.keepdims === 1)];
    case "GlobalAveragePool":
      return [tf.mean(a, [2, 3], true)];
    case "Split":
      return tf.split(a, 2, attributes.axis as number);
    case "DepthToSpace":
      return [shuffle(a, attributes.blocksize as number)];
    case "Conv":
      return [convolve(a, b, c, attributes)];
    default:
      throw new Error(`the graph has an operator ${operator}`);
  }
}

/** Mode CRD. */
function shuffle(x: tf.Tensor4D, size: number): tf.Tensor {
  const [n, channels, h, w] = x.shape;
  const c = channels / size ** 2;
  const squares = tf.transpose(tf.reshape(x, [n, c, size, size, h, w]), [0, 1, 4, 2, 5, 3]);
  return tf.reshape(squares, [n, c, h * size, w * size]);
}

function convolve(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  attributes: OnnxNode["attributes"],
): tf.Tensor {
  const { group = 1, strides = [1, 1], pads = [0, 0, 0, 0] } = attributes;
  const [top = 0, left = 0, bottom = 0, right = 0] = pads as number[];
  const pixels = tf.pad(tf.transpose(x, [0, 2, 3, 1]), [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
  const stride = strides as [number, number];
  const y =
    group === 1
      ? tf.conv2d(pixels, tf.transpose(kernel, [2, 3, 1, 0]), stride, "valid")
      : tf.depthwiseConv2d(pixels, tf.transpose(kernel, [2, 3, 0, 1]), stride, "valid");
  return tf.transpose(bias === undefined ? y : tf.add(y, bias), [0, 3, 1, 2]);
}
