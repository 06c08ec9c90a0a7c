import { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { createExtensionCommand } from "./create-command.js";
import { hostCommand } from "./host-command.js";

/** The `extension` commands, for those who write extensions with code. */
export function extensionCommand(context: CommandContext): Command {
  return new Command("extension")
    .summary("begin an extension with code, and try it")
    .description("For authors of extensions with code; check and build them with `limpid pack`.")
    .addCommand(createExtensionCommand(context))
    .addCommand(hostCommand(context));
}
