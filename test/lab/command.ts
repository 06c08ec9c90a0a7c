import { runLab } from "../../packages/lab/src/program.js";
import { runHere, type CommandResult, type CommandTestOptions } from "../cli/command.js";

/** Runs a command of the lab in this process. */
export function lab(args: readonly string[], options?: CommandTestOptions): Promise<CommandResult> {
  return runHere(runLab, args, options);
}
