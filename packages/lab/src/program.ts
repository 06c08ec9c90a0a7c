import type { CommandContext } from "../../cli/src/command-context.js";
import { runCommands } from "../../cli/src/run-commands.js";
import { evaluateCommand } from "./evaluate-command.js";
import { referenceCommand } from "./reference-command.js";
import { scoreCommand } from "./score-command.js";

/**
 * Runs a command of this repository's own.
 *
 * @param args - what the user wrote behind `npm run -s limpid --`
 * @param environment - what it may touch of its process
 * @returns the exit code: 0, 1 if something failed, 2 for wrong usage, 130 if the signal fired
 */
export function runLab(
  args: readonly string[],
  environment: Omit<CommandContext, "exitCode">,
): Promise<number> {
  return runCommands(
    {
      name: "limpid",
      description:
        "Measures what Limpid does: how well a model restores, and whether the networks are the published ones.",
      commands: (context) => [evaluateCommand(context), scoreCommand(context), referenceCommand(context)],
    },
    args,
    environment,
  );
}
