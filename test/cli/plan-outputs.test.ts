import fs from "node:fs/promises";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { findImages } from "../../packages/cli/src/find-images.js";
import {
  chooseOutputPlace,
  planOutputs,
  type FormatChoice,
  type OutputPlace,
} from "../../packages/cli/src/plan-outputs.js";

let folder: string;
const { signal } = new AbortController();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "limpid-plan-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function touch(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
}

async function find(...names: string[]): Promise<string[]> {
  const { images } = await findImages(
    names.map((name) => join(folder, name)),
    signal,
  );
  return images.map(({ path }) => relative(folder, path));
}

const beside: OutputPlace = { kind: "beside", path: "" };

function plan(names: readonly string[], place = beside, overwrite = false) {
  return planOutputs(
    names.map((name) => ({ path: name, name })),
    place,
    overwrite,
  );
}

describe("images", () => {
  test("a folder stands for the image files in it and below, sorted, without hidden ones and results", async () => {
    touch(
      "b.PNG",
      "a.jpg",
      "deep/er/c.tiff",
      "notes.txt",
      ".hidden.png",
      ".git/d.png",
      "a.restored.png",
      "a.jpg.before-after.jpg",
    );
    expect(await find("")).toEqual(["a.jpg", "b.PNG", "deep/er/c.tiff"]);
  });

  test("a file that is named is taken whatever it is called, and every file once", async () => {
    touch("photo.data", "a.png", "x.restored.png");
    expect(await find("photo.data", "a.png", "", "x.restored.png", "a.png")).toEqual([
      "photo.data",
      "a.png",
      "x.restored.png",
    ]);
  });

  test("links to files are followed, links to folders are not", async () => {
    touch("real/a.png");
    mkdirSync(join(folder, "named"));
    symlinkSync(join(folder, "real/a.png"), join(folder, "named/link.png"));
    symlinkSync(join(folder, "real"), join(folder, "named/folder.png"));
    symlinkSync(join(folder, "named"), join(folder, "named/loop"));
    expect(await find("named")).toEqual(["named/link.png"]);
  });

  test("names are relative to the folder that was named, so that parts agree wherever it is mounted", async () => {
    touch("here/x/a.png");
    const { images } = await findImages([join(folder, "here"), join(folder, "here/x/a.png")], signal);
    expect(images.map(({ name }) => name)).toEqual(["x/a.png"]);
  });

  test("photos of kinds that are not read are failures; the system's own folders are passed over", async () => {
    touch("a.png", "b.bmp", "deep/c.DNG", "d.jxl", "lost+found/e.png", "notes.txt");
    const { images, failures } = await findImages([folder], signal);
    expect(images.map(({ name }) => name)).toEqual(["a.png"]);
    expect(
      failures.map(({ input, error }) => [relative(folder, input), (error as { code: string }).code]),
    ).toEqual([
      ["b.bmp", "UnsupportedImage"],
      ["d.jxl", "UnsupportedImage"],
      ["deep/c.DNG", "UnsupportedImage"],
    ]);
  });

  test("a folder that may not be read is a failure, and the others are searched", async () => {
    touch("a/a.png", "b/b.png", "c/c.png");
    const readdir = fs.readdir.bind(fs) as (...args: unknown[]) => Promise<never>;
    jest.spyOn(fs, "readdir").mockImplementation((...args: unknown[]) => {
      const denied = Object.assign(new Error("EACCES: permission denied, scandir"), { code: "EACCES" });
      return String(args[0]).endsWith("b") ? Promise.reject(denied) : readdir(...args);
    });
    const { images, failures } = await findImages([folder], signal);
    jest.restoreAllMocks();
    expect(images.map(({ name }) => name)).toEqual(["a/a.png", "c/c.png"]);
    expect(failures).toMatchObject([
      {
        input: join(folder, "b"),
        error: { code: "FileUnreadable", message: expect.stringContaining("denied") },
      },
    ]);
  });

  test("a folder without images is said", async () => {
    mkdirSync(join(folder, "empty"));
    const { images, failures } = await findImages([join(folder, "empty")], signal);
    expect(images).toEqual([]);
    expect(failures[0]?.error).toMatchObject({ code: "FileUnreadable" });
  });
});

describe("outputs", () => {
  test("go beside their images, or under their names into a folder", () => {
    expect(plan(["in/a.jpg"]).tasks).toMatchObject([
      { input: "in/a.jpg", output: join("in", "a.jpg.restored.png"), name: "in/a.jpg", format: "png" },
    ]);
    expect(plan(["x/a.b.jpg"], { kind: "folder", path: "out" }).tasks[0]?.output).toBe(
      join("out", "x", "a.b.jpg.restored.png"),
    );
  });

  test("have the name of their image, with its extension", () => {
    expect(plan(["a.jpg", "a.png"]).tasks.map(({ output }) => output)).toEqual([
      "a.jpg.restored.png",
      "a.png.restored.png",
    ]);
  });

  test("have the format that is asked for, or that of their image if it is written", () => {
    const outputs = (format: FormatChoice, place: OutputPlace = beside): string[] =>
      planOutputs(
        ["a.JPG", "b.tiff", "c.gif", "d.webp"].map((name) => ({ path: name, name })),
        place,
        false,
        format,
      ).tasks.map(({ output, preview }) => `${output} ${preview}`);
    expect(outputs("webp")[0]).toBe("a.JPG.restored.webp a.JPG.before-after.jpg");
    expect(outputs("same").map((name) => name.split(" ")[0])).toEqual([
      "a.JPG.restored.jpg",
      "b.tiff.restored.tif",
      "c.gif.restored.png",
      "d.webp.restored.webp",
    ]);
    expect(outputs("jpeg", { kind: "folder", path: "out" })[2]).toBe(
      `${join("out", "c.gif.restored.jpg")} ${join("out", "c.gif.before-after.jpg")}`,
    );
    // What was named has the format of its name, what was piped that of its bytes.
    const piped = { path: "-", name: "stdin", bytes: Uint8Array.of(0xff, 0xd8, 0xff) };
    const task = (place: OutputPlace) => planOutputs([piped], place, false, "same").tasks[0];
    expect(task({ kind: "stream", path: "-" })).toMatchObject({ output: "-", format: "jpeg" });
    expect(task({ kind: "file", path: "x.tif" })).toMatchObject({
      output: "x.tif",
      format: "tiff",
      preview: "x.tif.before-after.jpg",
    });
  });

  test("that are still shared belong to the first, and the others fail", () => {
    const images = ["x", "y"].map((path) => ({ path: `${path}/a.png`, name: "a.png" }));
    const { tasks, failures } = planOutputs(images, { kind: "folder", path: "out" }, false);
    expect(tasks.map(({ input }) => input)).toEqual(["x/a.png"]);
    expect(failures).toMatchObject([{ input: "y/a.png", error: { code: "InvalidArgument" } }]);
  });

  test("whose names would be too long for a disk are said before anything is computed", () => {
    const [short, long] = [`${"é".repeat(119)}.png`, `${"é".repeat(119)}x.png`]; // 255 and 256 bytes in all
    const { tasks, failures } = plan([short, long]);
    expect(tasks.map(({ input }) => input)).toEqual([short]);
    expect(failures).toMatchObject([{ input: long, error: { code: "FileUnwritable" } }]);
  });

  test("named as inputs too are not restored again, nor replaced", () => {
    const names = ["a.png", "a.png.restored.png"];
    expect(plan(names).tasks.map(({ input }) => input)).toEqual(["a.png"]);
    expect(plan(names, beside, true)).toMatchObject({
      tasks: [],
      failures: [{ input: "a.png", error: { code: "InputOverwrite" } }],
    });
    expect(plan(["a.png"], { kind: "file", path: "./a.png" })).toMatchObject({
      tasks: [],
      failures: [{ error: { code: "InputOverwrite" } }],
    });
  });

  test("are all different, are no input, and every image has one or a reason", () => {
    const name = fc.stringMatching(/^[ab]\.(png|jpg|restored\.png|png\.restored\.png)$/);
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.boolean(), (names, overwrite) => {
        const { tasks, failures } = plan(names, beside, overwrite);
        const outputs = tasks.map(({ output }) => output);
        expect(new Set(outputs).size).toBe(outputs.length);
        if (overwrite) for (const output of outputs) expect(names).not.toContain(output);
        const settled = [...tasks, ...failures].map(({ input }) => input);
        const made = new Set(plan(names).tasks.map(({ output }) => output));
        for (const each of names) if (!made.has(each)) expect(settled).toContain(each);
      }),
    );
  });

  test("go where -o says: a file for one file, else a folder", () => {
    touch("a.png", "folder.png/b.png");
    const one = [join(folder, "a.png")];
    expect(chooseOutputPlace(undefined, one).kind).toBe("beside");
    expect(chooseOutputPlace("out.webp", one)).toEqual({ kind: "file", path: "out.webp" });
    expect(chooseOutputPlace("out", one).kind).toBe("folder");
    expect(chooseOutputPlace("out.png/", one).kind).toBe("folder");
    expect(chooseOutputPlace(join(folder, "folder.png"), one).kind).toBe("folder");
    expect(chooseOutputPlace("out.v2", [folder]).kind).toBe("folder");
    expect(chooseOutputPlace("-", one).kind).toBe("stream");
    expect(chooseOutputPlace(undefined, ["-"]).kind).toBe("stream");
    expect(chooseOutputPlace("out.png", ["-"])).toEqual({ kind: "file", path: "out.png" });
    expect(() => chooseOutputPlace("-", [folder])).toThrow(/one file, for several/);
    expect(() => chooseOutputPlace(undefined, ["-", ...one])).toThrow(/standard input/);
    expect(() => chooseOutputPlace("out.png", [folder])).toThrow(/one file, for several/);
    expect(() => chooseOutputPlace("out.bmp", one)).toThrow(/cannot write ".bmp"/);
  });
});
