import { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { buildCommand } from "./build-command.js";
import { checkCommand } from "./check-command.js";
import { createCommand } from "./create-command.js";
import { importAdapterCommand } from "./import-adapter-command.js";
import { inspectCommand } from "./inspect-command.js";
import { keygenCommand } from "./keygen-command.js";
import { signCommand } from "./sign-command.js";
import { packTrainCommand } from "./train-command.js";
import { tryCommand } from "./try-command.js";

/** The `pack` commands, for those who write extensions and expert packs. */
export function packCommand(context: CommandContext): Command {
  const group = new Command("pack")
    .summary("make, check and publish a pack of experts")
    .description("For authors: from pictures of a fault to a pack on npm that repairs it.");
  const commands = [
    createCommand(context),
    packTrainCommand(context),
    importAdapterCommand(context),
    tryCommand(context),
    checkCommand(context),
    buildCommand(context),
    keygenCommand(context),
    signCommand(context),
    inspectCommand(context),
  ];
  for (const command of commands) group.addCommand(command);
  return group;
}
