/** @typedef {{ label: string, value: string }} Row - a line of a panel */

/**
 * A panel is a command in the menu `panel`: the editor executes it and draws the rows that it returns.
 *
 * @param context - an `ExtensionContext` of `limpid/extension`
 * @param api - a `LimpidApi`, with `pixels`, for which the manifest asks
 */
export function activate(context, { commands, configuration, pixels }) {
  context.subscriptions.push(
    commands.register("limpid-examples.qualityReport", async () => {
      const image = await pixels.read();
      const least = Number(configuration.get("limpid-examples.leastProbability"));
      const faults = (await pixels.analyze(image)).filter(({ probability }) => probability >= least);
      const { dark, bright } = clippedShares(image);
      /** @type {Row[]} */
      const rows = [
        {
          label: "size",
          value: `${image.width} x ${image.height}, ${(image.width * image.height * 1e-6).toFixed(2)} megapixels`,
        },
        ...faults.map(({ degradation, probability }) => ({
          label: degradation,
          value: percent(probability),
        })),
        { label: "black", value: percent(dark) },
        { label: "white", value: percent(bright) },
      ];
      return { rows };
    }),
  );
}

/**
 * Which part of the pixels has lost its detail: all colours at the least or at the greatest value. Looks at 10,000 pixels at most,
 * since an extension's code is interpreted.
 */
function clippedShares({ width, height, channels, data }) {
  const colors = channels < 3 ? 1 : 3;
  const maximum = data instanceof Uint8Array ? 255 : data instanceof Uint16Array ? 65535 : 1;
  const pixels = width * height;
  const step = Math.ceil(pixels / 10_000);
  let [dark, bright, count] = [0, 0, 0];
  for (let pixel = 0; pixel < pixels; pixel += step) {
    const values = data.subarray(pixel * channels, pixel * channels + colors);
    if (values.every((value) => value <= 0)) dark++;
    if (values.every((value) => value >= maximum)) bright++;
    count++;
  }
  return { dark: dark / count, bright: bright / count };
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(100 * share)} %`;
}
