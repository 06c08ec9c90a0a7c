import { Command, CommanderError } from "commander";
import { version } from "limpid";
import type { CommandContext } from "./command-context.js";
import { formatError, reportError, type ErrorReport } from "./describe-error.js";
import { printable } from "./printable.js";

/** Errors that say that the command line asks for what cannot be. */
const usageErrors: readonly ErrorReport["code"][] = [
  "InvalidArgument",
  "InvalidTileSize",
  "UnknownExpert",
  "UnsupportedFormat",
];

/** A program with commands: its name, what it is for, and what makes its commands. */
export interface ProgramParts {
  /** What the user types. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly description: string;
  /** Makes the commands for one run. */
  readonly commands: (context: CommandContext) => readonly Command[];
}

/**
 * Runs a program with commands.
 *
 * @param parts - the program
 * @param args - what the user wrote behind its name
 * @param environment - what it may touch of its process
 * @returns the exit code: 0, 1 if something failed, 2 for wrong usage, 130 if the signal fired
 */
export async function runCommands(
  parts: ProgramParts,
  args: readonly string[],
  environment: Omit<CommandContext, "exitCode">,
): Promise<number> {
  const context: CommandContext = {
    ...environment,
    write: (content) => environment.write(typeof content === "string" ? printable(content) : content),
    writeError: (text) => environment.writeError(printable(text)),
    exitCode: 0,
  };
  try {
    await makeProgram(parts, context).parseAsync(args, { from: "user" });
    return context.exitCode;
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (context.signal.aborted) {
      context.writeError("Aborted: interrupted\n");
      return 130;
    }
    const report = reportError(error);
    context.writeError(formatError(report));
    return usageErrors.includes(report.code) ? 2 : 1;
  }
}

function makeProgram({ name, description, commands }: ProgramParts, context: CommandContext): Command {
  const program = new Command(name)
    .description(description)
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: context.write,
      writeErr: context.writeError,
      outputError: (text) => context.writeError(formatUsageError(text)),
    });
  for (const command of commands(context)) {
    program.addCommand(command.copyInheritedSettings(program));
    for (const nested of command.commands) nested.copyInheritedSettings(command);
  }
  return program;
}

/** Commander's message in the form of all others. */
function formatUsageError(text: string): string {
  const message = text.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  return `InvalidArgument: ${message.trim()} (--help explains)\n`;
}
