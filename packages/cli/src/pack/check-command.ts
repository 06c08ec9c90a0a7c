import { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "../engine-options.js";
import { checkFiles } from "./check-files.js";
import { checkOnModel, type ModelReport } from "./check-model.js";
import { describeFinding, type PackFinding } from "./finding.js";
import { readPackFolder } from "./pack-contents.js";

interface CheckCommandOptions extends EngineOptions {
  readonly clean: readonly string[];
  readonly json?: true;
}

const details = `
It looks at the manifest, the hashes, the licence, the README, the size, files
that do not belong, the network, code and secrets; then it runs every expert on
the model: the golden sample must come out as the manifest states, and clean
photos must keep 45 dB or be left alone with the router in charge. Clean photos
are the golden samples' "after" pictures and those that --clean names.

Exit code: 0 if nothing is wrong, 1 if something is, 2 for wrong usage.

Example:
  limpid pack check . --clean ~/Pictures/clean
`;

/** The `pack check` command. */
export function checkCommand(context: CommandContext): Command {
  const command = new Command("check")
    .summary("find out whether a pack can be published")
    .description("Checks a pack before it is published, and runs its experts.")
    .argument("[folder]", "the pack's folder", ".")
    .option("--clean <path>", "a clean photo, or a folder of them; may be repeated", collect, [])
    .option("--json", "print one JSON object");
  return addEngineOptions(command)
    .addHelpText("after", details)
    .action(async (folder: string, options: CheckCommandOptions) => {
      const { write, writeError, signal } = context;
      const contents = await readPackFolder(folder);
      const { manifest, findings: ofFiles } = checkFiles(contents);
      const report =
        manifest === undefined
          ? undefined
          : await checkOnModel(manifest, contents.files, {
              settings: engineSettings(options),
              clean: options.clean,
              note: (text) => writeError(`note: ${text}\n`),
              signal,
            });
      const findings = [...ofFiles, ...(report?.findings ?? [])];
      if (options.json === true) {
        const { golden = [], clean = [], model = null, backend = null } = report ?? {};
        const { id = null, version = null } = manifest ?? {};
        write(`${JSON.stringify({ id, version, findings, model, backend, golden, clean })}\n`);
      } else {
        if (report !== undefined) write(describeReport(report));
        write(describeFindings(findings));
      }
      context.exitCode = findings.length === 0 ? 0 : 1;
    });
}

/** One more value of an option that may be repeated. */
function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function describeReport({ model, backend, golden, clean }: ModelReport): string {
  const lines = [`on ${model.id} ${model.version}, ${backend}`];
  for (const { expert, before, restored, stated } of golden) {
    lines.push(`golden  ${expert}  ${decibels(before)} -> ${decibels(restored)}, stated ${stated} dB`);
  }
  for (const { photo, psnr, experts } of clean) {
    const kept =
      psnr === null ? "left as it is" : `${decibels(psnr)} by ${experts.join(", ") || "the backbone"}`;
    lines.push(`clean   ${photo}  ${kept}`);
  }
  return `${lines.join("\n")}\n`;
}

function decibels(value: number | null): string {
  return value === null ? "equal" : `${value.toFixed(2)} dB`;
}

/**
 * What was found, a line each, and how much it is.
 *
 * @param findings - may be none
 * @returns lines
 */
export function describeFindings(findings: readonly PackFinding[]): string {
  if (findings.length === 0) return "nothing is wrong\n";
  const count = findings.length === 1 ? "1 fault" : `${findings.length} faults`;
  return `${findings.map((finding) => `${describeFinding(finding)}\n`).join("")}${count}\n`;
}
