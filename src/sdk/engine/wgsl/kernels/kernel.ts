import type { Precision } from "../precision.js";

/** The most steps of a dispatch. */
const maximumSteps = 10;

/** How a kernel uses one of its bindings. */
export type BindingKind = "uniform" | "read-only-storage" | "storage";

/** One compute shader. Kernels with the same key are the same. */
export interface Kernel {
  /** Says what it computes and for which sizes; unique. */
  readonly key: string;
  /** The shader, in WGSL, with the entry point `main`. */
  readonly source: string;
  /** Its bindings in group 0, in order. */
  readonly bindings: readonly BindingKind[];
}

/** What the generated shaders depend on besides the network. */
export interface KernelOptions {
  readonly precision: Precision;
  /** Whether blocks of few channels are computed whole, once channel attention is given. */
  readonly wholeBlocks: boolean;
  /** Invocations of a workgroup of the kernels that work on tiles. */
  readonly threads: number;
  /** Vectors of four that the arrays hold which such a workgroup shares. */
  readonly tileVectors: number;
}

/** A binding as a kernel's author writes it. */
export interface Declaration {
  readonly name: string;
  readonly type: string;
  readonly kind: BindingKind;
}

/**
 * What a dispatch is told: the sizes of its level and of the image, numbers at which loops end, how its workgroups cover
 * the pixels, where the depthwise weights begin, and its steps. Nothing of a network but this differs between its
 * kernels, so that a network of any depth has five; and compilers, which unroll loops whose end they know, do not take
 * minutes.
 */
const sizeStruct = `struct Size {
  width: u32,
  height: u32,
  pixels: u32,
  imageWidth: u32,
  imageHeight: u32,
  strips: u32,
  groups: u32,
  outputs: u32,
  taps: u32,
  colors: u32,
  rows: u32,
  lanes: u32,
  steps: u32,
  across: u32,
  down: u32,
  columns: u32,
  lines: u32,
  border: u32,
  mix: u32,
  start: u32,
  plane: u32,
  square: u32,
  program: array<vec4u, ${maximumSteps}>,
}`;

/** Bytes of {@link sizeStruct}. */
export const sizeBytes = 96 + maximumSteps * 16;

/** A uniform of {@link sizeStruct}. */
export const size: Declaration = { name: "size", type: "Size", kind: "uniform" };

/** A storage buffer that is only read. */
export function read(name: string, type = "array<Vector>"): Declaration {
  return { name, type, kind: "read-only-storage" };
}

/** Vectors of one run that are computed once: modulations, channel attentions. */
export function vectors(name: string, length: number): Declaration {
  return { name, type: `array<vec4f, ${length}>`, kind: "uniform" };
}

/** A storage buffer that is written. */
export function write(name: string, type = "array<Vector>"): Declaration {
  return { name, type, kind: "storage" };
}

/** Assembles a kernel of its bindings, in order, and its functions and variables, the entry point among them. */
export function makeKernel(
  key: string,
  { precision, threads, tileVectors }: KernelOptions,
  declarations: readonly Declaration[],
  body: string,
): Kernel {
  const lines = [
    ...(precision === "f16" ? ["enable f16;"] : []),
    `alias Vector = vec4<${precision}>;`,
    sizeStruct,
    ...declarations.map(({ name, type, kind }, index) => {
      const space = kind === "uniform" ? "uniform" : `storage, ${kind === "storage" ? "read_write" : "read"}`;
      return `@group(0) @binding(${index}) var<${space}> ${name}: ${type};`;
    }),
    ...(body.includes("multiply(") ? [multiply(precision)] : []),
    body,
  ];
  return {
    key: `${key} ${precision} ${threads} ${tileVectors}`,
    source: lines.join("\n"),
    bindings: declarations.map(({ kind }) => kind),
  };
}

/**
 * `multiply`: a 4x4 block of a convolution times four inputs, added to a sum in single precision. In half floats only
 * the four products are added up before they are widened.
 */
function multiply(precision: Precision): string {
  return precision === "f16"
    ? `fn multiply(sum: vec4f, a: Vector, b: Vector, c: Vector, d: Vector, x: Vector) -> vec4f {
  return sum + vec4f(a * x.x + b * x.y + (c * x.z + d * x.w));
}`
    : `fn multiply(sum: vec4f, a: Vector, b: Vector, c: Vector, d: Vector, x: Vector) -> vec4f {
  return fma(d, vec4f(x.w), fma(c, vec4f(x.z), fma(b, vec4f(x.y), fma(a, vec4f(x.x), sum))));
}`;
}
