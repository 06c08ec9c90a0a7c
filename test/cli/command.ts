import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import type { CommandContext } from "../../packages/cli/src/command-context.js";
import { runProgram } from "../../packages/cli/src/program.js";
import type { ChannelCount } from "../../src/sdk/image/index.js";
import { pseudoRandomImageOfDepth } from "../image/pseudo-random.js";
import { makeTinyModel, type TinyModelOptions } from "../support/tiny-model.js";

/** What came of a run of the command. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  /** The picture that went to standard output. */
  readonly bytes?: Buffer;
  readonly stderr: string;
}

/** What a program reads of a restored photo. */
export interface JsonLine {
  readonly input: string;
  readonly output?: string;
  readonly skipped?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly [field: string]: unknown;
}

/** What a test can tell a command that runs in this process. */
export type CommandTestOptions = Partial<Omit<CommandContext, "write" | "writeError">>;

/** A process in which nobody watches, nothing comes in and no pack is installed. */
export const bareProcess = {
  terminal: undefined,
  outputColumns: undefined,
  readInput: undefined,
  packsFolder: "/there/are/no/packs",
  program: new URL("file:///there/is/no/program/in/this/process"),
};

/** Runs the command in this process. */
export function limpid(args: readonly string[], options?: CommandTestOptions): Promise<CommandResult> {
  return runHere(runProgram, args, options);
}

/** Runs a program with commands in this process. */
export async function runHere(
  run: typeof runProgram,
  args: readonly string[],
  options: CommandTestOptions = {},
): Promise<CommandResult> {
  let stdout = "";
  let bytes: Buffer | undefined;
  let stderr = "";
  const code = await run(args, {
    signal: new AbortController().signal,
    ...bareProcess,
    ...options,
    write: (content) => {
      if (typeof content === "string") stdout += content;
      else bytes = Buffer.from(content);
    },
    writeError: (text) => (stderr += text),
  });
  return { code, stdout, stderr, ...(bytes !== undefined && { bytes }) };
}

/** Starts the built command in a process of its own. */
export function spawnLimpid(
  args: readonly string[],
  input: "ignore" | "pipe" = "ignore",
): ChildProcessByStdio<Writable | null, Readable, Readable> {
  const program = fileURLToPath(new URL("../../scripts/limpid.mjs", import.meta.url));
  const { INIT_CWD: _, ...environment } = process.env;
  const env = { ...environment, LIMPID_PACKS: bareProcess.packsFolder };
  return input === "pipe"
    ? spawn(process.execPath, [program, ...args], { env, stdio: ["pipe", "pipe", "pipe"] })
    : spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs the built command to its end. */
export async function limpidProcess(
  args: readonly string[],
  whenStarted: (child: ReturnType<typeof spawnLimpid>) => void = () => undefined,
): Promise<CommandResult> {
  const child = spawnLimpid(args);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  whenStarted(child);
  const code = await new Promise<number>((resolve) => {
    child.on("close", (status) => resolve(status ?? -1));
  });
  // The first to run may have built the program.
  return { code, stdout, stderr: stderr.replace(/^Building .*\n/, "") };
}

/** The objects that `--json` printed. */
export function jsonLines(stdout: string): JsonLine[] {
  return stdout
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JsonLine);
}

/** Writes the tiny model, whose router finds everything in every image, to a folder. */
export function writeTinyModel(folder: string, options: TinyModelOptions = { bias: 20 }): string {
  for (const [name, bytes] of makeTinyModel(options)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  return folder;
}

/** What a test photo is like. */
export interface PhotoOptions {
  readonly width?: number;
  readonly height?: number;
  readonly channels?: ChannelCount;
  readonly depth?: 8 | 16;
  readonly seed?: number;
}

/** Writes a photo of pseudo-random samples, in the format of its extension, and returns its path. */
export async function writePhoto(path: string, options: PhotoOptions = {}): Promise<string> {
  const { width = 24, height = 16, channels = 3, depth = 8, seed = 7 } = options;
  const { data } = pseudoRandomImageOfDepth(seed, width, height, channels, depth);
  mkdirSync(dirname(path), { recursive: true });
  await sharp(data as Uint8Array | Uint16Array, { raw: { width, height, channels } })
    .toColourspace(channels < 3 ? (depth === 16 ? "grey16" : "b-w") : depth === 16 ? "rgb16" : "srgb")
    .toFile(path);
  return path;
}
