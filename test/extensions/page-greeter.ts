// An extension with code, for extensions.browser.test.ts: registers a command and remembers whom it greeted.
import type { ExtensionContext, LimpidApi } from "../../src/sdk/extensions/index.js";

export function activate(context: ExtensionContext, api: LimpidApi): void {
  context.subscriptions.push(
    api.commands.register("acme.greet", async (name) => {
      const before = context.globalState.get("last");
      await context.globalState.update("last", name);
      return `Hello ${String(name)}, after ${String(before)}`;
    }),
  );
}
