import { Command } from "commander";
import { throwIfAborted } from "limpid";
import { analyzeFile } from "./analyze-file.js";
import type { CommandContext } from "./command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "./engine-options.js";
import { findImages, readStandardInput, standardStream } from "./find-images.js";
import { analyzedToJson, describeAnalyzed } from "./image-report.js";
import { maximumPixels, maximumPixelsOption } from "./maximum-pixels.js";
import { openLimpid } from "./open-limpid.js";
import { addPackOption, readRunPacks } from "./packs/run-packs.js";
import { RunReport } from "./run-report.js";

interface AnalyzeCommandOptions extends EngineOptions {
  readonly pack?: readonly string[];
  readonly json?: true;
  readonly maxMegapixels?: number;
}

const details = `
Prints the degradations that are probable; several can be present at once. On a
terminal it draws them as bars and marks those that restore would act on. The
experts of installed packs let the router see what they are for (limpid packs),
and so do those of the packs that --pack names.

With --json, one line per photo goes to standard output:
  {input, width, height, backend, analysis: [{degradation, probability}],
   milliseconds}
or {input, error: {code, message}}.

Examples:
  limpid analyze photo.jpg
  limpid analyze scans/ --json > scans.jsonl
`;

/** The `analyze` command. */
export function analyzeCommand(context: CommandContext): Command {
  const command = new Command("analyze")
    .summary("say what is wrong with photos")
    .description("Says what is wrong with photos, without changing anything.")
    .argument("<in...>", "photos, and folders of photos; - for one on standard input")
    .addOption(maximumPixelsOption())
    .option("--json", "print one line of JSON per photo");
  return addEngineOptions(addPackOption(command))
    .addHelpText("after", details)
    .action(async (inputs: readonly string[], options: AnalyzeCommandOptions) => {
      context.exitCode = (await runAnalyze(inputs, options, context)) ? 0 : 1;
    });
}

async function runAnalyze(
  inputs: readonly string[],
  options: AnalyzeCommandOptions,
  context: CommandContext,
): Promise<boolean> {
  const { signal } = context;
  const { json = false } = options;
  const packs = await readRunPacks(options.pack, context);
  const piped = inputs.includes(standardStream) ? [await readStandardInput(context)] : [];
  const found = await findImages(
    inputs.filter((input) => input !== standardStream),
    signal,
  );
  const { failures } = found;
  const images = [...piped, ...found.images];
  const report = new RunReport(context, {
    verb: "analysed",
    total: images.length + failures.length,
    json,
  });
  for (const { input, error } of failures) report.failed(input, error);
  if (images.length > 0) {
    const limpid = await openLimpid(
      { ...engineSettings(options), packs },
      (text) => report.note(text),
      signal,
    );
    try {
      for (const image of images) {
        const { path } = image;
        throwIfAborted(signal);
        report.begin(path);
        try {
          const file = await analyzeFile(limpid, image, { signal, maximumPixels: maximumPixels(options) });
          report.done(path, json ? analyzedToJson(file) : describeAnalyzed(file, context), file.notes);
        } catch (error) {
          if (signal.aborted) throw error;
          report.failed(path, error);
        }
      }
    } finally {
      limpid.dispose();
    }
  }
  report.end();
  return !report.hasFailures;
}
