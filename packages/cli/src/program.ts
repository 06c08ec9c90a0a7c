import { analyzeCommand } from "./analyze-command.js";
import type { CommandContext } from "./command-context.js";
import { degradeCommand } from "./degrade-command.js";
import { extensionCommand } from "./extension/extension-command.js";
import { importCommand } from "./import-command.js";
import { packCommand } from "./pack/pack-command.js";
import { packsCommand } from "./packs/packs-command.js";
import { restoreCommand } from "./restore-command.js";
import { runCommands } from "./run-commands.js";
import { startCommand } from "./start-command.js";

/**
 * Runs the `limpid` command.
 *
 * @param args - what the user wrote behind `limpid`
 * @param environment - what it may touch of its process
 * @returns the exit code: 0, 1 if something failed, 2 for wrong usage, 130 if the signal fired
 */
export function runProgram(
  args: readonly string[],
  environment: Omit<CommandContext, "exitCode">,
): Promise<number> {
  return runCommands(
    {
      name: "limpid",
      description: "Blind photo restoration: finds out what is wrong with a photo, and repairs it.",
      commands: (context) => [
        startCommand(context),
        restoreCommand(context),
        analyzeCommand(context),
        degradeCommand(context),
        importCommand(context),
        packsCommand(context),
        packCommand(context),
        extensionCommand(context),
      ],
    },
    args,
    environment,
  );
}
