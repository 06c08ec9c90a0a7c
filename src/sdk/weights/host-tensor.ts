import { LimpidError } from "../base/index.js";
import { allocateBytes } from "./allocate.js";
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from "./half-float.js";
import { countElements } from "./shape.js";
import { bytesPerElement, isTensorType, type TensorType } from "./tensor-type.js";

/**
 * A tensor in the memory of the host, as weight files hold it: row-major, densely packed, little-endian.
 *
 * It owns nothing. {@link HostTensor.bytes} may be a view onto a whole weight file that other tensors share,
 * so treat it as read-only, and know that keeping one tensor keeps its file in memory. Like WebAssembly and
 * WebGPU, this class takes the machine to be little-endian.
 */
export class HostTensor {
  /** How one element is stored. */
  readonly dtype: TensorType;

  /** One length per axis, outermost first, in the order of the file; `[]` for a scalar. Frozen. */
  readonly shape: readonly number[];

  /** The elements; `size` times the bytes of one. Possibly a view, at any alignment. */
  readonly bytes: Uint8Array;

  /**
   * @param dtype - how one element is stored
   * @param shape - one length per axis; copied
   * @param bytes - the elements; kept, not copied
   * @throws {@link LimpidError} `InvalidArgument` if `dtype` or `shape` is not one, or `bytes` has another
   *   length than they ask for
   */
  constructor(dtype: TensorType, shape: readonly number[], bytes: Uint8Array) {
    if (!isTensorType(dtype)) {
      throw new LimpidError("InvalidArgument", `${String(dtype)} is not an element type of a tensor`);
    }
    const size = countElements(shape);
    if (size === undefined) {
      throw new LimpidError("InvalidArgument", `[${shape.join(", ")}] is not the shape of a tensor`);
    }
    if (bytes.byteLength !== size * bytesPerElement(dtype)) {
      throw new LimpidError(
        "InvalidArgument",
        `a ${dtype} tensor of shape [${shape.join(", ")}] takes ${size * bytesPerElement(dtype)} bytes, ` +
          `not ${bytes.byteLength}`,
      );
    }
    this.dtype = dtype;
    this.shape = Object.freeze([...shape]);
    this.bytes = bytes;
  }

  /** How many elements it holds. */
  get size(): number {
    return this.bytes.byteLength / bytesPerElement(this.dtype);
  }

  /**
   * The elements as single-precision floats. Half and brain floats widen exactly; integers beyond 2^24 round.
   *
   * @returns for `F32`, a view onto {@link HostTensor.bytes} if they are aligned to 4 bytes, which must not be
   *   written to; otherwise a new array that is the caller's
   */
  toFloat32(): Float32Array {
    switch (this.dtype) {
      case "F32": {
        const bytes = alignedTo(this.bytes, 4);
        return new Float32Array(bytes.buffer, bytes.byteOffset, this.size);
      }
      case "F16":
        return halfToFloat(this.#uint16());
      case "BF16":
        return bfloatToFloat(this.#uint16());
      case "I32": {
        const bytes = alignedTo(this.bytes, 4);
        return Float32Array.from(new Int32Array(bytes.buffer, bytes.byteOffset, this.size));
      }
      case "U8":
        return Float32Array.from(this.bytes);
    }
  }

  /**
   * Stores floats as a tensor, rounding to nearest and ties to even if `dtype` is narrower.
   *
   * @param shape - one length per axis
   * @param values - as many floats as `shape` asks for; copied
   * @param dtype - how to store them; `F32` if left out
   * @returns a tensor on a buffer of its own
   * @throws {@link LimpidError} `InvalidArgument` if the length of `values` does not fit `shape`
   */
  static fromFloat32(
    shape: readonly number[],
    values: Float32Array,
    dtype: "F32" | "F16" | "BF16" = "F32",
  ): HostTensor {
    const bytes = allocateBytes(values.length * bytesPerElement(dtype), `a ${dtype} tensor`);
    if (dtype === "F32") {
      new Float32Array(bytes.buffer).set(values);
    } else if (dtype === "F16") {
      floatToHalf(values, new Uint16Array(bytes.buffer));
    } else {
      floatToBfloat(values, new Uint16Array(bytes.buffer));
    }
    return new HostTensor(dtype, shape, bytes);
  }

  #uint16(): Uint16Array {
    const bytes = alignedTo(this.bytes, 2);
    return new Uint16Array(bytes.buffer, bytes.byteOffset, this.size);
  }
}

/**
 * Bytes that a typed array of wider elements can view.
 *
 * @param bytes - at any offset of their buffer
 * @param alignment - bytes of one element
 * @returns `bytes` themselves if their offset is a multiple of `alignment`, otherwise a copy
 */
export function alignedTo(bytes: Uint8Array, alignment: number): Uint8Array {
  return bytes.byteOffset % alignment === 0 ? bytes : bytes.slice();
}
