import { constants } from "node:os";
import { addAbortSignal } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { CommandContext } from "./command-context.js";
import { packsFolder } from "./packs/packs-folder.js";

/** A second interrupt sooner than this is the same one: npm passes on what the terminal has sent already. */
const sameInterrupt = 1000;

/**
 * Runs a program in this process: passes on interrupts, flushes what was written, and ends the process with its exit code.
 *
 * @param run - the program
 * @param program - the file of the program, for worker threads to run
 */
export async function runProcess(
  run: (args: readonly string[], environment: Omit<CommandContext, "exitCode">) => Promise<number>,
  program: URL,
): Promise<void> {
  const interrupt = new AbortController();
  let interruptedBy: "SIGINT" | "SIGTERM" | "SIGHUP" | undefined;
  let interruptedAt = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (interruptedBy === undefined) {
        interruptedBy = name;
        interruptedAt = performance.now();
        interrupt.abort();
      } else if (performance.now() - interruptedAt > sameInterrupt) {
        process.exit(128 + constants.signals[name]);
      }
    });
  }
  // A reader that has gone, as `head` does, has had enough.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => interrupt.abort());
  const exitCode = await run(process.argv.slice(2), {
    write: (content) => process.stdout.write(content),
    writeError: (text) => process.stderr.write(text),
    terminal: process.stderr.isTTY ? process.stderr : undefined,
    outputColumns: process.stdout.isTTY ? process.stdout.columns || 80 : undefined,
    readInput: process.stdin.isTTY
      ? undefined
      : () => buffer(addAbortSignal(interrupt.signal, process.stdin)),
    packsFolder: packsFolder(process),
    signal: interrupt.signal,
    program,
  });
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  // Dawn would keep the process alive.
  process.exit(interruptedBy === undefined ? exitCode : 128 + constants.signals[interruptedBy]);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
