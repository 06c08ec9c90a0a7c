import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import sharp from "sharp";
import type { HostConformanceResult } from "../../src/testing/index.js";
import { mount, openPage } from "../support/page.js";

declare function conform(name: string): Promise<readonly HostConformanceResult[]>;
declare const cases: Record<string, (argument?: unknown) => Promise<unknown>>;

const pages = new Map<string, Promise<Page>>();

/** One page for each file, shared by its tests. */
function pageOf(name: string): Promise<Page> {
  const open = async () => {
    const page = await openPage({ module: `test/adapters/pages/${name}.ts` });
    await page.waitForFunction("typeof conform === 'function'");
    return page;
  };
  const page = pages.get(name) ?? open();
  pages.set(name, page);
  return page;
}

async function failuresOf(page: string, fixture = ""): Promise<readonly HostConformanceResult[]> {
  const results = await (await pageOf(page)).evaluate((name) => conform(name), fixture);
  expect(results.length).toBeGreaterThan(30);
  return results.filter(({ error }) => error !== undefined);
}

async function runCase(page: string, name: string, argument?: unknown): Promise<unknown> {
  return (await pageOf(page)).evaluate(([which, given]) => cases[which as string]!(given), [name, argument]);
}

describe("as an EditorHost, in Chromium,", () => {
  test.each(["canvas", "offscreen", "img", "imageData", "bitmap"])(
    "CanvasHost on %s conforms",
    async (surface) => {
      expect(await failuresOf("canvas-surfaces", surface)).toEqual([]);
    },
  );

  test.each(["fabric", "konva", "pixi", "tui"])("the host of %s conforms", async (library) => {
    expect(await failuresOf(`canvas-${library}`)).toEqual([]);
  });
});

test("the conformance suite finds every fault that an otherwise right host was given", async () => {
  const killedBy = (await runCase("canvas-fabric", "killMutants")) as Record<string, string | undefined>;
  expect(Object.keys(killedBy).length).toBeGreaterThanOrEqual(14);
  expect(Object.entries(killedBy).filter(([, check]) => check === undefined)).toEqual([]);
});

test.each(["fabric", "konva", "pixi", "tui", "mini-paint"])(
  "%s gives out no vectors and nothing too large, and a document that was closed meanwhile gets nothing",
  async (library) => {
    const code = "DocumentChanged";
    expect(await runCase(`canvas-${library}`, "badMoments")).toEqual({
      tooLarge: "ImageTooLarge",
      decoded: 0,
      vector: "NothingSelected",
      refused: code,
      asLayer: code,
      newLayer: code,
    });
  },
);

test.each(["fabric", "konva", "pixi", "tui", "mini-paint"])(
  "the host of %s offers commands and menus for the application to show",
  async (library) => {
    expect(await runCase(`canvas-${library}`, "offerCommands")).toEqual([
      "A B C",
      "a b c",
      "C",
      "InvalidArgument",
      "",
      "Disposed",
    ]);
  },
);

test("Fabric's images in groups, selections and the background are replaced and added where they are", async () => {
  const right = { corners: true, isReplaced: true, isAdded: true, isAbove: true };
  expect(await runCase("canvas-fabric", "furtherObjects")).toEqual({
    ...{ interactive: right, "interactive, undone": true, group: right, "group, undone": true },
    ...{ selection: right, "selection, undone": true },
    ...{ background: { ...right, isAbove: true }, "background, undone": true },
  });
});

test.each(["fabric", "konva", "pixi"])(
  "several images of %s, one in a group, are restored in one go, and one that fails does not keep the others back",
  async (library) => {
    expect(await runCase(`canvas-${library}`, "severalObjects")).toEqual({
      outcomes: [
        ["Alone", "replace"],
        ["Empty", "NothingSelected"],
        ["Grouped", "replace"],
      ],
      ...{ changed: [true, true], isUndone: true, refusal: "NothingSelected" },
      messages: [1, 2, 3].map((index) =>
        expect.stringMatching(new RegExp(`^Restore: .* \\(${index} of 3\\)$`)),
      ),
    });
  },
);

test("what Konva fills a shape with is an image, a cache keeps its ratio, and a new layer has no id", async () => {
  expect(await runCase("canvas-konva", "furtherNodes")).toEqual({
    ...{ colors: true, differing: 0, offset: true, ids: ["one", ""], ratio: 3 },
  });
});

test.each(["fabric", "konva"])(
  "%s shows the same picture after a result four times as large, and after undo",
  async (library) => {
    const shown = (await runCase(`canvas-${library}`, "picturesOfLargerResult")) as {
      before: number[];
      after: number[];
      undone: number[];
    };
    const differing = (a: number[], b: number[]) =>
      a.filter((value, index) => Math.abs(value - b[index]!) > 8).length;
    expect(new Set(shown.before).size).toBeGreaterThan(10);
    expect(differing(shown.before, shown.after)).toBe(0);
    expect(differing(shown.before, shown.undone)).toBe(0);
  },
);

test("a commit takes its place among the steps of the TOAST UI editor's own undo", async () => {
  const [opened, turned, restored, flipped] = ["0 0 0", "90 0 0", "90 0 77", "-90 1 77"];
  const states = (await runCase("canvas-tui", "undoAmongOwnSteps")) as string[];
  expect(states.slice(0, 4)).toEqual([opened, turned, restored, flipped]);
  expect(states.slice(4)).toEqual([restored, turned, opened, turned, restored, flipped]);
});

describe("in Chromium", () => {
  test("a PNG of ours is what the browser reads, at every alpha", async () => {
    expect(await runCase("canvas-surfaces", "rampThroughBrowser")).toBe(0);
  });

  test("a WebP file keeps straight alpha, the colour under transparent pixels, and its profile", async () => {
    const data = Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? i >> 2 : [200, 100, 50][i % 4]!));
    const raw = sharp(data, { raw: { width: 256, height: 1, channels: 4 } });
    const file = await raw.withIccProfile("p3").webp({ lossless: true, exact: true }).toBuffer();
    const read = (await runCase("canvas-surfaces", "readImage", [...file])) as {
      data: number[];
      profileLength: number;
    };
    expect(read).toMatchObject({ width: 256, height: 1, colorSpace: "display-p3", notes: [] });
    expect(read.profileLength).toBeGreaterThan(100);
    const samples = read.data;
    expect(samples.filter((_, index) => index % 4 === 3)).toEqual(
      Array.from({ length: 256 }, (_, alpha) => alpha),
    );
    // sRGB's (200, 100, 50) in Display P3, under every alpha.
    const colors = new Set(
      Array.from({ length: 256 }, (_, pixel) => samples.slice(pixel * 4, pixel * 4 + 3).join(" ")),
    );
    expect([...colors]).toEqual([expect.stringMatching(/^18[678] 10[456] 6[123]$/)]);
  });

  test("a file that is cut short, moves, or has pictures behind it is read, and that is said", async () => {
    const colors = Uint8Array.from({ length: 64 * 128 * 3 }, (_, index) => (index >> 4) % 251);
    const raw = { width: 64, height: 128, channels: 3 } as const;
    const jpeg = await sharp(colors, { raw }).jpeg({ quality: 90 }).toBuffer();
    const frames = sharp(colors, { raw: { ...raw, pageHeight: 64 } });
    const gif = await frames
      .clone()
      .gif({ delay: [100, 100] })
      .toBuffer();
    const webp = await frames
      .clone()
      .webp({ delay: [100, 100] })
      .toBuffer();
    const index = Buffer.from("MPF\0II*\0\b\0\0\0\x01\0\x01\xb0\x04\0\x01\0\0\0\x02\0\0\0", "latin1");
    const segment = Buffer.concat([Buffer.from([0xff, 0xe2, 0, index.length + 2]), index]);
    const still = await sharp(colors, { raw }).gif().toBuffer();
    for (const [file, height, note] of [
      [jpeg.subarray(0, -2), 128, /cut short/],
      [jpeg.subarray(0, Math.floor(jpeg.length * 0.95)), 128, /cut short/],
      [gif, 64, /animated/],
      [webp, 64, /animated/],
      [Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]), 128, /first of its pictures/],
      [still, 128, undefined],
    ] as const) {
      const read = await runCase("canvas-surfaces", "readImage", [...file]);
      expect(read).toMatchObject({
        width: 64,
        height,
        notes: note === undefined ? [] : [expect.stringMatching(note)],
      });
    }
  });

  test("the colours of an AVIF file are what its profile says, not converted", async () => {
    const p3 = await sharp({ create: { width: 16, height: 16, channels: 3, background: "#c86432" } })
      .withIccProfile("p3")
      .avif({ quality: 100, chromaSubsampling: "4:4:4", effort: 0 })
      .toBuffer();
    const stored = await sharp(p3, { ignoreIcc: true }).raw().toBuffer();
    const read = (await runCase("canvas-surfaces", "readImage", [...p3])) as { data: number[] };
    expect(read).toMatchObject({ colorSpace: "display-p3", notes: [] });
    expect(
      Math.max(...[0, 1, 2].map((channel) => Math.abs(read.data[channel]! - stored[channel]!))),
    ).toBeLessThanOrEqual(1);
  });

  test("a canvas with another origin's image is refused with a reason", async () => {
    const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const server = createServer((_, response) => response.setHeader("content-type", "image/png").end(pixel));
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    const { port } = server.address() as AddressInfo;
    // The pages of other tests have a policy that allows no other origin; this one has none.
    mount("/without-policy", (_, response) =>
      response
        .setHeader("content-type", "text/html")
        .end(
          '<!doctype html><script type="module" src="/bundle/test/adapters/pages/canvas-surfaces.js"></script>',
        ),
    );
    const page = await pageOf("canvas-surfaces");
    await page.goto(new URL("/without-policy", page.url()).href);
    await page.waitForFunction("typeof conform === 'function'");
    try {
      expect(await runCase("canvas-surfaces", "tainted", `http://localhost:${port}/`)).toBe(
        "PixelsUnreadable",
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("a browser that alters what is read is found out, and the capture says so", async () => {
    expect(await runCase("canvas-surfaces", "noisy")).toEqual({
      before: [true, true],
      during: [false, false],
      told: [
        {
          text: "This browser alters pixels that are read from a canvas; results can be slightly off.",
          level: "warning",
        },
      ],
      notes: ["this browser alters pixels that are read from a canvas"],
      ofBitmap: ["this browser alters pixels that are read from a canvas"],
    });
  });

  test("what is too large is refused before it is decoded", async () => {
    const jpeg = await sharp({ create: { width: 9, height: 1, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer();
    const { codes, decoded } = (await runCase("canvas-surfaces", "limits", [...jpeg])) as {
      codes: Record<string, string>;
      decoded: number;
    };
    expect(new Set(Object.values(codes))).toEqual(new Set(["ImageTooLarge"]));
    expect(Object.keys(codes)).toHaveLength(7);
    expect(decoded).toBe(0);
  });

  test("what cannot be read has a code", async () => {
    expect(await runCase("canvas-surfaces", "refusals")).toEqual({
      tooWide: "ImageTooLarge",
      tooLarge: "ImageTooLarge",
      webgl: "NotSupported",
      transferred: "NotSupported",
      notLoaded: "InvalidArgument",
      noImage: "UnsupportedImage",
      emptyFile: "EmptyFile",
    });
  });

  test("an image that a srcset makes denser keeps its size, alone and in Konva", async () => {
    const [size, pixels] = [
      [4, 3],
      [8, 6],
    ];
    expect(await runCase("canvas-surfaces", "density")).toEqual([
      // Konva goes by the pixels.
      ...[size, pixels, pixels, pixels, size, pixels],
      size,
    ]);
  });

  test("a WebGL canvas is read with straight alpha", async () => {
    expect(await runCase("canvas-surfaces", "webgl")).toEqual([255, 0, 0, 51]);
  });

  test.each([
    ["a band that still has to be replaced", [1900], false, "DocumentChanged"],
    ["a band that is replaced already", [3], false, "nothing was thrown"],
    ["both", [3, 700, 1900], false, "DocumentChanged"],
    ["a band that still has to be taken back", [1900], true, "DocumentChanged"],
    ["bands before and after the undo", [3, 1900], true, "DocumentChanged"],
  ])(
    "what is painted on %s meanwhile stays, and the rest is all one or all the other",
    async (_, rows, isUndo, code) => {
      expect(await runCase("canvas-surfaces", "paintedBetweenBands", { rows, isUndo })).toEqual({
        code,
        wrong: 0,
      });
    },
  );

  test("of two results for one canvas at once one comes there, whole", async () => {
    expect(await runCase("canvas-surfaces", "twoAtOnce")).toEqual({
      codes: ["DocumentChanged", "nothing was thrown"],
      whole: 1,
    });
  });

  test("a canvas is read and written a megabyte at a time, bit for bit", async () => {
    expect(await runCase("canvas-surfaces", "largestAccess")).toEqual({
      most: 2 ** 20,
      shown: [true, true, true],
    });
  });

  test("a commit's own undo refuses to take back what was painted over", async () => {
    expect(await runCase("canvas-surfaces", "undoAfterEdit")).toEqual([0, "DocumentChanged"]);
  });
});
