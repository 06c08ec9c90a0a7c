// The host that the guide writes in thirty lines works.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openPage } from "../support/page.js";

declare function tryHost(): Promise<Readonly<Record<string, unknown>>>;

let folder: string;

beforeAll(() => {
  mkdirSync("build", { recursive: true });
  folder = mkdtempSync(join("build", "own-host-"));
  const [, code = ""] = /```ts\n([^`]*class ListHost[^]*?)```/.exec(
    readFileSync("docs/guides/own-host.md", "utf8"),
  )!;
  writeFileSync(join(folder, "host.ts"), code);
  writeFileSync(
    join(folder, "page.ts"),
    `import { PixelImage, encodePng } from "limpid";

const pixels = (value: number) =>
  new PixelImage({ width: 8, height: 6, channels: 3, data: new Uint8Array(8 * 6 * 3).fill(value) });

async function tryHost() {
  const list = document.createElement("div");
  list.id = "layers";
  const layer = document.createElement("li");
  layer.className = "active";
  layer.title = "Photo";
  const photo = new Image();
  photo.src = URL.createObjectURL(new Blob([await encodePng(pixels(80))]));
  await photo.decode();
  layer.append(photo);
  list.append(layer);
  document.body.append(list);
  const { host } = await import("./host.js");
  const read = async () => (await host.capture({ target: "layer" })).image.data[0];
  const commit = async (mode: "replace" | "new-layer", value: number) =>
    host.commit(await host.capture({ target: "layer" }), pixels(value), { mode, label: "Restored", onConflict: "refuse" });

  const before = await read();
  const replaced = await commit("replace", 200);
  const after = await read();
  await replaced.undo?.();
  const undone = await read();
  const added = await commit("new-layer", 210);
  const names = () => [...list.querySelectorAll("li")].map(({ title }) => title);
  const withLayer = names();
  await added.undo?.();
  return { before, after, undone, withLayer, withoutLayer: names() };
}
Object.assign(globalThis, { tryHost });
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the guide's host replaces a layer, adds one, and takes both back", async () => {
  const page = await openPage({ module: join(folder, "page.ts") });
  await page.waitForFunction(() => "tryHost" in globalThis);
  expect(await page.evaluate(() => tryHost())).toEqual({
    before: 80,
    after: 200,
    undone: 80,
    withLayer: ["Photo", "Restored"],
    withoutLayer: ["Photo"],
  });
});
