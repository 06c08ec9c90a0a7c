import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, jest, test } from "@jest/globals";
import sharp from "sharp";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { jsonLines, limpid, limpidProcess, writePhoto, writeTinyModel } from "./command.js";
import { makeExif } from "./make-exif.js";
import { keysOf, promisedKeys } from "./promised-keys.js";
import { useWorkspace } from "./workspace.js";

// The first run may have to build the program.
jest.setTimeout(300_000);

const workspace = useWorkspace();
const { at, engine } = workspace;

async function pixels(path: string) {
  return (await readImageFile(path)).image;
}

describe("restore", () => {
  test("writes the repaired photo beside the photo and says what it did", async () => {
    const photo = await writePhoto(at("photo.png"));
    const before = readFileSync(photo);
    const { code, stdout, stderr } = await limpid(["restore", photo, ...engine]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.replace(/[\d.]+ s/, "T s").split("\n")).toEqual([
      `${photo}  24 x 16`,
      expect.stringMatching(/^ {2}found {4}(\w+ 100 %(, |$)){3}/),
      expect.stringMatching(/^ {2}experts {2}(tiny\.\w+ 1\.00(, |$)){2}/),
      "  ran      on cpu, 1 tile, T s",
      `  wrote    ${at("photo.png.restored.png")}`,
      "",
    ]);
    expect(readFileSync(photo)).toEqual(before);
    expect((await pixels(at("photo.png.restored.png"))).data).not.toEqual((await pixels(photo)).data);
    expect(readdirSync(workspace.folder)).toEqual(["photo.png", "photo.png.restored.png"]);
  });

  test("--workers restores tiles in threads, to the same photo, and a number that is none is refused", async () => {
    await limpidProcess(["--version"]); // sees to it that the thread's program is built
    const photo = await writePhoto(at("photo.png"), { width: 200, height: 120 });
    const restored: Buffer[] = [];
    const posts = jest.spyOn(Worker.prototype, "postMessage");
    for (const workers of ["1", "2"]) {
      const { code, stderr } = await limpid([
        ...["restore", photo, "--tile", "40", "--workers", workers, "--force"],
        ...[...engine, "--backend", "wasm"],
      ]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(new Set(posts.mock.contexts).size).toBe(workers === "1" ? 0 : 2);
      restored.push(readFileSync(at("photo.png.restored.png")));
    }
    posts.mockRestore();
    expect(restored[1]!.equals(restored[0]!)).toBe(true);
    for (const workers of ["0", "two"]) {
      expect((await limpid(["restore", photo, "--workers", workers])).code).toBe(2);
    }
  });

  test("--json prints one object per photo and nothing else", async () => {
    await writePhoto(at("a.png"));
    await writePhoto(at("b.jpg"), { width: 88, height: 70 });
    const { code, stdout } = await limpid(["restore", workspace.folder, "--json", "--tile", "16", ...engine]);
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines).toEqual([
      {
        input: at("a.png"),
        output: at("a.png.restored.png"),
        width: 24,
        height: 16,
        backend: "cpu",
        analysis: [
          { degradation: expect.any(String), probability: 1 },
          { degradation: expect.any(String), probability: 1 },
          { degradation: expect.any(String), probability: 1 },
        ],
        mixture: [
          { expert: expect.stringMatching(/^tiny\./), weight: 1 },
          { expert: expect.stringMatching(/^tiny\./), weight: 1 },
        ],
        tiles: 1,
        tileSize: 16,
        milliseconds: expect.any(Number),
      },
      expect.objectContaining({ input: at("b.jpg"), width: 88, height: 70, tiles: 6 }),
    ]);
  });

  test("a photo with nothing wrong is left alone: nothing beside it, a copy in a folder, and the count says so", async () => {
    const healthy = ["--model", writeTinyModel(at("model"), { bias: -20 }), "--backend", "cpu"];
    const photo = await writePhoto(at("photos", "photo.jpg"));
    const bytes = readFileSync(photo);
    const { code, stdout } = await limpid(["restore", photo, ...healthy]);
    expect(code).toBe(0);
    expect(stdout).toContain("found    nothing (");
    expect(stdout).toContain("experts  none, the photo is left as it is");
    expect(stdout).toContain("wrote    nothing");
    expect(readdirSync(at("photos"))).toEqual(["photo.jpg"]);

    await writePhoto(at("photos", "deep", "b.png"));
    const batch = ["restore", at("photos"), "-o", at("out"), ...healthy];
    const first = await limpid(batch);
    expect(first.stderr).toBe("0 restored, 2 left as they were (nothing found)\n");
    expect(readFileSync(at("out", "photo.jpg")).equals(bytes)).toBe(true);
    expect(readdirSync(at("out", "deep"))).toEqual(["b.png"]);
    // Only another look tells whether there still is nothing to do; the copies stay as they are.
    expect((await limpid(batch)).stderr).toBe(first.stderr);
    writeFileSync(at("out", "photo.jpg"), "somebody's own file");
    const taken = await limpid(batch);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining("OutputExists: ")]);
    expect(readFileSync(at("out", "photo.jpg"), "utf8")).toBe("somebody's own file");
    expect((await limpid([...batch, "--force"])).code).toBe(0);
    expect(readFileSync(at("out", "photo.jpg")).equals(bytes)).toBe(true);

    const [line] = jsonLines((await limpid(["restore", photo, "--json", ...healthy])).stdout);
    expect(line).toMatchObject({ input: photo, untouched: true, mixture: [], tiles: 0 });
    expect(line).not.toHaveProperty("output");
    // A file that was named is written, in its own format.
    expect((await limpid(["restore", photo, "-o", at("same.png"), ...healthy])).code).toBe(0);
    expect((await pixels(at("same.png"))).data).toEqual((await pixels(photo)).data);
    // In the photo's own format it is the photo's own bytes; a result once it has to be repaired.
    for (const model of [healthy, healthy, engine, engine, healthy]) {
      const run = await limpid(["restore", photo, "-o", at("same.jpg"), ...model]);
      expect([run.code, readFileSync(at("same.jpg")).equals(bytes)]).toEqual([0, model === healthy]);
    }
  });

  test("what is likely below its threshold is named, with the expert that would repair it", async () => {
    // A probability of about 0.4, under the threshold of 0.5.
    const unsure = [
      "--model",
      writeTinyModel(at("model"), { bias: -0.4, routerScale: 0 }),
      "--backend",
      "cpu",
    ];
    const photo = await writePhoto(at("photo.png"));
    const { stdout } = await limpid(["restore", photo, ...unsure]);
    expect(stdout).toContain("  perhaps  noise 40 %: try --expert tiny.first\n");
    expect(stdout).toContain("  perhaps  jpeg 40 %: try --expert tiny.second\n");
    expect(stdout).not.toContain("perhaps  rain"); // no expert is for it
    const named = await limpid(["restore", photo, "--expert", "tiny.first", ...unsure]);
    expect(named.stdout).not.toContain("perhaps  noise");
    expect(named.stdout).toContain("wrote    " + at("photo.png.restored.png"));
  });

  test("takes the experts that it is told, with their weights", async () => {
    const photo = await writePhoto(at("photo.png"));
    const experts = ["--expert", "tiny.second:0.5", "--expert", "tiny.first"];
    const { stdout } = await limpid(["restore", photo, ...experts, "--json", ...engine]);
    expect(jsonLines(stdout)[0]?.mixture).toEqual([
      { expert: "tiny.second", weight: 0.5 },
      { expert: "tiny.first", weight: 1 },
    ]);
  });

  test("strength 0 gives the photo back", async () => {
    const photo = await writePhoto(at("photo.png"));
    expect((await limpid(["restore", photo, "--strength", "0", ...engine])).code).toBe(0);
    expect((await pixels(at("photo.png.restored.png"))).data).toEqual((await pixels(photo)).data);
  });

  test("a mask, in grey or in colour, keeps what it blackens", async () => {
    const photo = await writePhoto(at("photo.png"));
    const before = await pixels(photo);
    for (const color of ["b-w", "srgb"]) {
      // Black on the left half, white on the right.
      const half = Uint8Array.from({ length: 24 * 16 }, (_, pixel) => (pixel % 24 < 12 ? 0 : 255));
      const mask = sharp(half, { raw: { width: 24, height: 16, channels: 1 } });
      await mask.toColourspace(color).toFile(at("mask.png"));
      const { code } = await limpid(["restore", photo, "--mask", at("mask.png"), "--force", ...engine]);
      expect(code).toBe(0);
      const after = await pixels(at("photo.png.restored.png"));
      const changed = { left: 0, right: 0 };
      after.data.forEach((sample, index) => {
        if (sample !== before.data[index]) changed[index % 72 < 36 ? "left" : "right"]++;
      });
      expect(changed.left).toBe(0);
      expect(changed.right).toBeGreaterThan(0);
    }
  });

  test("16-bit grey stays 16-bit grey, and alpha is untouched", async () => {
    const gray = await writePhoto(at("gray.png"), { channels: 1, depth: 16 });
    const clear = await writePhoto(at("clear.png"), { channels: 4 });
    expect((await limpid(["restore", gray, clear, ...engine])).code).toBe(0);
    const metadata = await sharp(at("gray.png.restored.png")).metadata();
    expect([metadata.channels, metadata.depth]).toEqual([1, "ushort"]);
    expect((await pixels(at("gray.png.restored.png"))).data).not.toEqual((await pixels(gray)).data);
    const alpha = (data: ArrayLike<number>) => Array.from(data).filter((_, index) => index % 4 === 3);
    expect(alpha((await pixels(at("clear.png.restored.png"))).data)).toEqual(
      alpha((await pixels(clear)).data),
    );
  });

  test("-o names a file for one photo and a folder for several, which is made", async () => {
    const photo = await writePhoto(at("in", "photo.png"));
    await writePhoto(at("in", "deep", "b.jpg"));
    expect((await limpid(["restore", photo, "-o", at("one.webp"), ...engine])).code).toBe(0);
    expect((await sharp(at("one.webp")).metadata()).format).toBe("webp");
    expect((await limpid(["restore", at("in"), "-o", at("x", "out"), ...engine])).code).toBe(0);
    expect(existsSync(at("x", "out", "photo.png.restored.png"))).toBe(true);
    expect(existsSync(at("x", "out", "deep", "b.jpg.restored.png"))).toBe(true);
  });

  test.each([
    ["jpeg", "photo.png.restored.jpg", "jpeg"],
    ["tiff", "photo.png.restored.tif", "tiff"],
    ["same", "photo.png.restored.png", "png"],
  ])("--format %s writes %s", async (format, name, written) => {
    const photo = await writePhoto(at("photo.png"));
    const { code, stdout } = await limpid(["restore", photo, "--format", format, ...engine]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`wrote    ${at(name)}`)]);
    expect((await sharp(at(name)).metadata()).format).toBe(written);
  });

  test("--quality is of JPEG and WebP, and another one makes the result again", async () => {
    const photo = await writePhoto(at("photo.png"), { width: 64, height: 64 });
    const size = async (quality: string): Promise<number> => {
      const args = ["restore", photo, "--format", "webp", "--quality", quality, "--json", ...engine];
      expect(jsonLines((await limpid(args)).stdout)[0]).not.toHaveProperty("skipped");
      return readFileSync(at("photo.png.restored.webp")).length;
    };
    expect(await size("20")).toBeLessThan(await size("95"));
    for (const args of [[], ["--format", "tiff"], ["-o", at("x.png")]]) {
      const { code, stderr } = await limpid(["restore", photo, "--quality", "80", ...args, ...engine]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^InvalidArgument: --quality is for/)]);
    }
  });

  test("--preview draws the photo before and after beside the result, and what changed most if it is large", async () => {
    const photo = await writePhoto(at("photo.png"));
    const large = await writePhoto(at("large.jpg"), { width: 970, height: 8 });
    const run = await limpid(["restore", photo, large, "--preview", "--json", ...engine]);
    expect(jsonLines(run.stdout).map(({ preview }) => preview)).toEqual([
      at("photo.png.before-after.jpg"),
      at("large.jpg.before-after.jpg"),
    ]);
    const { data, info } = await sharp(at("photo.png.before-after.jpg"))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.format, info.width, info.height]).toEqual(["raw", 96 * 2 + 3 * 8, 16 + 8 + 22 + 8]);
    // The first picture is the photo, but for what JPEG does to it.
    const before = await pixels(photo);
    let difference = 0;
    for (let y = 0; y < 16; y++) {
      for (let x = 0; x < 72; x++) {
        difference += Math.abs(data[((y + 30) * info.width + 8) * 3 + x]! - before.data[y * 72 + x]!);
      }
    }
    expect(difference / before.data.length).toBeLessThan(30);
    const { width, height } = await sharp(at("large.jpg.before-after.jpg")).metadata();
    expect([width, height]).toEqual([960 * 2 + 3 * 8, 2 * (8 + 22 + 8) + 8]);
    // However small the photo is.
    const dot = await writePhoto(at("dot.png"), { width: 1, height: 1 });
    expect((await limpid(["restore", dot, "--preview", ...engine])).code).toBe(0);
    // A photo that is named like a preview keeps its place.
    const photos = [dot, at("photo.png.before-after.jpg"), photo];
    const named = await limpid(["restore", ...photos, "--preview", "--force", ...engine]);
    expect([named.code, named.stderr]).toEqual([1, expect.stringMatching(/InputOverwrite: .*its preview/)]);
    // Both are there: nothing is done again, until one is missing.
    const again = (): Promise<unknown> =>
      limpid(["restore", photo, "--preview", "--json", ...engine]).then(
        ({ stdout }) => jsonLines(stdout)[0]?.skipped,
      );
    expect(await again()).toBe(true);
    rmSync(at("photo.png.before-after.jpg"));
    expect(await again()).toBeUndefined();
    writeFileSync(at("photo.png.before-after.jpg"), "somebody's own file");
    const taken = await limpid(["restore", photo, "--preview", ...engine]);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringMatching(/^OutputExists: .*before-after/)]);
  });

  test("- is standard input and standard output, and what is said goes to standard error", async () => {
    const photo = await writePhoto(at("in", "photo.jpg"));
    const bytes = readFileSync(photo);
    const piped = { readInput: () => Promise.resolve(bytes) };
    const named = await limpid(["restore", photo, "-o", at("named.jpg"), ...engine]);
    expect(named.code).toBe(0);
    const run = await limpid(["restore", "-", "--format", "same", ...engine], piped);
    expect([run.code, run.stdout, run.stderr]).toEqual([
      0,
      "",
      expect.stringContaining("wrote    to standard output"),
    ]);
    const decoded = (input: Buffer | string) => sharp(input).raw().toBuffer();
    expect((await decoded(run.bytes!)).equals(await decoded(at("named.jpg")))).toBe(true);
    // One of both may be a file; a photo in which nothing is found goes through as it is.
    const toStream = await limpid(["restore", photo, "-o", "-", ...engine]);
    expect((await sharp(toStream.bytes).metadata()).format).toBe("png");
    expect((await limpid(["restore", "-", "-o", at("to.webp"), ...engine], piped)).code).toBe(0);
    expect((await sharp(at("to.webp")).metadata()).format).toBe("webp");
    const healthy = ["--model", writeTinyModel(at("model"), { bias: -20 }), "--backend", "cpu"];
    const through = await limpid(["restore", "-", "--format", "same", ...healthy], piped);
    expect(through.bytes?.equals(bytes)).toBe(true);
    // Another photo's result keeps its place.
    const other = { readInput: async () => readFileSync(await writePhoto(at("b.png"), { seed: 8 })) };
    const taken = await limpid(["restore", "-", "-o", at("to.webp"), "--force", ...engine], other);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringMatching(/^OutputExists: .*another photo/)]);
    const [line] = jsonLines((await limpid(["analyze", "-", "--json", ...engine], piped)).stdout);
    expect(line).toMatchObject({ input: "-", width: 24 });
  });

  test("a terminal is neither read as a photo nor written to as one, and a stream takes one photo alone", async () => {
    const photo = await writePhoto(at("photo.png"));
    const piped = { readInput: () => Promise.resolve(readFileSync(photo)) };
    for (const [args, options, reason] of [
      [["restore", "-"], {}, "pipe a photo"],
      [["analyze", "-"], {}, "pipe a photo"],
      [["restore", "-"], { ...piped, outputColumns: 80 }, "-o"],
      [["restore", "-", "--json"], piped, "--json"],
      [["restore", "-", "--preview"], piped, "--preview"],
      [["restore", "-", photo], piped, "no others"],
      [["restore", workspace.folder, "-o", "-"], {}, "several images"],
    ] as const) {
      const { code, stderr } = await limpid([...args, ...engine], options);
      expect([code, stderr]).toEqual([2, expect.stringMatching(`^InvalidArgument: .*${reason}`)]);
    }
    const empty = await limpid(["restore", "-", ...engine], {
      readInput: () => Promise.resolve(new Uint8Array()),
    });
    expect([empty.code, empty.stderr]).toEqual([1, "EmptyFile: -: is empty\n"]);
  });

  test("a second run skips what is done; --force does it again, to the same bytes", async () => {
    const photo = await writePhoto(at("photo.png"));
    await limpid(["restore", photo, ...engine]);
    const first = readFileSync(at("photo.png.restored.png"));
    const second = await limpid(["restore", workspace.folder, "--json", ...engine]);
    expect(second).toEqual({
      code: 0,
      stdout: `${JSON.stringify({ input: photo, output: at("photo.png.restored.png"), skipped: true })}\n`,
      stderr: "0 restored, 1 skipped, whose results are there (--force makes them again)\n",
    });
    const third = await limpid(["restore", photo, "--force", ...engine]);
    expect([third.code, third.stdout]).toEqual([0, expect.stringContaining("wrote")]);
    expect(readFileSync(at("photo.png.restored.png"))).toEqual(first);
  });

  test("a photo is never overwritten, under whatever name", async () => {
    const photo = await writePhoto(at("photo.png"));
    const before = readFileSync(photo);
    symlinkSync(photo, at("link.png"));
    for (const output of ["photo.png", "link.png", "./photo.png"]) {
      const { code, stderr } = await limpid(["restore", photo, "-o", at(output), "--force", ...engine]);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^InputOverwrite: .*\n$/)]);
    }
    const both = await limpid(["restore", photo, await writePhoto(at("photo.png.restored.png")), "--force"]);
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining("InputOverwrite: ")]);
    expect(readFileSync(photo)).toEqual(before);
  });

  test("shards restore every photo of a folder exactly once", async () => {
    const names = Array.from({ length: 7 }, (_, index) => `${index}.png`);
    for (const name of names) await writePhoto(at(name), { width: 8, height: 8 });
    const inputs: string[] = [];
    for (const shard of ["1/3", "2/3", "3/3"]) {
      const run = await limpid(["restore", workspace.folder, "--json", "--shard", shard, ...engine]);
      expect(run.code).toBe(0);
      inputs.push(...jsonLines(run.stdout).map(({ input }) => input));
    }
    expect(inputs.sort()).toEqual(names.map((name) => at(name)));
  });
});

describe("a result is that of its photo, its options and its model", () => {
  const outputs = (stdout: string): unknown[] =>
    jsonLines(stdout).map(({ output, skipped, error }) => skipped ?? error?.code ?? output);

  test("whatever else is restored to the same folder, today or tomorrow", async () => {
    const runs: unknown[][] = [];
    for (const name of ["a.png", "a.jpg", "A.png"]) {
      await writePhoto(at("in", name), { seed: runs.length });
      const { stdout } = await limpid(["restore", at("in", name), "-o", at("out"), "--json", ...engine]);
      runs.push(outputs(stdout));
    }
    expect(runs).toEqual(["a.png", "a.jpg", "A.png"].map((name) => [at("out", `${name}.restored.png`)]));
    const again = await limpid(["restore", at("in", "a.jpg"), "-o", at("out"), "--json", ...engine]);
    expect(outputs(again.stdout)).toEqual([true]);
  });

  test("so it is made again for a changed photo, other options or another model, and for nothing else", async () => {
    const photo = await writePhoto(at("photo.png"));
    const result = at("photo.png.restored.png");
    const run = async (...args: readonly string[]): Promise<unknown> =>
      outputs((await limpid(["restore", photo, "--json", ...engine, ...args])).stdout)[0];
    expect(await run()).toBe(result);
    expect(await run()).toBe(true);
    for (const args of [
      ["--strength", "0.5"],
      ["--expert", "tiny.first"],
      ["--tile", "16"],
      ["--strip"],
      ["--model", writeTinyModel(at("other"), { bias: 19 })],
    ]) {
      expect(await run(...args)).toBe(result);
      expect(await run(...args)).toBe(true);
    }
    const mask = await writePhoto(at("masks", "mask.png"), { channels: 1 });
    expect(await run("--mask", mask)).toBe(result);
    await writePhoto(mask, { channels: 1, seed: 8 });
    expect(await run("--mask", mask)).toBe(result);
    await writePhoto(photo, { seed: 9 });
    expect([await run("--mask", mask), await run("--mask", mask)]).toEqual([result, true]);
  });

  test("so it takes the place of no other photo's, even if it is forced to", async () => {
    const photos = [await writePhoto(at("x", "a.png")), await writePhoto(at("y", "a.png"), { seed: 8 })];
    await limpid(["restore", photos[0]!, "-o", at("out"), ...engine]);
    const first = readFileSync(at("out", "a.png.restored.png"));
    for (const force of [[], ["--force"]]) {
      const { code, stderr } = await limpid(["restore", photos[1]!, "-o", at("out"), ...force, ...engine]);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^OutputExists: .*another photo/)]);
    }
    expect(readFileSync(at("out", "a.png.restored.png")).equals(first)).toBe(true);
    // The photo itself may move.
    renameSync(photos[0]!, at("moved.png"));
    renameSync(at("out", "a.png.restored.png"), at("out", "moved.png.restored.png"));
    const moved = await limpid(["restore", at("moved.png"), "-o", at("out"), "--json", ...engine]);
    expect(outputs(moved.stdout)).toEqual([true]);
  });

  test("so a file that is no result is replaced only if that is wanted", async () => {
    const photo = await writePhoto(at("photo.png"));
    await writePhoto(at("photo.png.restored.png"), { seed: 9 });
    const before = readFileSync(at("photo.png.restored.png"));
    const refused = await limpid(["restore", photo, ...engine]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^OutputExists: .*--force/)]);
    expect(readFileSync(at("photo.png.restored.png")).equals(before)).toBe(true);
    expect((await limpid(["restore", photo, "--force", ...engine])).code).toBe(0);
  });
});

describe("what a photo says", () => {
  test.each([
    ["everything", [], [true, true]],
    ["all but the place", ["--strip-location"], [true, false]],
    ["nothing", ["--strip"], [false, false]],
  ])("is kept: %s", async (_, args, expected) => {
    const bare = readFileSync(await writePhoto(at("bare.jpg")));
    const exif = Buffer.concat([Buffer.from("Exif\0\0"), makeExif(6)]);
    const head = Buffer.from([0xff, 0xe1, (exif.length + 2) >> 8, (exif.length + 2) & 255]);
    const photo = at("in", "photo.jpg");
    mkdirSync(at("in"));
    writeFileSync(photo, Buffer.concat([bare.subarray(0, 2), head, exif, bare.subarray(2)]));
    const healthy = ["--model", writeTinyModel(at("model"), { bias: -20 }), "--backend", "cpu"];
    const says = (path: string): boolean[] => {
      const file = readFileSync(path);
      // 52 degrees as a rational number.
      return [file.includes("Anna Artist"), file.includes(Buffer.from([0, 0, 0, 52, 0, 0, 0, 1]))];
    };
    for (const [model, output] of [
      [engine, "photo.jpg.restored.png"],
      // A copy of a photo in which nothing is found would say all.
      [healthy, args.length === 0 ? "photo.jpg" : "photo.jpg.restored.png"],
    ] as const) {
      const folder = mkdtempSync(at("out-"));
      expect((await limpid(["restore", at("in"), "-o", folder, ...args, ...model])).code).toBe(0);
      expect(readdirSync(folder)).toEqual([output]);
      expect(says(join(folder, output))).toEqual(expected);
    }
  });
});

describe("what --json prints is what --help says", () => {
  test.each(["restore", "analyze"])("by %s, of photos of every outcome", async (command) => {
    await writePhoto(at("a.png"));
    await writePhoto(at("c.png"), { seed: 8 });
    writeFileSync(at("b.png"), "");
    const healthy = ["--model", writeTinyModel(at("model"), { bias: -20 }), "--backend", "cpu"];
    const printed = new Set<string>();
    for (const [photo, model] of [
      ["a.png", engine],
      ["a.png", engine],
      ["b.png", engine],
      ["c.png", healthy],
    ] as const) {
      const preview = command === "restore" ? ["--preview"] : [];
      const { stdout } = await limpid([command, at(photo), "--json", ...preview, ...model]);
      for (const line of jsonLines(stdout)) keysOf(line).forEach((key) => printed.add(key));
    }
    const { stdout: help } = await limpid(["help", command]);
    if (command === "restore") expect(help).toMatch(/with untouched: true if[^]*with preview: FILE if/);
    const more = command === "restore" ? ["untouched", "preview"] : [];
    const promised = new Set([...promisedKeys(help), ...more]);
    expect([...printed].sort()).toEqual([...promised].sort());
  });
});

describe("analyze", () => {
  test("says what is wrong and writes nothing", async () => {
    const photo = await writePhoto(at("photo.png"));
    const { code, stdout } = await limpid(["analyze", photo, ...engine]);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      `${photo}  24 x 16`,
      expect.stringMatching(/^ {2}found {4}(\w+ 100 %(, |$)){3}/),
      "",
    ]);
    expect(readdirSync(workspace.folder)).toEqual(["photo.png"]);
  });

  test("draws bars on a terminal, and marks what was found", async () => {
    // Probabilities of about 0.4, under the thresholds.
    const unsure = writeTinyModel(at("model"), { bias: -0.4, routerScale: 0 });
    const photo = await writePhoto(at("photo.png"));
    for (const [model, bar] of [
      [engine, `${"█".repeat(32)} 100 %  found`],
      [["--model", unsure, "--backend", "cpu"], `${"█".repeat(13)}${"░".repeat(19)}  40 %`],
    ] as const) {
      const { stdout } = await limpid(["analyze", photo, ...model], { outputColumns: 100 });
      expect(stdout.split("\n").slice(0, 2)).toEqual([
        `${photo}  24 x 16`,
        expect.stringMatching(`^ {2}\\w+ +${bar}$`),
      ]);
      expect(stdout.match(/█/g)?.length).toBeGreaterThan(30);
    }
    const narrow = await limpid(["analyze", photo, ...engine], { outputColumns: 34 });
    for (const line of narrow.stdout.split("\n").slice(1)) expect(line.length).toBeLessThanOrEqual(34);
  });

  test("--json prints one object per photo", async () => {
    const photo = await writePhoto(at("photo.png"));
    const { stdout } = await limpid(["analyze", photo, at("none.png"), "--json", ...engine]);
    expect(jsonLines(stdout)).toEqual([
      {
        input: photo,
        width: 24,
        height: 16,
        backend: "cpu",
        analysis: expect.arrayContaining([{ degradation: "noise", probability: 1 }]),
        milliseconds: expect.any(Number),
      },
      { input: at("none.png"), error: { code: "FileUnreadable", message: expect.any(String) } },
    ]);
  });
});

describe("start", () => {
  test("restores the photos that it is given, again each time", async () => {
    const photo = await writePhoto(at("photo.png"));
    for (const _ of [1, 2]) {
      const { code, stdout } = await limpid(["start", photo, ...engine]);
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining(`wrote    ${at("photo.png.restored.png")}`),
      ]);
    }
  });

  test("without photos restores the samples and says where the results lie", async () => {
    const samples = ["jpeg.jpg", "noise.png", "rain.png"].map((name) =>
      join("examples", "photos", `${name}.restored.png`),
    );
    const before = samples.map((path) => (existsSync(path) ? readFileSync(path) : undefined));
    try {
      const { code, stdout } = await limpid(["start", ...engine.slice(0, 2), "--backend", "wasm"]);
      expect(code).toBe(0);
      for (const sample of samples) expect(stdout).toContain(`wrote    ${sample}`);
      expect(stdout).toContain(`The results lie beside the samples, in ${join("examples", "photos")}`);
      expect(stdout.trimEnd().split("\n").at(-1)).toBe(
        "In a page, with photos of your own: npm run playground",
      );
    } finally {
      samples.forEach((path, index) => {
        const bytes = before[index];
        if (bytes === undefined) rmSync(path, { force: true });
        else writeFileSync(path, bytes);
      });
    }
  });
});
