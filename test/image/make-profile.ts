/** D50-adapted XYZ of red, green and blue. */
export const primaries = {
  srgb: [
    [0.43607, 0.22249, 0.01392],
    [0.38515, 0.71687, 0.09708],
    [0.14307, 0.06061, 0.7141],
  ],
  displayP3: [
    [0.51512, 0.2412, -0.00105],
    [0.29198, 0.69225, 0.04189],
    [0.1571, 0.06657, 0.78407],
  ],
  adobeRgb: [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ],
} as const;

/** A tone curve: parameters of `para` type 3, a gamma for `curv`, or samples for `curv`. */
export type Curve = { parametric: readonly number[] } | { gamma: number } | { samples: readonly number[] };

/** sRGB's curve as ICC profiles write it. */
export const srgbCurve: Curve = { parametric: [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045] };

/** sRGB's curve as a table. */
export const srgbTable: Curve = {
  samples: Array.from({ length: 256 }, (_, index) => {
    const x = index / 255;
    return Math.round(65535 * (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  }),
};

/** Builds a matrix profile, or a grey one if `colors` is left out, with any further tags. */
export function makeProfile(
  curve: Curve,
  colors?: readonly (readonly number[])[],
  extra: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const tags: [string, Uint8Array][] = colors
    ? [
        ...(["rXYZ", "gXYZ", "bXYZ"] as const).map((name, index): [string, Uint8Array] => [
          name,
          xyz(colors[index]!),
        ]),
        ...["rTRC", "gTRC", "bTRC"].map((name): [string, Uint8Array] => [name, curveTag(curve)]),
      ]
    : [["kTRC", curveTag(curve)]];
  tags.push(["wtpt", xyz([0.9642, 1, 0.8249])], ...Object.entries(extra));
  let offset = 132 + tags.length * 12;
  const bytes = new Uint8Array(tags.reduce((sum, [, data]) => sum + padded(data), offset));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(8, 0x04300000);
  write(bytes, 12, "mntr");
  write(bytes, 16, colors ? "RGB " : "GRAY");
  write(bytes, 20, "XYZ ");
  write(bytes, 36, "acsp");
  bytes.set(xyz([0.9642, 1, 0.8249]).subarray(8), 68);
  view.setUint32(128, tags.length);
  tags.forEach(([name, data], index) => {
    write(bytes, 132 + index * 12, name);
    view.setUint32(136 + index * 12, offset);
    view.setUint32(140 + index * 12, data.length);
    bytes.set(data, offset);
    offset += padded(data);
  });
  return bytes;
}

function padded(data: Uint8Array): number {
  return Math.ceil(data.length / 4) * 4;
}

function write(bytes: Uint8Array, offset: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[offset + index] = text.charCodeAt(index);
}

function fixedNumbers(type: string, head: number, values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(head + values.length * 4);
  write(bytes, 0, type);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setInt32(head + index * 4, Math.round(value * 65536)));
  return bytes;
}

function xyz(values: readonly number[]): Uint8Array {
  return fixedNumbers("XYZ ", 8, values);
}

function curveTag(curve: Curve): Uint8Array {
  if ("parametric" in curve) {
    const tag = fixedNumbers("para", 12, curve.parametric);
    new DataView(tag.buffer).setUint16(8, [1, 3, 4, 5, 7].indexOf(curve.parametric.length));
    return tag;
  }
  const values = "gamma" in curve ? [Math.round(curve.gamma * 256)] : curve.samples;
  const tag = new Uint8Array(12 + values.length * 2);
  write(tag, 0, "curv");
  const view = new DataView(tag.buffer);
  view.setUint32(8, values.length);
  values.forEach((value, index) => view.setUint16(12 + index * 2, value));
  return tag;
}
