import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import type { Page } from "playwright-core";
import { buildPlayground } from "../../examples/playground/build.mjs";
import { serveFolder } from "../../examples/shared/static-server.mjs";
import { decodePng, encodePng, PixelImage } from "../../src/sdk/image/index.js";
import { openPage } from "../support/page.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { until as waitUntil } from "../support/until.js";

/** The playground as people open it. */
export interface Playground {
  readonly page: Page;
  /** What its content security policy refused, and what went wrong without being caught. */
  readonly refused: string[];
}

/** The router finds everything in every photo, so that both experts run. */
export const model = makeTinyModel({ bias: 20, scale: 0.15 });

let folder: string;
let site: Awaited<ReturnType<typeof serveFolder>>;

// Below a path, on a server that sends no headers: what the page needs it brings.
const base = "/some/path/";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "limpid-playground-"));
  for (const [path, bytes] of model) write(join("model", path), bytes);
  await buildPlayground({ out: join(folder, "site"), model: join(folder, "model") });
  site = await serveFolder(join(folder, "site"), { base });
});

afterAll(async () => {
  await site.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a file beside the page, such as one of a pack. */
export function addToSite(path: string, bytes: Uint8Array): void {
  write(join("site", path), bytes);
}

/** Reads a file of the built page. */
export function readFromSite(path: string): Buffer {
  return readFileSync(join(folder, "site", path));
}

function write(path: string, bytes: Uint8Array): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

/** Opens the page and waits for its engine. */
export async function openPlayground(
  prepare: (page: Page) => Promise<void> = () => Promise.resolve(),
): Promise<Playground> {
  const page = await openPage();
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/content security policy|violates/i.test(message.text())) refused.push(message.text());
  });
  await watchWorkers(page);
  await prepare(page);
  await page.goto(`${site.origin}${base}`);
  await page.locator("#lamp[data-state=ready]").waitFor();
  return { page, refused };
}

/** Lets a test end workers, and put words into their mouths. */
async function watchWorkers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const Plain = globalThis.Worker;
    const workers: Worker[] = [];
    globalThis.Worker = class extends Plain {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        workers.push(this);
      }
    };
    Object.assign(globalThis, { workers });
  });
}

/** As everywhere, but as long as a large photo takes. */
export const until = (condition: () => Promise<boolean>): Promise<void> => waitUntil(condition, 120_000);

/** Waits for a text. */
export const says = (page: Page, id: string, text: RegExp): Promise<void> =>
  // A machine that does other things as well takes its time.
  page.locator(`#${id}`, { hasText: text }).waitFor();

/** Waits until no run is under way. */
export const idle = (page: Page): Promise<void> =>
  until(
    async () => (await page.locator("#work").isHidden()) && (await page.locator("#file-name").count()) > 0,
  );

/** A picture with something in every pixel. */
export function makePicture(width: number, height: number, channels: 3 | 4 = 3): PixelImage {
  const data = Uint8Array.from({ length: width * height * channels }, (_, index) => {
    const pixel = Math.floor(index / channels);
    if (channels === 4 && index % 4 === 3) return 255;
    return (pixel * 7 + (index % channels) * 61 + Math.floor(pixel / width) * 3) % 256;
  });
  return new PixelImage({ width, height, channels, data });
}

/** A picture as a file for `setInputFiles`. */
export async function pictureFile(
  image: PixelImage,
  name = "photo.png",
): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  return { name, mimeType: "image/png", buffer: Buffer.from(await encodePng(image)) };
}

/** Drops a file on the page, as from a folder. */
export async function dropFile(page: Page, name: string, type: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(
    ([fileName, fileType, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(content)], fileName, { type: fileType }));
      for (const kind of ["dragenter", "dragover", "drop"]) {
        document
          .getElementById("canvas")!
          .dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
      }
    },
    [name, type, [...bytes]] as const,
  );
}

let opened = 0;

/** Opens a photo under a name that none before it had, and waits until it is restored. */
export async function openPicture(page: Page, image: PixelImage, name = "photo"): Promise<void> {
  const file = `${name}-${++opened}.png`;
  await page.setInputFiles("#file", await pictureFile(image, file));
  await says(page, "file-name", new RegExp(file));
  await says(page, "status", /^Restored/);
  await idle(page);
}

/** Waits until the code that is shown has, or has not, a text: it changes when a step is done. */
export const codeHas = (page: Page, text: string, isThere = true): Promise<void> =>
  until(async () => (await page.locator("#code").textContent())!.includes(text) === isThere);

/** What Save hands out. */
export async function saved(page: Page): Promise<{ readonly name: string; readonly image: PixelImage }> {
  const { name, bytes } = await savedFile(page, () => page.locator("#save").click());
  return { name, image: (await decodePng(bytes)).image };
}

/** The file that an action hands out. */
export async function savedFile(
  page: Page,
  save: () => Promise<void>,
): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  const [download] = await Promise.all([page.waitForEvent("download"), save()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  return { name: download.suggestedFilename(), bytes: new Uint8Array(Buffer.concat(chunks)) };
}

/** What the stage shows now: colours of places across the photo's middle, from left to right. */
export function shown(page: Page, places = 16): Promise<number[][]> {
  return page.evaluate(
    (count) =>
      new Promise<number[][]>((resolve) => {
        requestAnimationFrame(() => {
          const canvas = document.getElementById("photo-canvas") as HTMLCanvasElement;
          const width = parseFloat(document.getElementById("file-size")!.textContent);
          const zoom = parseFloat(document.getElementById("zoom-value")!.textContent) / 100;
          const seen = Math.min(canvas.width, width * zoom);
          const left = (canvas.width - seen) / 2;
          const context = canvas.getContext("2d")!;
          resolve(
            Array.from({ length: count }, (_, index) => [
              ...context.getImageData(
                Math.floor(left + ((index + 0.5) / count) * seen),
                canvas.height >> 1,
                1,
                1,
              ).data,
            ]),
          );
        });
      }),
    places,
  );
}

/** The RGB of an image, whatever its channels. */
export function rgbOf({ data, channels }: PixelImage): number[] {
  return [...(data as Uint8Array)].filter((_, index) => index % channels < 3);
}
