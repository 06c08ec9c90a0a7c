import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { runLab } from "../../packages/lab/src/program.js";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { psnr, ssim } from "../../src/sdk/image/index.js";
import { roundTripJpeg } from "../../src/sdk/training/index.js";
import { expectNoLeaks } from "../support/index.js";
import { bareProcess, writePhoto, writeTinyModel, type CommandResult } from "../cli/command.js";
import { lab } from "./command.js";

interface Score {
  readonly psnr: number;
  readonly ssim: number;
}

type Row = "input" | "backbone" | "wrong" | "expert" | "top-2" | "routed";

/** Scores by row and metric. */
type Rows = Readonly<Record<Row, Readonly<Record<string, Score>> | null>>;

/** What `--json` prints. */
interface EvaluationJson {
  readonly model: { readonly id: string } | null;
  readonly backend: string;
  readonly routerAccuracy: number | null;
  readonly mixedAccuracy: number | null;
  readonly cleanLeftAlone: number | null;
  readonly cleanUnharmed: number | null;
  readonly tasks: readonly {
    readonly task: string;
    readonly photos: number;
    readonly rows: Rows;
    readonly gain: Readonly<Record<Row, number | null>>;
    readonly routerAccuracy: number | null;
  }[];
  readonly confusion: {
    readonly found: readonly string[];
    readonly rows: readonly {
      readonly degradation: string;
      readonly pictures: number;
      readonly counts: readonly number[];
      readonly leftAlone: number | null;
    }[];
  };
  readonly peers?: Readonly<Record<string, readonly { readonly method: string }[]>>;
  readonly photos: readonly {
    readonly photo: string;
    readonly width: number;
    readonly height: number;
    readonly clean: { readonly leftAlone: boolean; readonly psnr: number | null } | null;
    readonly tasks: readonly {
      readonly task: string;
      readonly degradations: readonly string[];
      readonly analysis: readonly { readonly degradation: string }[] | null;
      readonly leftAlone: boolean | null;
      readonly mixture: readonly { readonly expert: string }[] | null;
      readonly rows: Rows;
    }[];
  }[];
  readonly failures: readonly { readonly input: string; readonly error: { readonly code: string } }[];
}

let folder: string;
let photos: string;
/** Models whose routers find everything, and nothing, in every photo. */
let eager: string;
let calm: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "limpid-evaluate-"));
  photos = join(folder, "photos");
  await writePhoto(join(photos, "a.png"), { seed: 1 });
  await writePhoto(join(photos, "b.png"), { seed: 2, width: 17, height: 19 });
  await writePhoto(join(photos, "below/c.png"), { seed: 3, channels: 2, depth: 16 });
  eager = writeTinyModel(join(folder, "eager"), { bias: 20 });
  calm = writeTinyModel(join(folder, "calm"), { bias: -20 });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(...args: string[]): Promise<CommandResult> {
  return lab(["evaluate", "--backend", "cpu", ...args]);
}

async function evaluate(...args: string[]): Promise<EvaluationJson> {
  const { code, stdout } = await run("--json", "--photos", photos, ...args);
  expect(code).toBe(0);
  return JSON.parse(stdout) as EvaluationJson;
}

describe("evaluate", () => {
  test("measures every task on every photo, and averages", async () => {
    const {
      model,
      backend,
      tasks,
      photos: results,
      failures,
    } = await evaluate(...["--model", eager, "--tasks", "rain,noise-25,jpeg"]);
    expect({ id: model?.id, backend, failures }).toEqual({ id: "limpid.tiny", backend: "cpu", failures: [] });
    expect(results.map(({ photo }) => photo)).toEqual(["a.png", "b.png", "below/c.png"]);
    const names = ["noise-25", "jpeg-10", "jpeg-20", "rain"];
    expect(tasks.map(({ task }) => task)).toEqual(names);
    for (const { tasks: each } of results) expect(each.map(({ task }) => task)).toEqual(names);
    for (const [index, { rows, gain }] of tasks.entries()) {
      for (const row of ["input", "backbone", "expert", "top-2", "routed"] as const) {
        const scores = results.map((photo) => photo.tasks[index]!.rows[row]);
        const means = rows[row];
        if (means === null) {
          expect(scores).toEqual([null, null, null]);
          continue;
        }
        for (const measure of ["psnr", "ssim"] as const) {
          const mean = scores.reduce((sum, score) => sum + score!.rgb![measure], 0) / scores.length;
          expect(means.rgb![measure]).toBeCloseTo(mean, 3);
        }
        if (row !== "input") expect(gain[row]).toBeCloseTo(means.rgb!.psnr - rows.input!.rgb!.psnr, 3);
      }
    }
  });

  test("damages as the protocol says", async () => {
    const { photos: results } = await evaluate("--model", eager, "--tasks", "noise,jpeg");
    const { image } = await readImageFile(join(photos, "a.png"));
    const inputs = Object.fromEntries(results[0]!.tasks.map(({ task, rows }) => [task, rows.input!.rgb]));
    for (const quality of [10, 20]) {
      const damaged = roundTripJpeg(image, quality, "4:2:0");
      expect(inputs[`jpeg-${quality}`]!.psnr).toBeCloseTo(psnr(damaged, image), 3);
      expect(inputs[`jpeg-${quality}`]!.ssim).toBeCloseTo(ssim(damaged, image), 3);
    }
    for (const sigma of [15, 25, 50]) {
      // Clipping and rounding take some of the noise's energy.
      const unclipped = 20 * Math.log10(255 / sigma);
      expect(inputs[`noise-${sigma}`]!.psnr).toBeGreaterThan(unclipped - 0.5);
      expect(inputs[`noise-${sigma}`]!.psnr).toBeLessThan(unclipped + 2);
    }
  });

  test("runs the right expert alone, if the model has one, and tells the router's choice apart", async () => {
    const { photos: results, tasks } = await evaluate("--model", eager, "--tasks", "noise-25,jpeg-10,rain");
    const [noise, jpeg, rain] = results[0]!.tasks;
    expect(rain!.rows.expert).toBeNull();
    expect(tasks[2]!.gain.expert).toBeNull();
    for (const { rows, mixture } of [noise!, jpeg!]) {
      expect(mixture).toHaveLength(2);
      const scores = [rows.backbone, rows.expert, rows.routed].map((score) => score!.rgb!.psnr);
      expect(new Set(scores).size).toBe(3);
    }
  });

  test("counts where the router is right, and which clean photos it leaves alone", async () => {
    const one = await evaluate("--model", eager, "--tasks", "noise,jpeg,rain");
    const results = one.photos.flatMap(({ tasks }) => tasks);
    const foundIn = (task: string): (string | undefined)[] =>
      results.filter((result) => result.task === task).map(({ analysis }) => analysis?.[0]?.degradation);
    const shares = one.tasks.map(({ task }) => {
      const right = task.split("-")[0]!;
      return foundIn(task).filter((name) => name === right).length / one.photos.length;
    });
    expect(one.tasks.map(({ routerAccuracy }) => routerAccuracy)).toEqual(
      shares.map((share) => Math.round(share * 1e4) / 1e4),
    );
    expect(one.routerAccuracy).toBeCloseTo(shares.reduce((sum, share) => sum + share, 0) / shares.length, 3);
    expect(one.confusion.found).toEqual(["noise", "jpeg", "rain"]);
    expect(one.confusion.rows.map(({ degradation, pictures }) => [degradation, pictures])).toEqual([
      ["noise", 9],
      ["jpeg", 6],
      ["rain", 3],
    ]);
    for (const { counts, pictures, leftAlone } of one.confusion.rows) {
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(pictures);
      expect(leftAlone).toBe(0);
    }
    const rained = foundIn("rain");
    expect(one.confusion.rows[2]!.counts).toEqual(
      one.confusion.found.map((name) => rained.filter((found) => found === name).length),
    );
    expect(one).toMatchObject({ cleanLeftAlone: 0, cleanUnharmed: 0, mixedAccuracy: null });
    const other = await evaluate("--model", calm, "--tasks", "rain");
    expect(other).toMatchObject({ cleanLeftAlone: 1, cleanUnharmed: 1 });
    expect(other.confusion.rows).toMatchObject([{ degradation: "rain", leftAlone: 3 }]);
    expect(other.photos[0]!.clean).toMatchObject({ leftAlone: true, psnr: null });
    expect(other.tasks[0]!.rows.routed).toEqual(other.tasks[0]!.rows.input);
    expect(other.tasks[0]!.gain.routed).toBe(0);
  });

  test("gives the same numbers for the same seed, whatever else is measured", async () => {
    const all = await evaluate("--model", eager, "--tasks", "noise-25,jpeg-10,snow");
    expect(await evaluate("--model", eager, "--tasks", "noise-25,jpeg-10,snow")).toEqual(all);
    const fewer = await evaluate("--model", eager, "--tasks", "snow", "--limit", "1");
    expect(fewer.photos).toHaveLength(1);
    expect(fewer.photos[0]!.tasks).toEqual([all.photos[0]!.tasks[2]]);
    const inputs = ({ photos: [photo] }: EvaluationJson): number[] =>
      photo!.tasks.map(({ rows }) => rows.input!.rgb!.psnr);
    const [noise, jpeg, snow] = inputs(all);
    const other = inputs(
      await evaluate("--model", eager, "--tasks", "noise-25,jpeg-10,snow", "--seed", "-2"),
    );
    expect(other[1]).toBe(jpeg);
    expect(other[0]).not.toBe(noise);
    expect(other[2]).not.toBe(snow);
  });

  test("prints a table, and how far it is", async () => {
    const { code, stdout, stderr } = await run(
      ...["--photos", photos, "--model", calm, "--tasks", "jpeg-10,rain", "--limit", "2"],
    );
    expect(code).toBe(0);
    expect(
      stdout
        .replace(/\d+\.\d+/g, "D")
        .replace(/ +/g, " ")
        .split("\n"),
    ).toEqual([
      expect.stringMatching(/^limpid\.tiny \S+ on cpu, 2 photos, seed 1$/),
      "",
      "task input backbone expert routed gain router",
      " dB SSIM dB SSIM dB SSIM dB SSIM dB right",
      expect.stringMatching(/^jpeg-10 D D D D D D D D \+D \d+ %$/),
      expect.stringMatching(/^rain D D D D - - D D \+D \d+ %$/),
      "",
      expect.stringMatching(/^router right on damaged photos: \d+ %$/),
      "clean photos left alone: 100 %; that or 45 dB: 100 %",
      "",
      "what the router finds most probable:",
      "put in jpeg rain noise left alone of",
      expect.stringMatching(/^jpeg [.\d]+ [.\d]+ [.\d]+ 2 2$/),
      expect.stringMatching(/^rain [.\d]+ [.\d]+ [.\d]+ 2 2$/),
      "",
    ]);
    expect(stderr).toMatch(
      /^1 of 2 {2}a\.png {2}\d+\.\d s\n2 of 2 {2}b\.png {2}\d+\.\d s\n\d+ restores; files .* s\n$/,
    );
  });

  test("leaves out photos that cannot be measured, says why, and ends with 1", async () => {
    const mixed = join(folder, "mixed");
    await writePhoto(join(mixed, "good.png"));
    await writePhoto(join(mixed, "small.png"), { width: 10, height: 30 });
    writeFileSync(join(mixed, "empty.png"), "");
    const { code, stdout, stderr } = await run(
      ...["--photos", mixed, "--model", calm, "--tasks", "rain", "--json"],
    );
    expect(code).toBe(1);
    const { photos: results, failures } = JSON.parse(stdout) as EvaluationJson;
    expect(results.map(({ photo }) => photo)).toEqual(["good.png"]);
    expect(failures).toMatchObject([
      { input: join(mixed, "empty.png"), error: { code: "EmptyFile" } },
      { input: join(mixed, "small.png"), error: { code: "UnsupportedImage" } },
    ]);
    expect(stderr).toContain("EmptyFile: ");
    expect(stderr).toContain("10 x 30 is too small");
  });

  test("leaves no memory behind", async () => {
    await expectNoLeaks(() => evaluate("--model", eager, "--tasks", "jpeg-10", "--limit", "1"));
  });

  test("stops when it is interrupted", async () => {
    const interrupt = new AbortController();
    let stderr = "";
    const code = await runLab(
      ["evaluate", "--photos", photos, "--model", calm, "--backend", "cpu", "--tasks", "jpeg-10"],
      {
        write: () => undefined,
        writeError: (text) => {
          stderr += text;
          interrupt.abort();
        },
        ...bareProcess,
        signal: interrupt.signal,
      },
    );
    expect(code).toBe(130);
    expect(stderr).toMatch(/^1 of 3 {2}a\.png .*\nAborted: interrupted\n$/);
  });

  test.each([
    [["--tasks", "rain,fog"], /no task fog; there are noise-15, /],
    [["--tasks", ""], /no task /],
    [["--tasks", "rain:2"], /severity from 0 to 1/],
    [["--tasks", "rain+rain"], /one degradation or two different ones/],
    [["--tasks", "rain", "--setting", "III"], /--tasks or --setting/],
    [["--setting", "II"], /setting II is of real photographs/],
    [["--setting", "VI"], /Allowed choices are I, II, III, IV, V/],
    [["--rows", "input,best"], /no row best; there are input, backbone, wrong, expert, top-2, routed/],
    [["--metrics", "lpips"], /no metric lpips; there are rgb, /],
    [["--depth", "12"], /Allowed choices are 8, 16/],
    [["--crop", "10"], /too small to compare, which takes 11/],
    [["--shard", "3/2"], /I from 1 to N/],
    [["--pairs", "a", "b"], /either --photos or --pairs/],
    [["--limit", "0"], /whole number from 1/],
    [["--seed", "1.5"], /whole number/],
  ])("refuses %j", async (args, reason) => {
    const { code, stderr } = await run("--photos", photos, ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(reason);
  });

  test("needs a folder with photos", async () => {
    const neither = await run();
    expect(neither.code).toBe(2);
    expect(neither.stderr).toContain("--photos or --pairs");
    const { code, stderr } = await run("--photos", join(folder, "nowhere"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FileUnreadable: /);
  });
});
