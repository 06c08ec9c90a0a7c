import { latin1 } from "../../../../src/sdk/base/index.js";

/** Datasets of record 2 that tell where a photo was taken (IPTC IIM 4.2): content location, city, sublocation, state, country. */
const locations: ReadonlySet<number> = new Set([26, 27, 90, 92, 95, 100, 101]);

/** The number of IPTC's resource among Photoshop's. */
const iptcResource = 0x0404;

/**
 * The IPTC data among Photoshop's image resources, which is how JPEG holds it.
 *
 * @param resources - a series of `8BIM` blocks, with or without `Photoshop 3.0\0` before it
 * @returns datasets; undefined if there are none
 */
export function iptcOfResources(resources: Uint8Array): Uint8Array | undefined {
  const view = new DataView(resources.buffer, resources.byteOffset, resources.byteLength);
  const name = "Photoshop 3.0\0";
  let at = latin1(resources, 0, name.length) === name ? name.length : 0;
  while (at + 12 <= resources.length && latin1(resources, at, 4) === "8BIM") {
    const id = view.getUint16(at + 4);
    const nameLength = resources[at + 6]! + 1;
    const sizeAt = at + 6 + nameLength + (nameLength & 1);
    if (sizeAt + 4 > resources.length) return undefined;
    const size = view.getUint32(sizeAt);
    const data = resources.subarray(sizeAt + 4, sizeAt + 4 + size);
    if (id === iptcResource) return data.length === size && size > 0 ? data : undefined;
    at = sizeAt + 4 + size + (size & 1);
  }
  return undefined;
}

/**
 * IPTC data as an image resource of Photoshop.
 *
 * @param iptc - datasets
 */
export function resourcesOfIptc(iptc: Uint8Array): Uint8Array {
  const block = new Uint8Array(12 + iptc.length + (iptc.length & 1));
  block.set([0x38, 0x42, 0x49, 0x4d]);
  const view = new DataView(block.buffer);
  view.setUint16(4, iptcResource);
  view.setUint32(8, iptc.length);
  block.set(iptc, 12);
  return block;
}

/**
 * IPTC data without what tells where a photo was taken.
 *
 * @param iptc - datasets
 * @returns undefined if they are damaged, so that it cannot be told what they say
 */
export function withoutIptcLocation(iptc: Uint8Array): Uint8Array | undefined {
  const kept: Uint8Array[] = [];
  let at = 0;
  // Padding may follow the last dataset.
  while (at + 5 <= iptc.length && iptc[at] === 0x1c) {
    const length = (iptc[at + 3]! << 8) | iptc[at + 4]!;
    const end = at + 5 + length;
    // The highest bit stands for a length of several bytes, which no text needs.
    if (length >= 0x8000 || end > iptc.length) return undefined;
    if (iptc[at + 1] !== 2 || !locations.has(iptc[at + 2]!)) kept.push(iptc.subarray(at, end));
    at = end;
  }
  return iptc.subarray(at).some((byte) => byte !== 0) ? undefined : Buffer.concat(kept);
}
