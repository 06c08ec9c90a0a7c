import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { readImageFile, writeImageFile } from "../../packages/cli/src/files/index.js";
import { modelFromDirectory } from "../../src/node/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { Expert, factorShapes, listExpertTargets } from "../../src/sdk/experts/index.js";
import { readExpertFile, writeExpertFile } from "../../src/sdk/packs/index.js";
import { loadModel } from "../../src/sdk/restore/index.js";
import { HostTensor, sha256Hex } from "../../src/sdk/weights/index.js";
import { randomArray } from "../backbone/networks.js";
import { writePhoto } from "./command.js";

/** A JSON object that a test changes. */
export type Json = Record<string, unknown>;

/** Writes a file of a pack, and the folders above it. */
export function writeFile(folder: string, path: string, content: string | Uint8Array): void {
  const location = join(folder, path);
  mkdirSync(dirname(location), { recursive: true });
  writeFileSync(location, content);
}

/** Reads the manifest of a pack. */
export function readManifest(folder: string): Json {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Json;
}

/** Changes the manifest of a pack. */
export function changeManifest(folder: string, change: (manifest: Json) => void): void {
  const manifest = readManifest(folder);
  change(manifest);
  writeFile(folder, "package.json", JSON.stringify(manifest, null, 2));
}

/** Makes an expert for a model in a folder, whose router row finds its degradation in every image or in none. */
export async function makeExpertFile(model: string, { bias = -50, alpha = 2 } = {}): Promise<Uint8Array> {
  const { manifest } = await loadModel(modelFromDirectory(model));
  const { config, tensorSha256 } = manifest.backbone;
  const factors = listExpertTargets(config).map((target, index) => {
    const shapes = factorShapes(target, 2);
    const make = (shape: readonly [number, number], seed: number): HostTensor =>
      HostTensor.fromFloat32(shape, randomArray(shape[0] * shape[1], seed), "F16");
    return { target, a: make(shapes.a, index), b: make(shapes.b, index + 100) };
  });
  const base = { id: manifest.id, sha256: tensorSha256 };
  const expert = new Expert({
    id: "acme.halftone",
    base,
    rank: 2,
    alpha,
    degradations: ["halftone"],
    factors,
  });
  const weight = new Float32Array(config.embeddingSize);
  return writeExpertFile({
    expert,
    routerRow: { degradation: "halftone", weight, bias, threshold: 0.5 },
    license: "MIT",
    provenance: {
      trainer: "test",
      trainerVersion: "1.0.0",
      steps: 0,
      data: "Random numbers.",
      date: "2026-11-23",
    },
  });
}

/**
 * Fills a scaffolded pack with an expert and a golden sample that it reproduces exactly: what it makes of a picture is
 * declared to be that picture without the fault.
 */
export async function fillPack(folder: string, model: string): Promise<void> {
  const bytes = await makeExpertFile(model);
  writeFile(folder, "experts/halftone.safetensors", bytes);
  const before = await writePhoto(join(folder, "golden", "before.png"), { width: 32, height: 24 });
  const { manifest } = await loadModel(modelFromDirectory(model));
  tf.enableProdMode(); // without tfjs's advice to install its native addon
  const limpid = await createLimpid({ model: modelFromDirectory(model), backend: "cpu" });
  limpid.experts.add(readExpertFile(bytes, manifest.backbone.config).expert);
  const { image } = await limpid.restore((await readImageFile(before)).image, {
    experts: [{ id: "acme.halftone" }],
  });
  await writeImageFile(join(folder, "golden", "after.png"), image);
  limpid.dispose();
  changeManifest(folder, ({ contributes }) => {
    Object.assign((contributes as { experts: Json[] }).experts[0]!, {
      file: "experts/halftone.safetensors",
      size: bytes.byteLength,
      sha256: sha256Hex(bytes),
      base: { id: manifest.id, sha256: manifest.backbone.tensorSha256 },
      golden: { before: "golden/before.png", after: "golden/after.png", psnr: 90 },
    });
  });
  writeFile(
    folder,
    "README.md",
    `# Repair halftone\n\n${"Removes the dots of printed pictures from scans. It was made of random numbers, for a test. ".repeat(3)}`,
  );
}
