// An extension without capabilities that tries what it can reach, for extensions.browser.test.ts.
import type { ExtensionContext, LimpidApi } from "../../src/sdk/extensions/index.js";

/** What the extension found. */
export interface Probe {
  readonly names: readonly string[];
  readonly fetched: string;
  readonly loaded: string;
  readonly pixels: boolean;
}

function attempt(run: () => unknown): string {
  try {
    return `reached ${String(run())}`;
  } catch (error) {
    return (error as Error).name;
  }
}

async function probe(api: LimpidApi): Promise<Probe> {
  const names: string[] = [];
  for (
    let scope: object | null = globalThis;
    scope !== null && scope !== Object.prototype;
    scope = Object.getPrototypeOf(scope) as object | null
  ) {
    names.push(...Object.getOwnPropertyNames(scope));
  }
  const load = (globalThis as unknown as { eval: (text: string) => Promise<unknown> }).eval(
    ["imp", "ort('/blank')"].join(""),
  );
  return {
    names,
    fetched: attempt(() => fetch("/blank")),
    loaded: await load.then(
      () => "loaded",
      () => "refused",
    ),
    pixels: api.pixels !== undefined,
  };
}

export function activate(context: ExtensionContext, api: LimpidApi): void {
  context.subscriptions.push(api.commands.register("acme.probe", () => probe(api)));
}
