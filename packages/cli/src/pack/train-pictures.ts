import sharp, { type OverlayOptions } from "sharp";
import type { PixelImage } from "limpid";

/** One row of a contact sheet. */
export interface ContactRow {
  /** The pictures from left to right, all 8-bit RGB, with what is written above each. */
  readonly cells: readonly { readonly caption: string; readonly image: PixelImage }[];
}

const gap = 8;
/** Columns that a short caption needs, however narrow its picture is. */
const leastWidth = 96;
const captionHeight = 22;

/**
 * Draws pictures in rows, each under its caption.
 *
 * @param rows - as many pictures in each; those of a row of one size
 * @returns a PNG
 */
export async function drawContactSheet(rows: readonly ContactRow[]): Promise<Uint8Array> {
  const layers: OverlayOptions[] = [];
  let top = gap;
  let width = 0;
  for (const { cells } of rows) {
    let left = gap;
    for (const { caption, image } of cells) {
      const text = `<span foreground="#222222">${escapeMarkup(caption)}</span>`;
      const { width: side, height, data } = image;
      const column = Math.max(side, leastWidth);
      layers.push(
        { input: { text: { text, rgba: true, font: "sans", dpi: 84, width: column } }, left, top: top + 2 },
        {
          input: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
          raw: { width: side, height, channels: 3 },
          left,
          top: top + captionHeight,
        },
      );
      left += column + gap;
    }
    width = Math.max(width, left);
    top += captionHeight + Math.max(...cells.map(({ image }) => image.height)) + gap;
  }
  return sharp({ create: { width, height: top, channels: 3, background: "#ffffff" } })
    .composite(layers)
    .png()
    .toBuffer();
}

/**
 * Draws an SVG document.
 *
 * @param svg - the document
 * @returns a PNG at twice its size
 */
export async function renderSvg(svg: string): Promise<Uint8Array> {
  return sharp(new TextEncoder().encode(svg), { density: 144 }).png().toBuffer();
}

function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
