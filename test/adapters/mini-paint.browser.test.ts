import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import sharp from "sharp";
import type { HostConformanceResult } from "../../src/testing/index.js";
import { mount, openPage } from "../support/page.js";

declare function conform(): Promise<readonly HostConformanceResult[]>;
declare const cases: Record<string, (argument?: unknown) => Promise<unknown>>;

let opened: Promise<Page> | undefined;

async function pageOf(mayFail = ""): Promise<Page> {
  const module = "test/adapters/pages/canvas-mini-paint.ts";
  const page = await openPage({ module, ...(mayFail && { mayFail }) });
  await page.waitForFunction("typeof conform === 'function'");
  return page;
}

async function runCase(name: string, argument?: unknown, page = (opened ??= pageOf())): Promise<unknown> {
  return (await page).evaluate(([which, given]) => cases[which as string]!(given), [name, argument]);
}

test("the host of miniPaint conforms, through a frame", async () => {
  const page = await (opened ??= pageOf());
  const results = await page.evaluate(() => conform());
  expect(results.length).toBeGreaterThan(30);
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
});

test("what its selection tool has selected is a mask in the layer's own pixels", async () => {
  const two = ["0 0 0 0", "0 255 255 0", "0 0 0 0"];
  expect(await runCase("selections")).toEqual({
    before: ["replace", "new-layer"],
    after: [],
    plain: two,
    dragged: two,
    turned: ["255 255 0 0", "0 0 0 0", "0 0 0 0"],
    codes: ["NothingSelected", "NothingSelected", "NothingSelected", "NotSupported"],
  });
});

test("a commit takes its place among the steps of miniPaint's own undo", async () => {
  const { seen, expected } = (await runCase("undoAmongOwnSteps")) as { seen: number[]; expected: number[] };
  expect(seen).toEqual(expected);
});

test("a new layer stands right above its own one, without its filters, and leaves the document's size", async () => {
  expect(await runCase("newLayerInTheStack")).toEqual({
    names: ["Title", "Fix", "photo.png"],
    place: [30, -7, 150, 40, 30, 60, 0],
    is_vector: false,
    complaints: [],
    size: [8, 6],
  });
});

const kept = { refused: "DocumentChanged", added: "new-layer", place: [30, -7, 150, 40] };
const gone = { refused: "DocumentChanged", added: "DocumentChanged", place: undefined };
test.each([
  ["paints", kept],
  ["empties the layer", kept],
  ["deletes the layer", kept],
  ["closes the frame", gone],
  ["reloads the frame", gone],
])("nothing is overwritten if a person %s meanwhile", async (what, outcome) => {
  expect(await runCase("meanwhile", what)).toEqual(outcome);
});

test("a capture right after an undo waits for the layer's image, and knows it", async () => {
  expect(await runCase("captureRightAfterUndo")).toEqual({ isSame: true, isKnown: true });
});

test("16 bits and Display P3 come through a layer bit for bit", async () => {
  expect(await runCase("keepsFile")).toBe(true);
});

test("the placement says where a turned layer's corners are", async () => {
  // 200 x 100 at 100, 50, turned by 90 degrees around 200, 100.
  expect(await runCase("corners")).toEqual([
    [250, 0],
    [250, 200],
    [150, 200],
    [150, 0],
  ]);
});

test("a step that miniPaint does not take leaves the layer as it was", async () => {
  expect(await runCase("historyFails")).toEqual({ codes: ["HostFailed", "HostFailed"], isSame: true });
});

test("a frame of another origin, an empty one and another origin's image are refused with a code", async () => {
  const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const server = createServer(({ url }, response) =>
    url === "/pixel.png"
      ? response.setHeader("content-type", "image/png").end(pixel)
      : response.setHeader("content-type", "text/html").end("<!doctype html>"),
  );
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  // The pages of other tests have a policy that allows no other origin; this one has none.
  const scripts = ["canvas-mini-paint", "mini-paint-editor"];
  for (const script of scripts) {
    mount(`/without-policy/${script}`, (_, response) =>
      response
        .setHeader("content-type", "text/html")
        .end(
          `<!doctype html><body></body><script type="module" src="/bundle/test/adapters/pages/${script}.js"></script>`,
        ),
    );
  }
  // Its file is asked for, too, which the other server does not allow.
  const page = await pageOf("/pixel.png");
  await page.goto(new URL("/without-policy/canvas-mini-paint", page.url()).href);
  await page.waitForFunction("typeof conform === 'function'");
  try {
    const there = `http://localhost:${port}`;
    expect(await runCase("refusals", there, Promise.resolve(page))).toEqual({
      nothing: "HostFailed",
      foreign: "NotSupported",
      aborted: "Aborted",
    });
    expect(await runCase("tainted", `${there}/pixel.png`, Promise.resolve(page))).toBe("PixelsUnreadable");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
