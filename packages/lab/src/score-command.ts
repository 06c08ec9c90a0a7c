import fs from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { throwIfAborted } from "../../../src/sdk/base/index.js";
import type { CommandContext } from "../../cli/src/command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "../../cli/src/engine-options.js";
import { readImageFile } from "../../cli/src/files/index.js";
import { openLimpid } from "../../cli/src/open-limpid.js";
import { markdownTable } from "./markdown-table.js";
import { parseLabels, scoreOf, type Judged, type Score } from "./score.js";

const details = `
Says how often a restore would act on the right fault of real photographs, and how
often it would leave alone what is to be left alone. The folder holds pictures and
LABELS.csv: file, fault (clean: to be left alone), second (a fault that is there
too), visible (1 barely, to 3 plainly), real (0: no camera took it).

right: the fault is the most probable one and acted on. found: it, or the second
one, is acted on besides. wrong: only another one is. alone: nothing is done.

Example:
  limpid score real/ --clean clean/
`;

/** The `score` command. */
export function scoreCommand(context: CommandContext): Command {
  const command = new Command("score")
    .summary("judge the router by labelled photographs")
    .description("Measures the router on real photographs whose faults somebody labelled.")
    .argument("<folder>", "pictures, and LABELS.csv beside them")
    .option("--clean <folder>", "more photographs that are to be left alone");
  return addEngineOptions(command)
    .addHelpText("after", details)
    .action(async (folder: string, options: EngineOptions & { readonly clean?: string }) => {
      const labels = parseLabels(await fs.readFile(join(folder, "LABELS.csv"), "utf8"));
      const limpid = await openLimpid(
        engineSettings(options),
        (text) => context.writeError(`note: ${text}\n`),
        context.signal,
      );
      try {
        const judge = async (path: string): Promise<Pick<Judged, "top" | "present">> => {
          throwIfAborted(context.signal);
          const { image } = await readImageFile(path, { signal: context.signal });
          const analysis = await limpid.analyze(image, { signal: context.signal });
          return {
            top: analysis.degradations[0]?.degradation ?? "",
            present: analysis.present.map(({ degradation }) => degradation),
          };
        };
        const judged: Judged[] = [];
        for (const label of labels) judged.push({ ...label, ...(await judge(join(folder, label.file))) });
        context.write(describe(judged));
        if (options.clean !== undefined) {
          const names = (await fs.readdir(options.clean)).filter((name) => /\.(jpe?g|png)$/i.test(name));
          let alone = 0;
          for (const name of names.sort()) {
            if ((await judge(join(options.clean, name))).present.length === 0) alone++;
          }
          context.write(`clean photographs left alone: ${alone} of ${names.length}\n`);
        }
      } finally {
        limpid.dispose();
      }
    });
}

function describe(judged: readonly Judged[]): string {
  const damaged = judged.filter(({ fault }) => fault !== "clean");
  const faults = [...new Set(damaged.map(({ fault }) => fault))].sort();
  const row = (name: string, { count, right, found, wrong, alone }: Score): string[] => [
    name,
    ...[count, right, found, wrong, alone].map(String),
  ];
  const table = markdownTable([
    ["fault", "photos", "right", "found", "wrong", "alone"],
    ...faults.map((fault) => row(fault, scoreOf(damaged.filter((photo) => photo.fault === fault)))),
    row("all", scoreOf(damaged)),
    row("of these, plain", scoreOf(damaged.filter(({ isPlain }) => isPlain))),
  ]);
  const clean = judged.filter(({ fault }) => fault === "clean");
  const alone = (photos: readonly Judged[]): string =>
    `${photos.filter(({ present }) => present.length === 0).length} of ${photos.length}`;
  return `${table}\n\nto be left alone, and left alone: photographs ${alone(clean.filter(({ isPhotograph }) => isPhotograph))}, others ${alone(clean.filter(({ isPhotograph }) => !isPhotograph))}\n`;
}
