import { zipSync } from "fflate";
import { createLimpid, modelFromUrl, PixelImage, type RouterRow, version } from "limpid";
import {
  psnr,
  ExpertTrainer,
  fitRouterRow,
  makeIntegrity,
  type TrainingEvaluation,
  type TrainingPair,
  TrainingSet,
  writeExpertFile,
} from "limpid/authoring";
import { type Expert, type LoadedModel, loadModel, startBackend } from "limpid/network";
import type { TrainReply, TrainRequest } from "./messages.js";

const wasmPath = new URL("limpid/wasm/", self.location.href).href;
const modelFolder = new URL("limpid/models/", self.location.href);
/** Side of the golden sample in pixels. */
const goldenSide = 192;

self.addEventListener("message", ({ data }: MessageEvent<TrainRequest>) => {
  run(data).catch((error: unknown) => {
    reply({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  });
});

function reply(message: TrainReply): void {
  self.postMessage(message);
}

async function run({
  pairs,
  degradation,
  publisher,
  steps,
  backend: choice,
  patchSize,
}: TrainRequest): Promise<void> {
  const pictures: TrainingPair[] = [];
  for (const { name, before, after } of pairs) {
    pictures.push({ name, before: await decode(before), after: await decode(after) });
  }
  const set = TrainingSet.fromPairs(pictures);
  const model = await loadModel(modelFromUrl(modelFolder));
  const { backend } = await startBackend(choice, { wasmPath });
  const id = `${publisher}.${degradation}`;
  const isKnown = model.manifest.router.degradations.includes(degradation);
  // A step on 8 patches, the usual number, takes 1.2 GB with WebAssembly: too much for some machines that browse.
  const options = { id, degradation, steps, patchSize, batchSize: 4 };
  const trainer = await ExpertTrainer.create(backend, model, set, options);
  const losses: number[] = [];
  const evaluations: TrainingEvaluation[] = [];
  const { expert, heldOut } = await trainer.train({
    onEvaluation: (evaluation) => void evaluations.push(evaluation),
    onProgress({ step, loss, heldOut, secondsPerStep }) {
      losses.push(loss);
      reply({ kind: "progress", step, losses, evaluations, heldOut, secondsPerStep });
    },
  });
  trainer.dispose();
  const fit = isKnown
    ? undefined
    : await fitRouterRow(model, set, {
        degradation,
        views: Math.min(480, 20 * pairs.length),
        heldOutViews: Math.min(80, 10 * pairs.length),
        onProgress: (done, total) =>
          reply({ kind: "note", text: `The router looks at picture ${done} of ${total} ...` }),
      });
  backend.dispose();
  const golden = pictures.find(({ name }) => set.heldOutNames.includes(name))!;
  const files = await makePack({
    model,
    expert,
    degradation,
    publisher,
    choice,
    golden,
    row: fit?.row,
    steps: losses.length,
  });
  const name = `limpid-${degradation}`;
  const zip = zipSync(Object.fromEntries([...files].map(([path, bytes]) => [`${name}/${path}`, bytes])), {
    level: 6,
  });
  const gain = heldOut.best - heldOut.backbone;
  const seen =
    fit === undefined ? "" : `; the router finds ${Math.round(100 * fit.heldOut.recall)} % of them`;
  reply({
    kind: "done",
    pack: zip,
    name: `${name}.zip`,
    text: `Done: held-out pictures ${heldOut.backbone.toFixed(2)} -> ${heldOut.best.toFixed(2)} dB (${gain.toFixed(2)} dB gained)${seen}.`,
  });
}

interface PackParts {
  readonly model: LoadedModel;
  readonly expert: Expert;
  readonly degradation: string;
  readonly publisher: string;
  readonly choice: TrainRequest["backend"];
  readonly golden: TrainingPair;
  readonly row: RouterRow | undefined;
  readonly steps: number;
}

/** All files of the pack: manifest, expert, golden sample, integrity. */
async function makePack(parts: PackParts): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const { model, expert, degradation, publisher, choice, row, steps } = parts;
  const bytes = writeExpertFile({
    expert,
    routerRow: row,
    provenance: {
      trainer: "limpid",
      trainerVersion: version,
      steps,
      data: "pairs of pictures before and after",
      date: new Date().toISOString().slice(0, 10),
    },
  }) as Uint8Array<ArrayBuffer>;
  const [before, after] = [parts.golden.before, parts.golden.after].map(cutCentre) as [
    PixelImage,
    PixelImage,
  ];
  const limpid = await createLimpid({ model: modelFolder, backend: choice, wasmPath });
  limpid.experts.add(expert, row === undefined ? {} : { routerRow: row });
  const { image } = await limpid.restore(before, { experts: [{ id: expert.id, weight: 1 }] });
  limpid.dispose();
  const file = `experts/${degradation}.safetensors`;
  const words = degradation.replaceAll("-", " ");
  const manifest = {
    name: `limpid-${degradation}`,
    publisher,
    version: "0.1.0",
    files: ["experts", "golden", "integrity.json"],
    engines: { limpid: `^${version}` },
    contributes: {
      experts: [
        {
          id: expert.id,
          title: `Repair ${words}`,
          file,
          size: bytes.byteLength,
          sha256: await sha256(bytes),
          degradations: [degradation],
          base: expert.base,
          golden: {
            before: "golden/before.png",
            after: "golden/after.png",
            psnr: Math.floor(10 * Math.min(100, psnr(image, after) - 0.2)) / 10,
          },
        },
      ],
      ...(model.manifest.router.degradations.includes(degradation)
        ? {}
        : { degradations: [{ id: degradation, title: words, description: `What ${expert.id} repairs.` }] }),
    },
  };
  const files = new Map<string, Uint8Array<ArrayBuffer>>([
    ["package.json", new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)],
    [file, bytes],
    ["golden/before.png", await encodePng(before)],
    ["golden/after.png", await encodePng(after)],
  ]);
  const integrity = makeIntegrity(`${publisher}.${manifest.name}`, manifest.version, files);
  return files.set("integrity.json", integrity as Uint8Array<ArrayBuffer>);
}

async function decode(file: Blob): Promise<PixelImage> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return PixelImage.fromImageData(context.getImageData(0, 0, context.canvas.width, context.canvas.height));
}

function cutCentre(image: PixelImage): PixelImage {
  const width = Math.min(goldenSide, image.width);
  const height = Math.min(goldenSide, image.height);
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  const x = (image.width - width) >> 1;
  const y = (image.height - height) >> 1;
  context.putImageData(toImageData(image), -x, -y);
  return PixelImage.fromImageData(context.getImageData(0, 0, width, height));
}

async function encodePng(image: PixelImage): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d")!.putImageData(toImageData(image), 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/png" });
  return new Uint8Array(await blob.arrayBuffer());
}

function toImageData({ width, height, data }: PixelImage): ImageData {
  return new ImageData(new Uint8ClampedArray(data), width, height);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
