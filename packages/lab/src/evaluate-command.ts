import { Command, Option } from "commander";
import { LimpidError } from "../../../src/sdk/base/index.js";
import type { CommandContext } from "../../cli/src/command-context.js";
import { formatError } from "../../cli/src/describe-error.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "../../cli/src/engine-options.js";
import { detailsFolderOf, drawContactSheets } from "./evaluate/contact-sheets.js";
import { describeEvaluation, evaluationToJson } from "./evaluate/evaluation-report.js";
import { evaluationToMarkdown, writeMarkdown } from "./evaluate/markdown-report.js";
import { metricNames, metricTitles, parseMetrics } from "./evaluate/metrics.js";
import { minimumSide } from "./evaluate/photo.js";
import { writePairList } from "./evaluate/pair-list.js";
import { PeerResults } from "./evaluate/peers.js";
import { defaultRows, parseRows, rowNames } from "./evaluate/rows.js";
import { runEvaluation } from "./evaluate/run-evaluate.js";
import { settingNames, settings, type SettingName } from "./evaluate/settings.js";
import {
  findPairSubjects,
  findPhotos,
  labelOf,
  type FoundSubjects,
  type PairFolders,
} from "./evaluate/subjects.js";
import { chooseTasks, mixedTaskNames, singleTaskNames, type EvaluationTask } from "./evaluate/tasks.js";
import { parseCount, parseSeed, parseShard } from "../../cli/src/option-parsers.js";
import type { Shard } from "../../cli/src/shard.js";

interface EvaluateCommandOptions extends EngineOptions {
  readonly photos?: string;
  readonly pairs?: readonly string[];
  readonly tasks?: string;
  readonly setting?: SettingName;
  readonly rows: string;
  readonly metrics: string;
  readonly depth: "8" | "16";
  readonly crop?: number;
  readonly limit?: number;
  readonly shard?: Shard;
  readonly seed: number;
  readonly clean: boolean;
  readonly jobs: number;
  readonly resume?: string;
  readonly writePairs?: string;
  readonly contactSheets?: string;
  readonly peers?: string;
  readonly markdown?: string;
  readonly json?: true;
}

const details = `
Each photo is damaged in every way asked for, with a seed, restored, and compared
with what it was. The numbers are means over photos. "right" is how often the
router finds the fault the most probable one; of two faults, the share of them
that is among its two most probable.

Tasks of one fault (--tasks single, the default):
  ${singleTaskNames.slice(0, 7).join(", ")},
  ${singleTaskNames.slice(7).join(", ")}
of two (--tasks mixed):
  ${mixedTaskNames.join(", ")}
Noise is white and Gaussian, of that sigma, clipped and rounded to 8 bits; JPEG is
libjpeg's at that quality with 4:2:0; the others are the recipes of "limpid
degrade" at severity 0.5, or 0.4 each where there are two. A recipe of your own
is a task too: rain:0.9, haze:0.3+noise:0.2. --setting takes the tasks that stand
for the data sets of LoRA-IR's five settings.

Rows (--rows):
  input     the damaged photo
  backbone  the backbone without experts
  wrong     the best that an expert for another degradation does; slow
  expert    the right expert at weight 1, by an oracle; of two, the better one
  top-2     of two faults, both experts at weight 1
  routed    blind: the router chooses

Metrics (--metrics), of which several can be asked for:
${metricNames.map((name) => `  ${name.padEnd(16)}${metricTitles[name]}`).join("\n")}
The last is what LoRA-IR's own script computes.

--pairs takes the folders of a real data set, such as
  --pairs rain=Rain100L/rainy Rain100L/norain --pairs haze=SOTS/hazy SOTS/clear
and pairs their pictures by name: without extension, without words that only say
which side it is on (rain-001 and norain-001, low00690 and normal00690, 0_rain and
0_clean, SEQUENCE/blur/1 and SEQUENCE/sharp/1), then cut at the last "_" until a
name fits (0001_0.8_0.2 belongs to 0001). Both sides may be in one folder, as in
GoPro. Pictures without a partner, or of another size than it, are failures.

--resume keeps results in a file of JSON lines, and does not measure again what is
there; those of several --shard runs can be joined with cat.
--write-pairs writes the damaged and the clean photos as PNG, and pairs.json, for
other methods to be measured on; --peers reads what they reached.
--markdown FILE#NAME replaces the part of a document between the lines
<!-- begin NAME --> and <!-- end NAME -->.

With --json, one object goes to standard output:
  {model: {id, version, sha256}, backend, seed, rows, metrics, depth, crop,
   tasks: [{task, degradations, photos, rows: {ROW: {METRIC: {psnr, ssim}}},
            gain: {ROW: dB}, routerAccuracy}],
   routerAccuracy, mixedAccuracy, cleanLeftAlone, cleanUnharmed,
   confusion: {found, rows: [{degradation, pictures, counts, leftAlone}]},
   peers: {TASK: [{method, scores}]},
   photos: [{photo, width, height, clean: {leftAlone, analysis, psnr},
             tasks: [{task, degradations, analysis, leftAlone, mixture, rows}]}],
   failures: [{input, error: {code, message}}]}
where null stands for an expert that the model lacks, for what was not measured,
and for the PSNR of equal pictures.

Examples:
  limpid evaluate --photos photos/test --resume results.jsonl --jobs 2
  limpid evaluate --photos photos/test --tasks noise,rain --limit 5 --json
  limpid evaluate --photos photos/test --setting V --markdown docs/benchmark.md#V
  limpid evaluate --photos photos/test --rows input --write-pairs pairs/
`;

/** The `evaluate` command. */
export function evaluateCommand(context: CommandContext): Command {
  const command = new Command("evaluate")
    .summary("measure how well a model restores")
    .description(
      "Measures how well a model repairs clean photos that were damaged on purpose, or real pairs.",
    )
    .option("--photos <folder>", "folder of clean photos")
    .option(
      "--pairs <folders...>",
      "[task=]folder of damaged pictures, folder of clean ones; may be repeated",
    )
    .option("--tasks <list>", "tasks, degradations or groups of tasks, separated by commas; else single")
    .addOption(new Option("--setting <name>", "the tasks of a setting of the paper").choices(settingNames))
    .option("--rows <list>", `of ${rowNames.join(", ")}`, defaultRows.join(","))
    .option("--metrics <list>", "colour space and window; gains are by the first", "rgb")
    .addOption(
      new Option(
        "--depth <bits>",
        "bits of the pictures that are compared; 16 for results that are not rounded",
      )
        .choices(["8", "16"])
        .default("8"),
    )
    .option("--crop <pixels>", "take only the square of that side in the middle of each photo", parseCount)
    .option("--limit <n>", "take only the first photos of each folder, by name", parseCount)
    .option(
      "--shard <i/n>",
      "take only part I of N of the photos, chosen by a hash of their names",
      parseShard,
    )
    .option("--seed <n>", "seeds the damage", parseSeed, 1)
    .option("--no-clean", "do not restore the clean photos as well")
    .option("--jobs <n>", "tasks to measure at once, in as many threads", parseCount, 1)
    .option("--resume <file>", "keep results there, and go on from them")
    .option("--write-pairs <folder>", "write the damaged and the clean photos there")
    .option("--contact-sheets <folder>", "draw a PNG a task there, with a detail of every photo and row")
    .option("--peers <file>", "put the results of other methods on the same pictures beside the model's")
    .option("--markdown <file[#part]>", "write the tables there")
    .option("--json", "print one JSON object, with the numbers of every photo");
  return addEngineOptions(command)
    .addHelpText("after", details)
    .action((options: EvaluateCommandOptions) => evaluate(options, context));
}

async function evaluate(options: EvaluateCommandOptions, context: CommandContext): Promise<void> {
  const { signal } = context;
  const { crop, seed, peers: peersFile, writePairs, contactSheets, markdown } = options;
  const metrics = parseMetrics(options.metrics);
  const rows = parseRows(options.rows);
  if (crop !== undefined && crop < minimumSide) {
    throw new LimpidError(
      "InvalidArgument",
      `--crop ${crop} is too small to compare, which takes ${minimumSide}`,
    );
  }
  const found = await findSubjects(options, signal);
  const evaluation = await runEvaluation(
    {
      found,
      settings: { ...engineSettings(options), metrics, depth: options.depth === "8" ? 8 : 16, crop },
      rows,
      clean: options.clean,
      seed,
      jobs: options.jobs,
      resume: options.resume,
      pairsFolder: writePairs,
      detailsFolder: contactSheets === undefined ? undefined : detailsFolderOf(contactSheets),
    },
    context,
  );
  if (writePairs !== undefined) {
    const failed = evaluation.failures.map(({ input }) => input);
    const written = found.subjects.filter(({ clean, damaged }) => !failed.includes(damaged ?? clean));
    await writePairList(writePairs, written, { seed, crop }, signal);
  }
  const note = (text: string): void => context.writeError(`note: ${text}\n`);
  const peers = peersFile === undefined ? undefined : await PeerResults.read(peersFile, evaluation, note);
  if (evaluation.photos.length > 0) {
    if (contactSheets !== undefined) {
      for (const file of await drawContactSheets(contactSheets, evaluation, signal)) note(`drew ${file}`);
    }
    if (markdown !== undefined) {
      const title = options.setting && settings[options.setting].title;
      await writeMarkdown(markdown, evaluationToMarkdown(evaluation, peers, title), signal);
    }
  }
  if (options.json === true) context.write(evaluationToJson(evaluation, peers));
  else if (evaluation.photos.length > 0) context.write(describeEvaluation(evaluation, peers));
  for (const { input, error } of evaluation.failures) context.writeError(formatError(error, input));
  context.exitCode = evaluation.failures.length === 0 ? 0 : 1;
}

function findSubjects(options: EvaluateCommandOptions, signal: AbortSignal): Promise<FoundSubjects> {
  const { photos, pairs, limit, shard } = options;
  if ((photos === undefined) === (pairs === undefined)) {
    throw new LimpidError("InvalidArgument", "expected either --photos or --pairs");
  }
  return photos === undefined
    ? findPairSubjects(pairFolders(pairs!, options), { limit, shard }, signal)
    : findPhotos(photos, tasksOf(options), { limit, shard }, signal);
}

function tasksOf({ tasks, setting }: EvaluateCommandOptions): readonly EvaluationTask[] {
  if (setting === undefined) return chooseTasks((tasks ?? "single").split(",").map((name) => name.trim()));
  if (tasks !== undefined)
    throw new LimpidError("InvalidArgument", "expected --tasks or --setting, not both");
  const names: readonly string[] = settings[setting].tasks;
  if (names.length > 0) return chooseTasks(names);
  throw new LimpidError(
    "InvalidArgument",
    `setting ${setting} is of real photographs: give their folders with --pairs`,
  );
}

/** `TASK=DAMAGED CLEAN TASK=DAMAGED CLEAN ...`; a folder without a task is of the one behind `--tasks`. */
function pairFolders(
  folders: readonly string[],
  { tasks, setting }: EvaluateCommandOptions,
): readonly PairFolders[] {
  if (folders.length % 2 !== 0) {
    throw new LimpidError("InvalidArgument", `--pairs takes folders by two, not ${folders.length}`);
  }
  const sets: PairFolders[] = [];
  for (let index = 0; index < folders.length; index += 2) {
    const [, name = tasks, damaged] = /^(?:([\w:.+-]+)=)?(.*)$/.exec(folders[index]!)!;
    if (name === undefined) {
      throw new LimpidError(
        "InvalidArgument",
        `--pairs ${folders[index]}: say what is wrong with the pictures, as in rain=${folders[index]}`,
      );
    }
    const task = labelOf(name);
    const known: readonly string[] | undefined = setting && settings[setting].degradations;
    const foreign = task.degradations.find((degradation) => known?.includes(degradation) === false);
    if (foreign !== undefined) {
      throw new LimpidError(
        "InvalidArgument",
        `${foreign} is not in setting ${setting}: it has ${known!.join(", ")}`,
      );
    }
    sets.push({ task, damaged: damaged!, clean: folders[index + 1]! });
  }
  return sets;
}
