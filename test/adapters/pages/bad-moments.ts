import type { CanvasLimits, PageHost } from "../../../src/adapters/canvas/index.js";
import { LimpidError } from "../../../src/sdk/base/index.js";
import type { HostUnderTest } from "../../../src/testing/index.js";

/** A document of a canvas library, and what a person could do to it at a bad moment. */
export interface OpenedInPage extends HostUnderTest {
  readonly host: PageHost;
  /** Makes something active that has no pixels of its own. */
  readonly pickVector: () => unknown;
  readonly closeDocument: () => unknown;
}

/** The code of what was thrown; what came of it if nothing was. */
export async function codeOf(run: () => unknown): Promise<string> {
  try {
    const outcome = (await run()) as { readonly mode?: string } | undefined;
    return outcome?.mode ?? "nothing was thrown";
  } catch (error) {
    return LimpidError.is(error) ? error.code : String(error);
  }
}

/** What comes of a vector that is picked, a picture beyond the limits, and a document that is closed during a run. */
export async function badMoments(
  open: (limits?: CanvasLimits) => Promise<OpenedInPage>,
): Promise<Record<string, unknown>> {
  const large = await open({ maximumSide: 7, maximumPixels: 100 });
  let decoded = 0;
  const create = globalThis.createImageBitmap;
  globalThis.createImageBitmap = (source: ImageBitmapSource) => {
    decoded++;
    return create(source);
  };
  const tooLarge = await codeOf(() => large.host.capture());
  globalThis.createImageBitmap = create;
  large.host.dispose();
  await large.close?.();

  const drawn = await open();
  await drawn.pickVector();
  const vector = await codeOf(() => drawn.host.capture());
  drawn.host.dispose();
  await drawn.close?.();

  const opened = await open();
  const { host } = opened;
  const capture = await host.capture();
  await opened.closeDocument();
  const commit = (mode: "replace" | "new-layer", onConflict: "refuse" | "new-layer") => () =>
    host.commit(capture, capture.image, { mode, label: "Restore", onConflict });
  const outcomes = {
    tooLarge,
    decoded,
    vector,
    refused: await codeOf(commit("replace", "refuse")),
    asLayer: await codeOf(commit("replace", "new-layer")),
    newLayer: await codeOf(commit("new-layer", "refuse")),
  };
  host.dispose();
  return outcomes;
}

/** Commands and menu items of a host, as the application shows them. */
export async function offerCommands(host: PageHost): Promise<unknown[]> {
  const done: string[] = [];
  const add = (id: string) =>
    host.registerCommand({ id, title: id.toUpperCase(), run: () => Promise.resolve(done.push(id)) });
  host.registerMenuItem({ command: "c", menu: "layer", group: "2" });
  host.registerMenuItem({ command: "b", menu: "layer", group: "1", order: 2 });
  const first = host.registerMenuItem({ command: "a", menu: "layer", group: "1", order: 1 });
  host.registerMenuItem({ command: "nobody.has.it", menu: "layer" });
  const offered = ["a", "b", "c"].map(add);
  const menu = () =>
    host.commands
      .menu("layer")
      .map(({ title }) => title)
      .join(" ");
  const seen: unknown[] = [menu()];
  for (const { id } of host.commands.menu("layer")) await host.commands.run(id);
  seen.push(done.join(" "));
  first.dispose();
  offered[1]!.dispose();
  seen.push(menu(), await codeOf(() => host.commands.run("b")));
  host.dispose();
  seen.push(menu(), await codeOf(() => Promise.resolve().then(() => add("d"))));
  return seen;
}
