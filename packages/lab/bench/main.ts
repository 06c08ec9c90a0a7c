import { writeFile } from "node:fs/promises";
import { writeMarkdown } from "../src/evaluate/markdown-report.js";
import type { Arena } from "./arena.js";
import { runContest } from "./contest.js";
import { contestToMarkdown } from "./contest-report.js";
import { readBenchModel } from "./contestants/model.js";
import { openTfjs } from "./contestants/tfjs.js";
import { describeMachine } from "./describe-machine.js";
import { NodeArena } from "./node-arena.js";
import { encodeOnnxModel } from "./onnx/encode-model.js";
import { makeBackboneGraph } from "./onnx/backbone-graph.js";
import type { BenchOptions } from "./options.js";
import { PageArena } from "./page-arena.js";
import { makeTestImage } from "./test-image.js";
import { readModelFile, type BenchPlaces } from "./places.js";

/**
 * Runs the contest and writes what the options ask for.
 *
 * @param options - from the command line
 * @param places - where things are
 */
export async function runBench(options: BenchOptions, places: BenchPlaces): Promise<void> {
  const readModel = (path: string) => readModelFile(places, path);
  const { base, config } = await readBenchModel(readModel);
  const onnxModel = encodeOnnxModel(makeBackboneGraph(base, config));
  const arena: Arena = options.browser
    ? await PageArena.start(places, onnxModel)
    : new NodeArena(places, onnxModel);
  try {
    const result = await runContest(arena, await makeReference(readModel), {
      ...options,
      names: options.executors,
      say: (line) => console.error(line),
    });
    const machine = describeMachine(arena.runtime, await arena.describeGpu());
    const markdown = contestToMarkdown(result, machine);
    console.log(markdown);
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify({ machine, ...result }, undefined, 2)}\n`);
    }
    if (options.markdown !== undefined) {
      await writeMarkdown(options.markdown, markdown, new AbortController().signal);
    }
  } finally {
    await arena.close();
  }
}

/** The right result, by tfjs on WebAssembly in this process. */
async function makeReference(
  readModel: (path: string) => Promise<Uint8Array>,
): Promise<(side: number) => Promise<Float32Array>> {
  const tfjs = await openTfjs("wasm", {
    readModel,
    readOnnxModel: () => Promise.reject(new Error("tfjs reads no ONNX")),
    packageFile: (path) => path,
  });
  const results = new Map<number, Promise<Float32Array>>();
  return (side) => {
    const result = results.get(side) ?? tfjs.restore(makeTestImage(side));
    results.set(side, result);
    return result;
  };
}
