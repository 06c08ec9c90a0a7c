// A fake Figma as a page: it runs a plugin's code, and shows the plugin's page in a frame as Figma may do it.
import { decodePng, encodePng, PixelImage } from "../../../../src/sdk/image/index.js";
import { FakeFigma, type SeenFigmaLayer } from "../../../fakes/figma/index.js";

/**
 * How the frame holds the page.
 *
 * - `data`: in a document whose address is a `data:` one.
 * - `srcdoc`: in a sandboxed frame's `srcdoc`.
 * - `strict`: the same, under a policy that lets no WebAssembly be compiled.
 */
export type Arrangement = "data" | "srcdoc" | "strict";

/** A layer, as far as a test compares it. */
export interface ShownLayer {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly relaunchData: Readonly<Record<string, string>>;
  /** None of a large picture: so many numbers take minutes to get out of a page. */
  readonly pixels: readonly number[];
}

/** What a test does in the page. */
export interface FakeEditor {
  start(code: string, html: string, arrangement: Arrangement, command: string, parameters?: object): void;
  openPicture(width: number, height: number, data: readonly number[], locked?: boolean): Promise<string>;
  openLargePicture(width: number, height: number): Promise<string>;
  openFile(bytes: readonly number[]): string;
  select(ids: readonly string[]): void;
  remove(id: string): void;
  undo(): void;
  steps(): number;
  look(): Promise<ShownLayer[]>;
  say(message: unknown): void;
}

const pluginId = "1234567890";
let frame: HTMLIFrameElement;

const figma = new FakeFigma({
  showUI: (html, { width = 300, height = 200 }) => {
    frame.style.cssText = `width: ${width}px; height: ${height}px; border: 0`;
    frame.dispatchEvent(new CustomEvent("show", { detail: html }));
  },
  postMessage: (pluginMessage, origin) => frame.contentWindow!.postMessage({ pluginMessage }, origin),
});

addEventListener(
  "message",
  ({ source, origin, data }: MessageEvent<{ pluginMessage?: unknown; pluginId?: string }>) => {
    if (source !== frame.contentWindow || data.pluginMessage === undefined) return;
    // Figma hands a message of a page with an origin only to the plugin that it is for.
    if (origin !== "null" && data.pluginId !== pluginId) return;
    figma.receive(data.pluginMessage, origin);
  },
);

function hold(arrangement: Arrangement, html: string): void {
  if (arrangement === "data") {
    // Chromium cuts addresses off at 2 MiB, so the document gets its content once it is there.
    const loader =
      "onmessage = ({ data }) => { onmessage = null; document.open(); document.write(data); document.close(); }";
    frame.addEventListener("load", () => frame.contentWindow!.postMessage(html, "*"), { once: true });
    frame.src = `data:text/html;base64,${btoa(`<script>${loader}</script>`)}`;
    return;
  }
  frame.sandbox.add("allow-scripts");
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src data: 'unsafe-inline'" />`;
  frame.srcdoc = arrangement === "strict" ? html.replace("<head>", `<head>${policy}`) : html;
}

async function show({ id, type, name, relaunchData, fills }: SeenFigmaLayer): Promise<ShownLayer> {
  const [paint] = (fills ?? []) as readonly { imageHash?: string }[];
  const file = paint?.imageHash === undefined ? undefined : figma.imageBytes(paint.imageHash);
  const image = file?.[0] === 0x89 ? (await decodePng(file)).image : undefined;
  return {
    id,
    type,
    name,
    relaunchData,
    pixels: image === undefined || image.width > 100 ? [] : [...image.data],
  };
}

const editor: FakeEditor = {
  start(code, html, arrangement, command, parameters) {
    document.body.style.margin = "0";
    frame?.remove();
    frame = document.createElement("iframe");
    frame.title = "Plugin";
    frame.addEventListener("show", (event) => hold(arrangement, (event as CustomEvent<string>).detail));
    document.body.append(frame);
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- as Figma runs a plugin's code, in a scope of its own
    const run = new Function("figma", "__html__", code) as (api: unknown, page: string) => void;
    run(figma.api, html);
    figma.run(command, parameters as Record<string, unknown>);
  },
  async openPicture(width, height, data, locked = false) {
    const channels = (data.length / (width * height)) as 3 | 4;
    const image = new PixelImage({ width, height, channels, data: Uint8Array.from(data) });
    const id = figma.addPhoto(await encodePng(image));
    if (locked) figma.update(id, { locked });
    return id;
  },
  async openLargePicture(width, height) {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 37) % 251);
    return figma.addPhoto(await encodePng(new PixelImage({ width, height, channels: 3, data })));
  },
  openFile: (bytes) => figma.addPhoto(Uint8Array.from(bytes)),
  select: (ids) => figma.select(ids),
  remove: (id) => figma.remove(id),
  undo: () => void figma.undo(),
  steps: () => figma.undoSteps,
  look: () => Promise.all(figma.look().map(show)),
  say: (message) => frame.contentWindow!.postMessage(message, "*"),
};

Object.assign(globalThis, { editor });
