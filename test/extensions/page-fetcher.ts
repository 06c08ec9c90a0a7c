// An extension that may talk to some hosts, for extensions.browser.test.ts.
import type { ExtensionContext, LimpidApi } from "../../src/sdk/extensions/index.js";

/** What one address gives: the text, or why there is none. */
async function load(address: unknown): Promise<string> {
  try {
    const response = await fetch(String(address));
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return String(error);
  }
}

export function activate(context: ExtensionContext, api: LimpidApi): void {
  context.subscriptions.push(
    api.commands.register("acme.load", async (...addresses) => Promise.all(addresses.map(load))),
  );
}
