import fs from "node:fs/promises";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import sharp from "sharp";
import { reportError } from "../../packages/cli/src/describe-error.js";
import { jsonLines, limpid, writePhoto, writeTinyModel } from "./command.js";
import { useWorkspace } from "./workspace.js";

jest.setTimeout(60_000);

const workspace = useWorkspace();
const { at, engine } = workspace;
afterEach(() => {
  jest.restoreAllMocks();
});

function save(name: string, bytes: Uint8Array | string): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

/** A PNG whose header claims another size. */
function withClaimedSize(png: Buffer, width: number, height: number): Buffer {
  const forged = Buffer.from(png);
  forged.writeUInt32BE(width, 16);
  forged.writeUInt32BE(height, 20);
  forged.writeUInt32BE(crc32(forged.subarray(12, 29)), 29);
  return forged;
}

/** One line with a code, and its end. */
function line(code: string, text = ""): unknown {
  return expect.stringMatching(new RegExp(`^${code}: [^\n]*${text}[^\n]*\n$`));
}

describe("a bad photo gets one line with a code, and exit code 1", () => {
  test.each([
    ["EmptyFile", "empty.png", () => Buffer.alloc(0)],
    ["UnsupportedImage", "text.jpg", () => Buffer.from("not a photo")],
    ["CorruptImage", "short.png", (png: Buffer) => png.subarray(0, png.length / 2)],
    ["ImageTooLarge", "large.png", (png: Buffer) => withClaimedSize(png, 20_000, 20_000)],
  ])("%s", async (code, name, spoil) => {
    const good = await writePhoto(at("good.png"));
    const bad = save(name, spoil(readFileSync(good)));
    expect(await limpid(["restore", bad, ...engine])).toEqual({
      code: 1,
      stdout: "",
      stderr: line(code, name),
    });
    expect(await limpid(["analyze", bad, ...engine])).toEqual({
      code: 1,
      stdout: "",
      stderr: line(code, name),
    });
    expect(readdirSync(workspace.folder).sort()).toEqual(["good.png", name].sort());
  });

  test("names that hold commands for the terminal are shown, not obeyed", async () => {
    const name = "a\u001b[31m\n\u009b2J\u202egnp.png";
    const good = await writePhoto(at("in", name));
    save("empty\u001b]0;x\u0007.png", "");
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    const active = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/;
    for (const json of [[], ["--json"]]) {
      const { stdout, stderr } = await limpid(["restore", workspace.folder, "--force", ...json, ...engine]);
      expect(stdout + stderr).not.toMatch(active);
      if (json.length > 0) expect(jsonLines(stdout).map(({ input }) => input)).toContain(good);
      else expect(stdout).toContain(`a\\u001b[31m\\u000a\\u009b2J\\u202egnp.png  24 x 16\n`);
    }
  });

  test("one that is larger than --max-megapixels says", async () => {
    const photo = await writePhoto(at("photo.png"), { width: 40, height: 30 });
    for (const [most, code] of [
      ["0.0011", 1],
      ["0.0012", 0],
    ] as const) {
      for (const command of ["restore", "analyze"]) {
        const run = await limpid([command, photo, "--max-megapixels", most, ...engine]);
        expect([run.code, run.stderr]).toEqual([code, code === 1 ? line("ImageTooLarge", "40 x 30") : ""]);
      }
    }
    expect((await limpid(["restore", photo, "--max-megapixels", "269"])).code).toBe(2);
  });

  test("one that is not there", async () => {
    const { code, stderr } = await limpid(["restore", at("none.png"), ...engine]);
    expect([code, stderr]).toEqual([1, line("FileUnreadable", "none.png")]);
  });

  test("CMYK and animations are converted, and said", async () => {
    const pixels = { raw: { width: 8, height: 8, channels: 3 as const } };
    await sharp(Buffer.alloc(192, 90), pixels).toColourspace("cmyk").toFile(at("press.jpg"));
    const frames = { raw: { width: 8, height: 16, channels: 3 as const, pageHeight: 8 } };
    const colors = Buffer.from(Array.from({ length: 384 }, (_, index) => (index < 192 ? 10 : 200)));
    await sharp(colors, frames).gif().toFile(at("moving.gif"));
    const people = await limpid(["restore", workspace.folder, ...engine]);
    expect(people.code).toBe(0);
    expect(people.stdout).toMatch(/press\.jpg[^]*note {5}CMYK, converted/);
    expect(people.stdout).toMatch(/moving\.gif[^]*note {5}animated: only the first of 2 frames/);
    const programs = await limpid(["restore", workspace.folder, "--force", "--json", ...engine]);
    expect(jsonLines(programs.stdout)).toHaveLength(2);
    expect(programs.stderr).toContain(`note: ${at("press.jpg")}: CMYK, converted`);
  });

  test("a folder with bad files restores the good ones and lists the bad at the end", async () => {
    await writePhoto(at("a.png"));
    save("b.png", "");
    save("c.jpg", "no photo");
    await writePhoto(at("d.png"));
    const { code, stdout, stderr } = await limpid(["restore", workspace.folder, ...engine]);
    expect(code).toBe(1);
    expect(stdout.match(/wrote/g)).toHaveLength(2);
    expect(stderr.split("\n")).toEqual([
      "2 restored, 2 failed",
      `EmptyFile: ${at("b.png")}: is empty`,
      `UnsupportedImage: ${at("c.jpg")}: is not an image that can be read`,
      "",
    ]);
    const again = await limpid(["restore", workspace.folder, "--json", ...engine]);
    expect(jsonLines(again.stdout).map(({ skipped, error }) => skipped ?? error?.code)).toEqual([
      true,
      "EmptyFile",
      "UnsupportedImage",
      true,
    ]);
  });

  test("a mask of another size is a fault of that photo only", async () => {
    const mask = await writePhoto(at("mask", "m.png"), { channels: 1 });
    await writePhoto(at("in", "a.png"));
    await writePhoto(at("in", "b.png"), { width: 30 });
    const { code, stdout, stderr } = await limpid(["restore", at("in"), "--mask", mask, ...engine]);
    expect([code, stdout.match(/wrote/g)?.length]).toEqual([1, 1]);
    expect(stderr).toContain(`InvalidArgument: ${at("in", "b.png")}: the mask is 24 x 16, the image 30 x 16`);
  });
});

describe("wrong usage exits with 2 and does nothing", () => {
  test.each([
    ["an unknown command", "InvalidArgument", ["restor", "PHOTO"]],
    ["no photo", "InvalidArgument", ["restore"]],
    ["an unknown option", "InvalidArgument", ["restore", "PHOTO", "--fast"]],
    ["an unknown backend", "InvalidArgument", ["restore", "PHOTO", "--backend", "cuda"]],
    ["a strength above 1", "InvalidArgument", ["restore", "PHOTO", "--strength", "2"]],
    ["a strength that is no number", "InvalidArgument", ["restore", "PHOTO", "--strength", ""]],
    ["no jobs", "InvalidArgument", ["restore", "PHOTO", "--jobs", "0"]],
    ["a shard that is none", "InvalidArgument", ["restore", "PHOTO", "--shard", "5/4"]],
    ["shard 0", "InvalidArgument", ["restore", "PHOTO", "--shard", "0/4"]],
    ["an expert's weight out of range", "InvalidArgument", ["restore", "PHOTO", "--expert", "tiny.first:3"]],
    ["an expert's weight missing", "InvalidArgument", ["restore", "PHOTO", "--expert", "tiny.first:"]],
    [
      "an expert named twice",
      "InvalidArgument",
      ["restore", "PHOTO", "--expert", "tiny.first", "--expert", "tiny.first:1"],
    ],
    ["an unknown expert", "UnknownExpert", ["restore", "PHOTO", "--expert", "tiny.third", "ENGINE"]],
    ["a tile size off the grid", "InvalidTileSize", ["restore", "PHOTO", "--tile", "15", "ENGINE"]],
    ["a format that is not written", "UnsupportedFormat", ["restore", "PHOTO", "-o", "FOLDER/x.bmp"]],
    ["several photos for one file", "InvalidArgument", ["restore", "PHOTO", "FOLDER", "-o", "x.png"]],
    ["import without an output", "InvalidArgument", ["import", "PHOTO"]],
  ])("%s", async (_, code, args) => {
    const photo = await writePhoto(at("photo.png"));
    const filled = args.flatMap((word) =>
      word === "ENGINE" ? engine : [word.replace("PHOTO", photo).replace("FOLDER", workspace.folder)],
    );
    const result = await limpid(filled);
    expect([result.code, result.stdout]).toEqual([2, ""]);
    expect(result.stderr.split("\n").filter((text) => text.startsWith(`${code}: `))).toHaveLength(1);
    expect(readdirSync(workspace.folder)).toEqual(["photo.png"]);
  });

  test("an unknown expert ends a run of many at once", async () => {
    for (const name of ["a.png", "b.png", "c.png"]) await writePhoto(at(name));
    const { code, stdout, stderr } = await limpid([
      "restore",
      workspace.folder,
      "--expert",
      "x.y",
      ...engine,
    ]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe("0 restored\nUnknownExpert: no expert x.y; there are tiny.first, tiny.second\n");
  });

  test("no command shows the help", async () => {
    const { code, stderr } = await limpid([]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Usage: limpid")]);
  });
});

describe("weights", () => {
  async function restoreWith(spoil: (model: string) => void) {
    const model = writeTinyModel(at("model"));
    spoil(model);
    const photo = await writePhoto(at("photo.png"));
    const result = await limpid(["restore", photo, "--model", model, "--backend", "cpu"]);
    expect(readdirSync(workspace.folder)).toEqual(["model", "photo.png"]);
    return result;
  }

  test("that are not there", async () => {
    const { code, stderr } = await restoreWith((model) => rmSync(join(model, "router.safetensors")));
    expect([code, stderr]).toEqual([1, line("WeightsMissing", "router.safetensors: is not there")]);
  });

  test("of which there is no folder at all", async () => {
    const { code, stderr } = await restoreWith((model) => {
      for (const name of readdirSync(model)) rmSync(join(model, name), { recursive: true });
    });
    expect([code, stderr]).toEqual([1, line("WeightsMissing", "model.json: is not there")]);
  });

  test("that are cut short", async () => {
    const { code, stderr } = await restoreWith((model) => {
      const path = join(model, "backbone.safetensors");
      writeFileSync(path, readFileSync(path).subarray(0, 500));
    });
    expect([code, stderr]).toEqual([1, line("WeightsCorrupt", "has 500 bytes, model.json says \\d+")]);
  });

  test("that fail their hash", async () => {
    const { code, stderr } = await restoreWith((model) => {
      const path = join(model, "experts", "1.safetensors");
      const bytes = readFileSync(path);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(path, bytes);
    });
    expect([code, stderr]).toEqual([1, line("WeightsCorrupt", "1.safetensors .* hashes to ")]);
  });

  test("whose model.json is none", async () => {
    const { code, stderr } = await restoreWith((model) => writeFileSync(join(model, "model.json"), "{"));
    expect([code, stderr]).toEqual([1, line("InvalidConfig", "is not JSON")]);
  });
});

describe("nothing is lost", () => {
  test("on a full disk the run ends, with the photos restored by then in place", async () => {
    for (const name of ["a.png", "b.png", "c.png"]) await writePhoto(at(name));
    const open = fs.open.bind(fs);
    let writes = 0;
    jest.spyOn(fs, "open").mockImplementation(async (...parameters) => {
      const handle = await open(...parameters);
      if (String(parameters[0]).endsWith(".part") && ++writes === 2) {
        const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
        jest.spyOn(handle, "writeFile").mockRejectedValue(full);
      }
      return handle;
    });
    const { code, stderr } = await limpid(["restore", workspace.folder, ...engine]);
    expect([code, stderr]).toEqual([
      1,
      `1 restored\nDiskFull: ${at("b.png.restored.png")}: no space left on the disk\n`,
    ]);
    expect(readdirSync(workspace.folder)).toEqual(["a.png", "a.png.restored.png", "b.png", "c.png"]);
  });

  test("the photo that ends a run has its line of JSON", async () => {
    await writePhoto(at("a.png"));
    const full = Object.assign(new Error("ENOSPC: no space left on device, open"), { code: "ENOSPC" });
    const open = fs.open.bind(fs);
    jest
      .spyOn(fs, "open")
      .mockImplementation((...parameters) =>
        String(parameters[0]).endsWith(".part") ? Promise.reject(full) : open(...parameters),
      );
    const { code, stdout } = await limpid(["restore", at("a.png"), "--json", ...engine]);
    expect([code, jsonLines(stdout)]).toEqual([1, [{ input: at("a.png"), error: expect.anything() }]]);
    expect(jsonLines(stdout)[0]?.error?.code).toBe("DiskFull");
  });

  test("an output folder that may not be written to is said before anything is computed", async () => {
    const photo = await writePhoto(at("photo.png"));
    const access = fs.access.bind(fs);
    jest.spyOn(fs, "access").mockImplementation((path, mode) => {
      const denied = Object.assign(new Error("EROFS: read-only file system, access"), { code: "EROFS" });
      return path === at("out") ? Promise.reject(denied) : access(path, mode);
    });
    const reads = jest.spyOn(fs, "readFile");
    const { code, stderr } = await limpid(["restore", photo, "-o", at("out"), ...engine]);
    expect([code, stderr]).toEqual([1, line("FileUnwritable", "the file system is read-only")]);
    expect(reads.mock.calls.map(([path]) => path)).not.toContainEqual(expect.stringContaining("safetensors"));
  });

  test("what the system refuses where nobody expected it has a code, too", () => {
    const refusal = (code: string, syscall: string, more: object = {}): Error =>
      Object.assign(new Error(`${code}: it is so, ${syscall} '/x'`), { code, syscall, path: "/x", ...more });
    expect(reportError(refusal("ENOENT", "open"))).toEqual({
      code: "FileUnreadable",
      message: "/x: cannot be read: no such file or folder",
    });
    expect(reportError(refusal("EROFS", "mkdir")).code).toBe("FileUnwritable");
    expect(reportError(refusal("EACCES", "rename", { dest: "/y" })).message).toMatch(
      /^\/y: cannot be written/,
    );
    expect(reportError(refusal("ENOSPC", "write")).code).toBe("DiskFull");
    expect(reportError(new Error("a fault")).code).toBe("Unexpected");
  });

  test("an output folder that cannot be made is said before anything is computed", async () => {
    const photo = await writePhoto(at("photo.png"));
    save("file", "");
    const { code, stderr } = await limpid(["restore", photo, "-o", at("file", "out"), ...engine]);
    expect([code, stderr]).toEqual([1, line("FileUnwritable", "the folder cannot be made")]);
  });

  test("an interrupt while a result is being written takes the temporary file away", async () => {
    const photo = await writePhoto(at("photo.png"));
    const interrupt = new AbortController();
    const open = fs.open.bind(fs);
    let wasThere = false;
    jest.spyOn(fs, "open").mockImplementation(async (...parameters) => {
      const handle = await open(...parameters);
      if (String(parameters[0]).endsWith(".part")) {
        wasThere = readdirSync(workspace.folder).some((name) => name.endsWith(".part"));
        interrupt.abort();
      }
      return handle;
    });
    const { code, stderr } = await limpid(["restore", photo, ...engine], { signal: interrupt.signal });
    expect([code, wasThere]).toEqual([130, true]);
    expect(stderr).toBe("Aborted: interrupted\n");
    expect(readdirSync(workspace.folder)).toEqual(["photo.png"]);
  });
});
