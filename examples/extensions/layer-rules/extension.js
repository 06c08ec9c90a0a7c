/** @typedef {{ id: string, name: string }} Layer - as the application's command `editor.layers` tells of it */

/**
 * Restores every layer whose name matches the rule in the settings. An editor's layers are its own: the application brings the
 * commands `editor.layers` and `editor.activate`, and lists them in `extensions.commands`.
 *
 * @param context - an `ExtensionContext` of `limpid/extension`: takes what must end with the extension
 * @param api - a `LimpidApi`: all that this code can do; with `pixels`, for which the manifest asks
 */
export function activate(context, api) {
  context.subscriptions.push(
    api.commands.register("limpid-examples.restoreMatchingLayers", () => restoreMatchingLayers(api)),
  );
}

/**
 * @returns {Promise<{ restored: string[], isCancelled: boolean }>} names of the layers, for whoever executes the command
 */
async function restoreMatchingLayers({ commands, configuration, pixels, withProgress }) {
  const matches = layerRule(String(configuration.get("limpid-examples.layerNames")));
  const strength = Number(configuration.get("limpid-examples.strength"));
  const layers = /** @type {Layer[]} */ (await commands.execute("editor.layers")).filter(({ name }) =>
    matches(name),
  );
  /** @type {string[]} */
  const restored = [];
  return withProgress({ title: "Restoring layers" }, async ({ report, signal }) => {
    for (const [index, { id, name }] of layers.entries()) {
      if (signal.aborted) break;
      report({ fraction: index / layers.length, message: `${name}, ${index + 1} of ${layers.length}` });
      await commands.execute("editor.activate", id);
      const image = await pixels.read();
      try {
        const result = await pixels.restore(image, { strength, signal });
        await pixels.write(result.image);
      } catch (error) {
        if (signal.aborted) break;
        throw error;
      }
      restored.push(name);
    }
    return { restored, isCancelled: signal.aborted };
  });
}

/**
 * @param {string} rule - `photo*, scan`
 * @returns {(name: string) => boolean} whether a layer's name matches, whatever the case
 */
export function layerRule(rule) {
  const names = rule
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  return (layer) => names.some((name) => matchesName(layer.toLowerCase(), name.split("*")));
}

/**
 * @param {string} text
 * @param {string[]} parts - what stands between the stars
 */
function matchesName(text, [first = "", ...rest]) {
  if (rest.length === 0) return text === first;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  const end = text.length - last.length;
  let position = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found < 0 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
}
