import { basename, join, resolve } from "node:path";
import { Command } from "commander";
import { LimpidError } from "limpid";
import { loadModel } from "limpid/network";
import { modelFromDirectory } from "limpid/node";
import { drawBeforeAfter } from "../before-after.js";
import type { CommandContext } from "../command-context.js";
import { addEngineOptions, engineSettings, type EngineOptions } from "../engine-options.js";
import { readImageFile, writeImageFile } from "../files/index.js";
import { drawDegradations, formatLines } from "../image-report.js";
import { makeFolder } from "../make-folder.js";
import { openLimpid } from "../open-limpid.js";
import { printableLine } from "../printable.js";
import { checkFiles } from "./check-files.js";
import { describeFindings } from "./check-command.js";
import { addExpert } from "./check-model.js";
import type { PackFinding } from "./finding.js";
import { readPackFolder } from "./pack-contents.js";

interface TryCommandOptions extends EngineOptions {
  readonly output?: string;
}

const details = `
The pack need not be built, nor be without faults, as long as package.json and
the experts can be read. It says what the router sees in the photo with the
pack's router rows, lets all experts of the pack act at their strength, whether
the router would choose them or not, and draws the photo before and after. The
picture goes to training/ in the pack's folder, which is not published.

Example:
  limpid pack try . ~/Pictures/scan.jpg
`;

/** The `pack try` command. */
export function tryCommand(context: CommandContext): Command {
  const command = new Command("try")
    .summary("see what a pack that is being made does to a photo")
    .description("Restores a photo with a pack that need not be built, and draws it before and after.")
    .argument("<folder>", "the pack's folder")
    .argument("<photo>", "a photo")
    .option("-o, --output <file>", "the picture to write: .jpg, .png, .webp or .tif");
  return addEngineOptions(command)
    .addHelpText("after", details)
    .action(async (folder: string, photo: string, options: TryCommandOptions) => {
      const { signal, write, writeError } = context;
      const { image, notes } = await readImageFile(photo, { signal });
      for (const note of notes) writeError(`note: ${printableLine(`${photo}: ${note}`)}\n`);
      const contents = await readPackFolder(folder);
      const { manifest, findings } = checkFiles(contents);
      const settings = engineSettings(options);
      if (manifest === undefined || manifest.contributes.experts.length === 0) {
        write(describeFindings(findings));
        throw new LimpidError(
          "InvalidManifest",
          `${folder}: package.json names no expert that could be tried`,
        );
      }
      const { manifest: model } = await loadModel(modelFromDirectory(settings.model), signal);
      const limpid = await openLimpid(settings, (text) => writeError(`note: ${text}\n`), signal);
      try {
        const faults: PackFinding[] = [];
        const { experts } = manifest.contributes;
        const added = experts.filter((expert) => addExpert(limpid, model, expert, contents.files, faults));
        if (added.length === 0) {
          write(describeFindings(faults));
          throw new LimpidError("ExpertMismatch", `${folder}: no expert of the pack fits the model`);
        }
        const analysis = await limpid.analyze(image, { signal });
        const chosen = added.map(({ id, strength }) => ({ id, weight: strength }));
        const result = await limpid.restore(image, { experts: chosen, signal });
        const output = options.output ?? join(folder, "training", `${basename(photo)}.before-after.jpg`);
        await makeFolder(resolve(output, ".."));
        const picture = await drawBeforeAfter(image, result.image);
        await writeImageFile(output, picture, { inputs: [photo], signal });
        const lines = [`${photo}  ${image.width} x ${image.height}`, ...drawDegradations(analysis, context)];
        for (const { id, strength, degradations } of added) {
          const isFound = analysis.present.some(({ degradation }) => degradations.includes(degradation));
          const routed = isFound ? "the router would choose it" : "the router would not choose it";
          lines.push(`  expert   ${id} at ${strength.toFixed(2)}; ${routed}`);
        }
        lines.push(`  wrote    ${output}`);
        write(formatLines(lines));
      } finally {
        limpid.dispose();
      }
    });
}
