import sharp from "sharp";

const severities = [0.2, 0.5, 0.9];
const cell = { width: 240, height: 180 };
const gap = 6;
const caption = 24;
const perLine = 2;

/**
 * Draws every degradation at three severities, on details of a photo at its own resolution.
 *
 * @param {object} limpid - what of the package draws it
 * @param {typeof import("limpid/authoring").degrade} limpid.degrade
 * @param {typeof import("limpid/authoring").degradationNames} limpid.degradationNames
 * @param {import("limpid").PixelImage} photo - at least 240 x 180
 * @param {string} output - the JPEG to write
 */
export async function drawDegradationSheet({ degrade, degradationNames }, photo, output) {
  /** @type {Parameters<ReturnType<typeof sharp>["composite"]>[0]} */
  const layers = [];
  for (const [index, degradation] of degradationNames.entries()) {
    const line = Math.floor(index / perLine);
    const top = line * (cell.height + caption + gap);
    for (const [column, severity] of severities.entries()) {
      const left = ((index % perLine) * severities.length + column) * (cell.width + gap);
      const { data, width, height } = degrade(photo, [{ degradation, severity }], 3);
      const detail = await sharp(/** @type {Uint8Array} */ (data), { raw: { width, height, channels: 3 } })
        .extract({
          left: Math.floor((width - cell.width) / 2),
          top: Math.floor((height - cell.height) / 2),
          ...cell,
        })
        .png()
        .toBuffer();
      const text = `<span foreground="#222222">${degradation} ${severity}</span>`;
      layers.push(
        { input: { text: { text, rgba: true, font: "sans", dpi: 84 } }, left: left + 4, top: top + 3 },
        { input: detail, left, top: top + caption },
      );
    }
  }
  const columns = perLine * severities.length;
  const lines = Math.ceil(degradationNames.length / perLine);
  const size = {
    width: columns * (cell.width + gap) - gap,
    height: lines * (cell.height + caption + gap) - gap,
  };
  await sharp({ create: { ...size, channels: 3, background: "#ffffff" } })
    .composite(layers)
    .jpeg({ quality: 80, chromaSubsampling: "4:4:4" })
    .toFile(output);
}
