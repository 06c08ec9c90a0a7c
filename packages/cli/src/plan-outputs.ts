import { existsSync, statSync } from "node:fs";
import { basename, extname, join, resolve, sep } from "node:path";
import { LimpidError } from "limpid";
import { OutputError, outputFormatOf, type OutputFormat } from "./files/index.js";
import { extensions, formatOfBytes, formatOfExtension } from "./files/image-format.js";
import { isImageName, standardStream, type FailedInput, type FoundImage } from "./find-images.js";

/** Where results go. */
export type OutputPlace =
  | {
      /** Beside each image, or under the names that the images have in the folder that was named. */
      readonly kind: "beside" | "folder";
      /** The folder; empty for `"beside"`. */
      readonly path: string;
    }
  | {
      readonly kind: "file";
      /** The file; its extension chooses the format. */
      readonly path: string;
    }
  | {
      /** To standard output. */
      readonly kind: "stream";
      /** Stands for it. */
      readonly path: typeof standardStream;
    };

/** The format of results: one for all, or `"same"` for that of each photo, PNG if it cannot be written. */
export type FormatChoice = OutputFormat | "same";

/** One image to restore. */
export interface RestoreTask {
  /** The file to read. */
  readonly input: string;
  /** The whole file, if it was read already. */
  readonly bytes?: Uint8Array | undefined;
  /** The file to write, or {@link standardStream}. */
  readonly output: string;
  readonly format: OutputFormat;
  /** The file for the picture of the photo before and after, beside the result. */
  readonly preview: string;
  /**
   * The file for a photo that is left alone: `output` if the user named it, a copy under the photo's own name in a folder
   * of results, so that the folder is complete, and none beside the photo.
   */
  readonly untouched: string | undefined;
  /** What shards are told apart by. */
  readonly name: string;
}

/** Bytes in a name, at most, where files are usually kept. */
const longestName = 255;

/** What is to be done. */
export interface OutputPlan {
  /** The images, in the order in which they were found. Every output is another. */
  readonly tasks: readonly RestoreTask[];
  /** The images that have no place to go. */
  readonly failures: readonly FailedInput[];
}

/**
 * Where results go for what the user wrote behind `-o`: to a file if one file is restored and the name has an extension,
 * else into a folder. What comes on standard input goes to standard output, unless `-o` says otherwise.
 *
 * @param output - what the user wrote; undefined for results beside their images
 * @param inputs - what is to be restored, as the user wrote it
 * @returns the place, which need not exist
 * @throws {@link OutputError} `UnsupportedFormat` if a file's extension names no format that can be written
 * @throws {@link LimpidError} `InvalidArgument` if several images are to go to one file or to standard output
 */
export function chooseOutputPlace(output: string | undefined, inputs: readonly string[]): OutputPlace {
  const isStream = inputs.includes(standardStream);
  if (isStream && inputs.length > 1) {
    throw new LimpidError("InvalidArgument", "- stands for the one photo on standard input: name no others");
  }
  const isOneFile = inputs.length === 1 && !isFolder(inputs[0] ?? "");
  if (output === standardStream || (output === undefined && isStream)) {
    if (isOneFile) return { kind: "stream", path: standardStream };
    throw new LimpidError("InvalidArgument", "- is one file, for several images; name a folder");
  }
  if (output === undefined) return { kind: "beside", path: "" };
  const namesFolder = output.endsWith("/") || output.endsWith(sep) || isFolder(output);
  if (namesFolder || extname(output) === "") return { kind: "folder", path: output };
  if (isOneFile) {
    outputFormatOf(output);
    return { kind: "file", path: output };
  }
  if (isImageName(output)) {
    throw new LimpidError("InvalidArgument", `${output}: is one file, for several images; name a folder`);
  }
  return { kind: "folder", path: output };
}

/**
 * Gives each image its output: `photo.jpg.restored.png` for `photo.jpg`. The name depends on the photo's alone, with its extension, so
 * that no other photo of its folder ever has the same. An image that is itself the output of another is left out.
 *
 * @param images - the images
 * @param place - where results go
 * @param overwrite - whether outputs that exist are to be replaced
 * @param choice - their format; PNG if left out, and that of its extension for a file that was named
 * @returns the tasks; of images that still share an output the first has it, the others fail, as do those whose output
 * would replace an input, or has a name that is too long
 */
export function planOutputs(
  images: readonly FoundImage[],
  place: OutputPlace,
  overwrite: boolean,
  choice?: FormatChoice,
): OutputPlan {
  const planned = images.map((image): RestoreTask => {
    const format = place.kind === "file" ? outputFormatOf(place.path) : formatOf(image, choice);
    const stem = stemOf(image, place);
    return {
      input: image.path,
      bytes: image.bytes,
      output: stem === undefined ? place.path : `${stem}.restored${extensions[format]}`,
      format,
      preview: `${stem ?? place.path}.before-after.jpg`,
      untouched: untouchedOf(image, place),
      name: image.name,
    };
  });
  if (place.kind === "stream") return { tasks: planned, failures: [] };
  const inputs = new Set(images.map(({ path }) => identify(path)));
  const makers = new Map<string, string>();
  for (const { input, output } of planned) {
    if (!makers.has(identify(output))) makers.set(identify(output), input);
  }
  const tasks: RestoreTask[] = [];
  const failures: FailedInput[] = [];
  for (const task of planned) {
    const { input, output } = task;
    const maker = makers.get(identify(output)) ?? input;
    const replacesItself = identify(input) === identify(output);
    if (replacesItself || (overwrite && inputs.has(identify(output)))) {
      const error = new OutputError("InputOverwrite", `${input}: its output ${output} is an input`);
      failures.push({ input, error });
    } else if (maker !== input) {
      const message = `${input}: its output ${output} is also that of ${maker}`;
      failures.push({ input, error: new LimpidError("InvalidArgument", message) });
    } else if (Buffer.byteLength(basename(output)) > longestName) {
      const message = `${output}: cannot be written: its name is too long`;
      failures.push({ input, error: new LimpidError("FileUnwritable", message) });
    } else if (!makers.has(identify(input))) {
      tasks.push(task);
    }
  }
  return { tasks, failures };
}

/** What the name of a result begins with; undefined if the result was named itself. */
function stemOf({ path, name }: FoundImage, place: OutputPlace): string | undefined {
  if (place.kind === "beside") return path;
  return place.kind === "folder" ? join(place.path, ...name.split("/")) : undefined;
}

function formatOf({ path, bytes }: FoundImage, choice: FormatChoice = "png"): OutputFormat {
  if (choice !== "same") return choice;
  const own = bytes === undefined ? formatOfExtension(path) : formatOfBytes(bytes);
  return own ?? "png";
}

function untouchedOf({ path, name }: FoundImage, place: OutputPlace): string | undefined {
  if (place.kind === "file" || place.kind === "stream") return place.path;
  if (place.kind === "beside") return undefined;
  const copy = join(place.path, ...name.split("/"));
  return identify(copy) === identify(path) ? undefined : copy;
}

/** Equal for paths that some file system takes for one: many do not tell cases apart. */
function identify(path: string): string {
  return resolve(path).normalize("NFC").toLowerCase();
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
