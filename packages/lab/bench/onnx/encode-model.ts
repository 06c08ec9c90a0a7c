import { operatorSetVersion, type OnnxGraph, type OnnxNode, type OnnxValue } from "./graph.js";

/** ONNX's number for float32. */
const float32 = 1;
/** ONNX's numbers for the types of attributes. */
const attributeTypes = { integer: 2, string: 3, integers: 7 };
/** The version of the file format. */
const formatVersion = 8;

/**
 * Writes a graph as an ONNX model file, which is one Protocol Buffers message. Source: the field numbers of `onnx.proto`,
 * ONNX 1.12.
 *
 * @param graph - the graph
 * @returns the file's bytes
 */
export function encodeOnnxModel(graph: OnnxGraph): Uint8Array {
  const message = new MessageWriter();
  for (const node of graph.nodes) message.bytes(1, encodeNode(node));
  message.text(2, "backbone");
  for (const { name, shape, values } of graph.initializers) {
    const tensor = new MessageWriter();
    for (const side of shape) tensor.integer(1, side);
    tensor.integer(2, float32);
    tensor.text(8, name);
    tensor.bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    message.bytes(5, tensor.finish());
  }
  for (const value of graph.inputs) message.bytes(11, encodeValue(value));
  for (const value of graph.outputs) message.bytes(12, encodeValue(value));

  const operatorSet = new MessageWriter();
  operatorSet.text(1, "");
  operatorSet.integer(2, operatorSetVersion);
  const model = new MessageWriter();
  model.integer(1, formatVersion);
  model.text(2, "limpid-bench");
  model.bytes(7, message.finish());
  model.bytes(8, operatorSet.finish());
  return model.finish();
}

function encodeNode({ operator, inputs, outputs, attributes }: OnnxNode): Uint8Array {
  const node = new MessageWriter();
  for (const input of inputs) node.text(1, input);
  for (const output of outputs) node.text(2, output);
  node.text(3, outputs[0]!);
  node.text(4, operator);
  for (const [name, value] of Object.entries(attributes)) node.bytes(5, encodeAttribute(name, value));
  return node.finish();
}

function encodeAttribute(name: string, value: number | readonly number[] | string): Uint8Array {
  const attribute = new MessageWriter();
  attribute.text(1, name);
  if (typeof value === "number") {
    attribute.integer(3, value);
    attribute.integer(20, attributeTypes.integer);
  } else if (typeof value === "string") {
    attribute.text(4, value);
    attribute.integer(20, attributeTypes.string);
  } else {
    for (const item of value) attribute.integer(8, item);
    attribute.integer(20, attributeTypes.integers);
  }
  return attribute.finish();
}

function encodeValue({ name, shape }: OnnxValue): Uint8Array {
  const sides = new MessageWriter();
  for (const side of shape) {
    const dimension = new MessageWriter();
    if (typeof side === "number") dimension.integer(1, side);
    else dimension.text(2, side);
    sides.bytes(1, dimension.finish());
  }
  const tensor = new MessageWriter();
  tensor.integer(1, float32);
  tensor.bytes(2, sides.finish());
  const type = new MessageWriter();
  type.bytes(1, tensor.finish());
  const value = new MessageWriter();
  value.text(1, name);
  value.bytes(2, type.finish());
  return value.finish();
}

/** Writes the fields of one Protocol Buffers message: integers that are not negative, texts, and bytes. */
class MessageWriter {
  readonly #parts: Uint8Array[] = [];

  integer(field: number, value: number): void {
    this.#parts.push(encodeInteger(field * 8), encodeInteger(value));
  }

  text(field: number, value: string): void {
    this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): void {
    this.#parts.push(encodeInteger(field * 8 + 2), encodeInteger(value.length), value);
  }

  finish(): Uint8Array {
    const message = new Uint8Array(this.#parts.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const part of this.#parts) {
      message.set(part, offset);
      offset += part.length;
    }
    return message;
  }
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function encodeInteger(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
