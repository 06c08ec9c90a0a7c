import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import { findPairs } from "../../packages/cli/src/pair-folders.js";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { psnr, ssim } from "../../src/sdk/image/index.js";
import { writePhoto, type CommandResult } from "../cli/command.js";
import { lab } from "./command.js";
import { useWorkspace } from "../cli/workspace.js";

const workspace = useWorkspace();

function run(...args: string[]): Promise<CommandResult> {
  return lab(["evaluate", ...workspace.engine, ...args]);
}

interface Json {
  readonly model: unknown;
  readonly tasks: readonly {
    readonly task: string;
    readonly photos: number;
    readonly rows: Readonly<Record<string, Readonly<Record<string, { psnr: number; ssim: number }>> | null>>;
    readonly routerAccuracy: number | null;
  }[];
  readonly mixedAccuracy: number | null;
  readonly cleanLeftAlone: number | null;
  readonly peers?: Readonly<
    Record<string, readonly { method: string; scores: Record<string, { psnr: number }> }[]>
  >;
  readonly photos: readonly {
    readonly photo: string;
    readonly width: number;
    readonly height: number;
    readonly clean: unknown;
    readonly tasks: readonly {
      readonly task: string;
      readonly mixture: unknown;
      readonly analysis: unknown;
    }[];
  }[];
  readonly failures: readonly { readonly input: string; readonly error: { code: string; message: string } }[];
}

async function evaluate(...args: string[]): Promise<Json> {
  const { code, stdout, stderr } = await run("--json", ...args);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Json;
}

async function writePhotos(...names: string[]): Promise<string> {
  for (const [seed, name] of names.entries()) await writePhoto(workspace.at("photos", name), { seed });
  return workspace.at("photos");
}

describe("rows and metrics", () => {
  test("two faults: the better of the right experts, both together, and the best wrong one", async () => {
    const photos = await writePhotos("a.png");
    const rows = "backbone,wrong,expert,top-2,routed";
    const both = await evaluate("--photos", photos, "--tasks", "noise+jpeg", "--rows", rows, "--no-clean");
    const [mixed] = both.tasks;
    expect(mixed!.rows.wrong).toBeNull(); // the tiny model's two experts are both right
    expect(mixed!.rows.expert).not.toBeNull();
    expect(mixed!.rows["top-2"]).not.toEqual(mixed!.rows.expert);
    expect(mixed!.rows["top-2"]).not.toBeNull();
    expect(both.mixedAccuracy).toBe(mixed!.routerAccuracy);
    expect(both.cleanLeftAlone).toBeNull();
    expect(both.photos[0]!.clean).toBeNull();
    const single = await evaluate(
      "--photos",
      photos,
      "--tasks",
      "jpeg-10,rain",
      "--rows",
      rows,
      "--no-clean",
    );
    const [jpeg, rain] = single.tasks;
    expect(jpeg!.rows["top-2"]).toBeNull();
    expect(jpeg!.rows.wrong).not.toBeNull();
    expect(jpeg!.rows.wrong).not.toEqual(jpeg!.rows.expert);
    expect(rain!.rows.expert).toBeNull();
    // No expert knows rain, so the better of the two is the best wrong one.
    expect(rain!.rows.wrong).not.toBeNull();
  });

  test("every metric is the library's, of the pictures that are written", async () => {
    const photos = await writePhotos("a.png");
    const metrics = "rgb,rgb-uniform7,y,y-uniform11,y-bgr-uniform11";
    const args = ["--photos", photos, "--tasks", "rain:0.9", "--rows", "input", "--metrics", metrics];
    const { tasks, model } = await evaluate(...args, "--write-pairs", workspace.at("pairs"));
    expect(model).toBeNull(); // no model is needed
    const { image: damaged } = await readImageFile(workspace.at("pairs", "rain-0.9", "a.png"));
    const { image: clean } = await readImageFile(workspace.at("pairs", "clean", "a.png"));
    const expected = {
      rgb: { space: "rgb", window: "gaussian" },
      "rgb-uniform7": { space: "rgb", window: "uniform7" },
      y: { space: "y", window: "gaussian" },
      "y-uniform11": { space: "y", window: "uniform11" },
      "y-bgr-uniform11": { space: "y-bgr", window: "uniform11" },
    } as const;
    for (const [metric, options] of Object.entries(expected)) {
      const score = tasks[0]!.rows.input![metric]!;
      expect(score.psnr).toBeCloseTo(psnr(damaged, clean, options), 3);
      expect(score.ssim).toBeCloseTo(ssim(damaged, clean, options), 3);
    }
    const { stdout } = await run(...args, "--metrics", "rgb,y");
    expect(stdout).toContain("RGB, SSIM with the Gaussian window");
    expect(stdout).toContain("Y of BT.601, SSIM with the Gaussian window");
  });

  test("damages natural photographs as much as the literature's benchmarks", async () => {
    const photos = fileURLToPath(new URL("../../examples/photos/clean", import.meta.url));
    const args = ["--photos", photos, "--tasks", "noise,jpeg", "--rows", "input", "--metrics", "rgb,y"];
    const { tasks } = await evaluate(...args);
    // CBSD68, Kodak24, McMaster and Urban100 are left with 24.75 to 25.13 dB by sigma 15, and so on; LIVE1, CBSD68 and
    // Kodak24 with 25.69 to 26.58 dB by JPEG at quality 10, in luma (LIVE1) with 2.7 dB more.
    const ranges: Record<string, [number, number]> = {
      "noise-15": [24.7, 25.2],
      "noise-25": [20.4, 21],
      "noise-50": [14.8, 15.4],
      "jpeg-10": [25.6, 27.2],
      "jpeg-20": [28, 29.5],
    };
    for (const { task, rows } of tasks) {
      const [low, high] = ranges[task]!;
      expect(rows.input!.rgb!.psnr).toBeGreaterThan(low);
      expect(rows.input!.rgb!.psnr).toBeLessThan(high);
      if (task.startsWith("jpeg")) {
        const difference = rows.input!.y!.psnr - rows.input!.rgb!.psnr;
        expect(difference).toBeGreaterThan(2.4);
        expect(difference).toBeLessThan(3.4);
      }
    }
  });

  test("16 bits compare results that are not rounded; a crop is of the middle", async () => {
    const photos = await writePhotos("a.png");
    const args = ["--photos", photos, "--tasks", "rain", "--no-clean", "--rows", "input,backbone"];
    const file = workspace.at("results.jsonl");
    for (const depth of ["8", "16"]) await evaluate(...args, "--depth", depth, "--resume", file);
    const results = readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { row: string; depth: number; scores: { rgb: { psnr: number } } });
    const psnrOf = (row: string, depth: number): number =>
      results.find((result) => result.row === row && result.depth === depth)!.scores.rgb.psnr;
    expect(psnrOf("input", 16)).toBe(psnrOf("input", 8));
    expect(psnrOf("backbone", 16)).not.toBe(psnrOf("backbone", 8));
    expect(psnrOf("backbone", 16)).toBeCloseTo(psnrOf("backbone", 8), 1);
    const cut = await evaluate(...args, "--crop", "12");
    expect(cut.photos[0]).toMatchObject({ width: 12, height: 12 });
  });

  test("each setting has its tasks", async () => {
    const photos = await writePhotos("a.png");
    const tasksOf = async (setting: string): Promise<string[]> =>
      (await evaluate("--photos", photos, "--setting", setting, "--rows", "input")).tasks.map(
        ({ task }) => task,
      );
    expect(await tasksOf("I")).toEqual(["rain", "raindrop", "haze", "snow", "rain+haze"]);
    expect(await tasksOf("III")).toEqual(["noise-15", "noise-25", "noise-50", "rain", "haze"]);
    expect(await tasksOf("IV")).toEqual(["blur-shake", "rain", "haze", "snow", "low-light"]);
    expect(await tasksOf("V")).toHaveLength(10);
  });
});

describe("--resume", () => {
  test("measures only what is missing, and says so", async () => {
    const photos = await writePhotos("a.png", "b.png");
    const file = workspace.at("results.jsonl");
    const args = ["--photos", photos, "--tasks", "jpeg-10", "--resume", file];
    const first = await evaluate(...args, "--limit", "1");
    // A score that nothing would measure shows where the numbers come from.
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const marked = lines.map((line) => {
      const result = JSON.parse(line) as {
        row: string;
        task: string;
        scores: Record<string, { psnr: number }>;
      };
      if (result.row === "expert") result.scores.rgb!.psnr = 77;
      return JSON.stringify(result);
    });
    // The run was cut short while it wrote.
    writeFileSync(file, `${marked.join("\n")}\n${marked[0]!.slice(0, 40)}`);
    const { code, stdout, stderr } = await run("--json", ...args);
    const both = JSON.parse(stdout) as Json;
    expect(code).toBe(0);
    expect(stderr).toContain(`line ${marked.length + 1} is no result`);
    expect(stderr).toContain("5 results of earlier runs");
    expect(stderr).toMatch(/1 of 1 {2}b\.png/);
    expect(both.photos[0]!.tasks[0]).toMatchObject({ rows: { expert: { rgb: { psnr: 77 } } } });
    expect(both.photos[0]!.clean).toEqual(first.photos[0]!.clean);
    const size = readFileSync(file, "utf8").length;
    const { stdout: again } = await run("--json", ...args);
    expect(JSON.parse(again)).toEqual(both);
    expect(readFileSync(file, "utf8")).toHaveLength(size);
  });

  test("keeps what another seed, crop, depth or content measured apart, and joins metrics", async () => {
    const photos = await writePhotos("a.png");
    const file = workspace.at("results.jsonl");
    const args = ["--photos", photos, "--tasks", "rain", "--rows", "input", "--resume", file];
    const count = (): number => readFileSync(file, "utf8").trimEnd().split("\n").length;
    await run(...args);
    expect(count()).toBe(1);
    for (const [index, more] of [
      ["--seed", "2"],
      ["--crop", "12"],
      ["--depth", "16"],
      ["--metrics", "y"],
    ].entries()) {
      await run(...args, ...more);
      expect(count()).toBe(index + 2);
    }
    await run(...args, "--metrics", "rgb,y");
    expect(count()).toBe(5);
    await writePhoto(workspace.at("photos", "a.png"), { seed: 99 });
    await run(...args);
    expect(count()).toBe(6);
  });

  test("shards share the photos out, and their files join", async () => {
    const photos = await writePhotos("a.png", "b.png", "c.png", "d.png");
    const args = ["--photos", photos, "--tasks", "jpeg-10", "--no-clean", "--rows", "input,backbone"];
    const names: string[] = [];
    const joined = workspace.at("joined.jsonl");
    for (const index of [1, 2]) {
      const file = workspace.at(`${index}.jsonl`);
      const { stdout } = await run("--json", ...args, "--shard", `${index}/2`, "--resume", file);
      names.push(...(JSON.parse(stdout) as Json).photos.map(({ photo }) => photo));
      appendFileSync(joined, readFileSync(file));
    }
    expect(names.sort()).toEqual(["a.png", "b.png", "c.png", "d.png"]);
    const { stderr, stdout } = await run("--json", ...args, "--resume", joined);
    expect(stderr).toBe(`note: 8 results of earlier runs are in ${joined}\n`);
    expect((JSON.parse(stdout) as Json).tasks[0]!.photos).toBe(4);
  });

  test("a file that cannot be written ends the run", async () => {
    const photos = await writePhotos("a.png");
    const file = workspace.at("nowhere", "results.jsonl");
    const { code, stderr } = await run(
      "--photos",
      photos,
      "--tasks",
      "rain",
      "--rows",
      "input",
      "--resume",
      file,
    );
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `FileUnwritable: ${file}: results cannot be written\n`,
    });
  });
});

describe("--pairs", () => {
  test.each([
    ["Rain100L", "rainy/rain-001.png", "norain/norain-001.png", "rainy", "norain"],
    ["Rain100H", "rain/X2/norain-001x2.png", "norain/norain-001.png", "rain", "norain"],
    ["SOTS outdoor", "hazy/0001_0.8_0.2.jpg", "clear/0001.png", "hazy", "clear"],
    ["SOTS indoor", "hazy/1400_10.png", "clear/1400.png", "hazy", "clear"],
    ["LOL", "low/1.png", "high/1.png", "low", "high"],
    ["LOL-v2", "Low/low00690.png", "Normal/normal00690.png", "Low", "Normal"],
    ["GoPro", "GOPR0384_11_00/blur/000001.png", "GOPR0384_11_00/sharp/000001.png", "", ""],
    ["Snow100K", "synthetic/beautiful_smile_00003.jpg", "gt/beautiful_smile_00003.jpg", "synthetic", "gt"],
    ["RainDrop", "data/0_rain.png", "gt/0_clean.png", "", ""],
  ])("pairs the pictures of %s", async (_, damaged, clean, damagedFolder, cleanFolder) => {
    const other = (name: string): string =>
      name.replace(/(\d)(?=\D*$)/, (digit) => String((Number(digit) + 7) % 10));
    for (const name of [damaged, clean, other(clean)]) {
      if (!existsSync(workspace.at(name))) await writePhoto(workspace.at(name));
    }
    const found = await findPairs(
      workspace.at(damagedFolder),
      workspace.at(cleanFolder),
      new AbortController().signal,
    );
    expect(found.failures).toEqual([]);
    expect(found.pairs.map(({ damaged: a, clean: b }) => [a.path, b.path])).toEqual([
      [workspace.at(damaged), workspace.at(clean)],
    ]);
  });

  test("measures a data set, its clean pictures once, and names what does not fit", async () => {
    await writePhoto(workspace.at("hazy/0001_0.8_0.2.png"), { seed: 1 });
    await writePhoto(workspace.at("hazy/0001_0.9_0.1.png"), { seed: 2 });
    await writePhoto(workspace.at("hazy/0002_1_0.1.png"), { seed: 3, width: 20 });
    await writePhoto(workspace.at("hazy/0003_1_0.1.png"), { seed: 4 });
    await writePhoto(workspace.at("hazy/0004_1_0.1.png"), { seed: 4 });
    for (const name of ["0001.png", "0002.png", "0004.png", "0004.jpg"]) {
      await writePhoto(workspace.at("clear", name), { seed: 5 });
    }
    await writePhoto(workspace.at("rainy/rain-1.png"), { seed: 6 });
    await writePhoto(workspace.at("norain/norain-1.png"), { seed: 7 });
    const { code, stdout } = await run(
      "--json",
      ...["--pairs", `haze=${workspace.at("hazy")}`, workspace.at("clear")],
      ...["--pairs", `rain=${workspace.at("rainy")}`, workspace.at("norain"), "--setting", "II"],
    );
    expect(code).toBe(1);
    const { tasks, photos, failures } = JSON.parse(stdout) as Json;
    expect(tasks.map(({ task, photos: count }) => [task, count])).toEqual([
      ["haze", 2],
      ["rain", 1],
    ]);
    expect(photos.map(({ photo, clean }) => [photo, clean !== null])).toEqual([
      ["0001_0.8_0.2.png", true],
      ["0001_0.9_0.1.png", false],
      ["rain-1.png", true],
    ]);
    expect(tasks[0]!.rows.input!.rgb!.psnr).toBeLessThan(20);
    expect(failures.map(({ input, error }) => [input, error.code])).toEqual([
      [workspace.at("hazy/0003_1_0.1.png"), "FileUnreadable"],
      [workspace.at("hazy/0004_1_0.1.png"), "FileUnreadable"],
      [workspace.at("hazy/0002_1_0.1.png"), "InvalidImage"],
    ]);
    expect(failures[0]!.error.message).toContain("no picture of a name that belongs to it");
    expect(failures[1]!.error.message).toContain("several pictures belong to it: 0004.jpg, 0004.png");
    expect(failures[2]!.error.message).toContain("is 20 x 16, but");
  });

  test.each([
    [["--pairs", "rain=a"], /by two, not 1/],
    [["--pairs", "a", "b"], /say what is wrong with the pictures, as in rain=a/],
    [["--pairs", "fog=a", "b"], /no task fog/],
    [["--pairs", "jpeg=a", "b", "--setting", "III"], /jpeg is not in setting III: it has rain, haze, noise/],
  ])("refuses %j", async (args, reason) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(reason);
  });
});

describe("documents and other methods", () => {
  test("tables replace the part of a document that is theirs", async () => {
    const photos = await writePhotos("a.png");
    const document = workspace.at("benchmark.md");
    writeFileSync(document, "before\n<!-- begin ten -->\nold\n<!-- end ten -->\nafter\n");
    const args = ["--photos", photos, "--tasks", "jpeg-10,noise+jpeg"];
    const { code } = await run(...args, "--markdown", `${document}#ten`);
    expect(code).toBe(0);
    const text = readFileSync(document, "utf8");
    expect(text).toMatch(
      /^before\n<!-- begin ten -->\n\nlimpid\.tiny 0\.0\.1 on cpu, 1 photo, seed 1, `model\.json`/,
    );
    expect(text).toMatch(/\n<!-- end ten -->\nafter\n$/);
    expect(text).not.toContain("old");
    expect(text).toMatch(
      /\| task +\| input +\| backbone +\| expert +\| top-2 +\| routed +\| gain routed \| router right \|/,
    );
    expect(text).toMatch(/\| jpeg-10 +\| \d+\.\d\d \/ \d\.\d{4} /);
    expect(text).toMatch(/\| mean /);
    const failed = await run(...args, "--markdown", `${document}#eleven`);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain("has no part between <!-- begin eleven -->");
    const whole = workspace.at("tables.md");
    await run("--photos", photos, "--setting", "III", "--rows", "input", "--markdown", whole);
    expect(readFileSync(whole, "utf8")).toMatch(/^\*\*Setting III: rain, haze, noise .*\*\*\n/);
  });

  test("other methods on the same pictures stand beside the model", async () => {
    const photos = await writePhotos("a.jpg", "below/b.png");
    const pairs = workspace.at("pairs");
    const args = ["--photos", photos, "--tasks", "rain,noise-25", "--rows", "input"];
    const { tasks } = await evaluate(...args, "--write-pairs", pairs);
    const list = JSON.parse(readFileSync(workspace.at("pairs/pairs.json"), "utf8")) as {
      readonly seed: number;
      readonly pairs: readonly { photo: string; task: string; damaged: string; clean: string }[];
    };
    expect(list.pairs.map(({ photo, task, damaged }) => [photo, task, damaged])).toEqual([
      ["a.jpg", "noise-25", "noise-25/a.jpg.png"],
      ["a.jpg", "rain", "rain/a.jpg.png"],
      ["below/b.png", "noise-25", "noise-25/below/b.png"],
      ["below/b.png", "rain", "rain/below/b.png"],
    ]);
    const scores = await Promise.all(
      list.pairs.map(async ({ damaged, clean }) => {
        const [{ image: a }, { image: b }] = await Promise.all([
          readImageFile(workspace.at("pairs", damaged)),
          readImageFile(workspace.at("pairs", clean)),
        ]);
        return { rgb: { psnr: psnr(a, b), ssim: ssim(a, b) } };
      }),
    );
    const means = ["noise-25", "rain"].map((task) => {
      const own = scores.filter((_, index) => list.pairs[index]!.task === task);
      return own.reduce((sum, score) => sum + score.rgb.psnr, 0) / own.length;
    });
    for (const [index, { rows }] of tasks.entries())
      expect(rows.input!.rgb!.psnr).toBeCloseTo(means[index]!, 3);
    const row = (method: string, index: number, psnrOf: number) => {
      const { photo, task } = list.pairs[index]!;
      return { method, photo, task, scores: { rgb: { psnr: psnrOf, ssim: 0.5 } } };
    };
    const peers = workspace.at("peers.json");
    const rows = [
      ...scores.map((score, index) => row("input", index, score.rgb.psnr)),
      ...[
        row("median", 0, 20),
        row("median", 2, 22),
        row("mean", 0, 19),
        row("mean", 2, 21),
        row("guess", 1, 50),
      ],
    ];
    writeFileSync(peers, JSON.stringify({ tools: "a calculator", rows }));
    const { code, stdout, stderr } = await run("--json", ...args, "--peers", peers);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Json).peers).toEqual({
      "noise-25": [
        { method: "median", scores: { rgb: { psnr: 21, ssim: 0.5 } } },
        { method: "mean", scores: { rgb: { psnr: 20, ssim: 0.5 } } },
      ],
      rain: [],
    });
    expect(stderr).toContain("guess has 1 of 2 photos of rain and is left out");
    const document = workspace.at("tables.md");
    await run(...args, "--peers", peers, "--markdown", document);
    expect(readFileSync(document, "utf8")).toMatch(
      /\| noise-25 +\| \S+ \/ \S+ +\| 21\.00 \/ 0\.5000 \(median\) \|/,
    );
    expect(readFileSync(document, "utf8")).toContain("Classical methods (a calculator)");
    const other = await run(...args, "--seed", "5", "--peers", peers);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/is another picture there: \d+\.\d\d dB, not \d+\.\d\d/);
    writeFileSync(peers, JSON.stringify({ tools: "a calculator", rows: [{ method: "median" }] }));
    expect((await run(...args, "--peers", peers)).stderr).toMatch(/is no file of peers/);
  });

  test("a contact sheet shows a detail of every photo and row", async () => {
    const photos = await writePhotos("a.png", "b.png");
    const sheets = workspace.at("sheets");
    const file = workspace.at("results.jsonl");
    const args = ["--photos", photos, "--tasks", "jpeg-10", "--rows", "input,routed", "--no-clean"];
    await run(...args, "--resume", file);
    // The results are there, the pictures are not.
    const { stderr } = await run(...args, "--resume", file, "--contact-sheets", sheets);
    expect(stderr).toContain(`drew ${workspace.at("sheets", "jpeg-10.png")}`);
    const { width, height } = await sharp(workspace.at("sheets", "jpeg-10.png")).metadata();
    expect({ width, height }).toEqual({ width: 3 * 192 + 2 * 6, height: 22 + 2 * (192 + 22 + 6) });
    const { image: detail } = await readImageFile(workspace.at("sheets/details/jpeg-10/a.png.clean.png"));
    expect(detail.data).toEqual((await readImageFile(workspace.at("photos/a.png"))).image.data);
    const again = await run(...args, "--resume", file, "--contact-sheets", sheets);
    expect(again.stderr).not.toMatch(/restores/);
  });
});
