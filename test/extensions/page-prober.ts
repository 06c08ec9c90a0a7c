// An extension without capabilities that tries what it can reach, for extensions.browser.test.ts.
import type { ExtensionContext, LimpidApi } from "../../src/sdk/extensions/index.js";

/** What the extension found. */
export interface Probe {
  readonly names: readonly string[];
  readonly fetched: string;
  readonly code: readonly string[];
  readonly pixels: boolean;
}

function attempt(run: () => unknown): string {
  try {
    return `reached ${String(run())}`;
  } catch (error) {
    return (error as Error).name;
  }
}

function probe(api: LimpidApi): Probe {
  const names: string[] = [];
  for (
    let scope: object | null = globalThis;
    scope !== null && scope !== EventTarget.prototype && scope !== Object.prototype;
    scope = Object.getPrototypeOf(scope) as object | null
  ) {
    names.push(...Object.getOwnPropertyNames(scope));
  }
  const text = "return 1";
  return {
    names,
    fetched: attempt(() => fetch("/blank")),
    code: [
      attempt(() => Reflect.construct((() => 1).constructor as FunctionConstructor, [text])),
      attempt(() =>
        Reflect.construct((async () => Promise.resolve()).constructor as FunctionConstructor, [text]),
      ),
      attempt(() => (globalThis as unknown as { eval: (text: string) => unknown }).eval("1")),
      attempt(() => Reflect.apply(setTimeout, undefined, [text] as never)),
    ],
    pixels: api.pixels !== undefined,
  };
}

export function activate(context: ExtensionContext, api: LimpidApi): void {
  context.subscriptions.push(api.commands.register("acme.probe", () => probe(api)));
}
