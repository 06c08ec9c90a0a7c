import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Limpid, LimpidError, type PixelImage, throwIfAborted } from "limpid";
import { psnr, type ContributedExpert, type ExtensionManifest, readExpertFile } from "limpid/authoring";
import { loadModel, type ModelManifest } from "limpid/network";
import { modelFromDirectory } from "limpid/node";
import { readImageFile } from "../files/index.js";
import { findImages } from "../find-images.js";
import { openLimpid, type EngineSettings } from "../open-limpid.js";
import type { PackFinding } from "./finding.js";

/** PSNR in dB of a clean photo, below which a restore has done harm. */
const cleanPsnr = 45;
/** How far below the stated PSNR another backend's rounding may lead, in dB. */
const goldenTolerance = 0.05;

/** What an expert makes of its golden sample. */
export interface GoldenResult {
  readonly expert: string;
  /** PSNR of the damaged picture in dB; null if it equals the other. */
  readonly before: number | null;
  /** PSNR of the restored picture in dB; null if it equals the other. */
  readonly restored: number | null;
  /** What the manifest promises, in dB. */
  readonly stated: number;
}

/** What becomes of a clean photo. */
export interface CleanResult {
  /** Its file. */
  readonly photo: string;
  /** PSNR of the restored photo in dB; null if it was left as it is. */
  readonly psnr: number | null;
  /** The experts that the router chose. */
  readonly experts: readonly string[];
}

/** What came of running a pack. */
export interface ModelReport {
  /** The model that it ran on. */
  readonly model: { readonly id: string; readonly version: string };
  readonly backend: string;
  /** Golden samples, in the manifest's order. */
  readonly golden: readonly GoldenResult[];
  /** Clean photos. */
  readonly clean: readonly CleanResult[];
  /** Everything that is wrong. */
  readonly findings: readonly PackFinding[];
}

/** What a run of a pack needs. */
export interface CheckModelOptions {
  readonly settings: EngineSettings;
  /** More clean photos: files and folders. */
  readonly clean: readonly string[];
  /** Told what a person should know. */
  readonly note: (text: string) => void;
  /** Gives up when it fires. */
  readonly signal: AbortSignal;
}

/**
 * Runs a pack's experts on the model: each must restore its golden sample to the PSNR that the manifest states, and with
 * all of them installed the router must do clean photos no harm.
 *
 * @param manifest - of the pack
 * @param files - the pack
 * @param options - model, backend, clean photos
 * @returns what was measured, and every fault
 * @throws {@link LimpidError} as `createLimpid` does
 */
export async function checkOnModel(
  manifest: ExtensionManifest,
  files: ReadonlyMap<string, Uint8Array>,
  options: CheckModelOptions,
): Promise<ModelReport> {
  const { settings, note, signal } = options;
  const { manifest: model } = await loadModel(modelFromDirectory(settings.model), signal);
  const limpid = await openLimpid(settings, note, signal);
  try {
    const findings: PackFinding[] = [];
    const golden: GoldenResult[] = [];
    const photos: [string, PixelImage][] = [];
    for (const expert of manifest.contributes.experts) {
      if (!addExpert(limpid, model, expert, files, findings)) continue;
      const { before, after } = expert.golden;
      const pair = await readPair(files, before, after, findings, signal);
      if (pair === undefined) continue;
      photos.push([after, pair.after]);
      golden.push(await checkGolden(limpid, expert, pair, findings, signal));
    }
    const clean = await checkClean(limpid, manifest, photos, options, findings);
    return { model: limpid.model, backend: limpid.backend, golden, clean, findings };
  } finally {
    limpid.dispose();
  }
}

/**
 * Puts an expert into the set, or notes why it does not fit.
 *
 * @param limpid - whose set
 * @param model - that it must fit
 * @param contributed - the expert, as the manifest has it
 * @param files - the pack
 * @param findings - what is wrong is added to them
 * @returns whether it is in the set
 */
export function addExpert(
  limpid: Limpid,
  model: ModelManifest,
  { file, id, strength, degradations }: ContributedExpert,
  files: ReadonlyMap<string, Uint8Array>,
  findings: PackFinding[],
): boolean {
  const bytes = files.get(file);
  if (bytes === undefined) return false;
  try {
    const { expert, routerRow } = readExpertFile(bytes, model.backbone.config);
    limpid.experts.add(expert, { strength, ...(routerRow && { routerRow }) });
    const known = [...model.router.degradations, ...(routerRow ? [routerRow.degradation] : [])];
    if (!degradations.some((degradation) => known.includes(degradation))) {
      findings.push({
        rule: "expert",
        path: file,
        message: `repairs ${degradations.join(", ")}, of which the router knows nothing`,
        fix: "train it with a router row",
      });
    }
    return true;
  } catch (error) {
    if (!LimpidError.is(error)) throw error;
    const message = `does not run as ${id} on ${model.id} ${model.version}: ${error.message}`;
    findings.push({ rule: "expert", path: file, message, fix: "train it on this model" });
    return false;
  }
}

interface Pair {
  readonly before: PixelImage;
  readonly after: PixelImage;
}

async function readPair(
  files: ReadonlyMap<string, Uint8Array>,
  before: string,
  after: string,
  findings: PackFinding[],
  signal: AbortSignal,
): Promise<Pair | undefined> {
  const images: PixelImage[] = [];
  for (const path of [before, after]) {
    const bytes = files.get(path);
    if (bytes === undefined) return undefined;
    try {
      images.push(await decodeImage(bytes, extname(path), signal));
    } catch (error) {
      if (!LimpidError.is(error) || signal.aborted) throw error;
      findings.push({
        rule: "golden",
        path,
        message: `cannot be read: ${error.message}`,
        fix: "save it as a PNG",
      });
    }
  }
  const [first, second] = images;
  if (first === undefined || second === undefined) return undefined;
  if (first.width === second.width && first.height === second.height) return { before: first, after: second };
  findings.push({
    rule: "golden",
    path: after,
    message: `is ${second.width} x ${second.height}, ${before} ${first.width} x ${first.height}`,
    fix: "cut both to the same part",
  });
  return undefined;
}

/** Decodes as the command does with any photo, from a file, so that both see the same pixels. */
async function decodeImage(bytes: Uint8Array, extension: string, signal: AbortSignal): Promise<PixelImage> {
  const folder = await fs.mkdtemp(join(tmpdir(), "limpid-golden-"));
  try {
    const path = join(folder, `image${extension}`);
    await fs.writeFile(path, bytes);
    return (await readImageFile(path, { signal })).image;
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

async function checkGolden(
  limpid: Limpid,
  { id, strength, golden }: ContributedExpert,
  { before, after }: Pair,
  findings: PackFinding[],
  signal: AbortSignal,
): Promise<GoldenResult> {
  throwIfAborted(signal);
  const { image } = await limpid.restore(before, { experts: [{ id, weight: strength }], signal });
  const [reached, unrestored] = [psnr(image, after), psnr(before, after)];
  const note = (message: string, fix: string): void => {
    findings.push({ rule: "golden", path: golden.before, message, fix });
  };
  if (reached < golden.psnr - goldenTolerance) {
    const message = `is restored by ${id} to ${reached.toFixed(2)} dB, package.json states ${golden.psnr}`;
    note(message, "train longer, or state what it reaches");
  }
  if (reached <= unrestored) {
    const message = `has ${unrestored.toFixed(2)} dB before ${id}, and ${reached.toFixed(2)} dB after it`;
    note(message, "an expert must make its own sample better: train it longer, or with better pairs");
  }
  return { expert: id, before: finite(unrestored), restored: finite(reached), stated: golden.psnr };
}

async function checkClean(
  limpid: Limpid,
  manifest: ExtensionManifest,
  golden: readonly (readonly [string, PixelImage])[],
  { clean, note, signal }: CheckModelOptions,
  findings: PackFinding[],
): Promise<CleanResult[]> {
  const photos = [...golden];
  if (clean.length > 0) {
    const { images, failures } = await findImages(clean, signal);
    if (failures.length > 0) throw failures[0]!.error;
    for (const { path } of images) photos.push([path, (await readImageFile(path, { signal })).image]);
  }
  const own = new Set(manifest.contributes.experts.map(({ id }) => id));
  const results: CleanResult[] = [];
  for (const [photo, image] of photos) {
    throwIfAborted(signal);
    const { image: restored, mixture, tiles } = await limpid.restore(image, { signal });
    const experts = mixture.map(({ expert }) => expert);
    const reached = tiles === 0 ? Infinity : psnr(restored, image);
    results.push({ photo, psnr: finite(reached), experts });
    if (reached >= cleanPsnr) continue;
    const change = `${photo} is clean, and the router with ${experts.join(", ")} leaves ${reached.toFixed(2)} dB of it`;
    if (experts.some((id) => own.has(id))) {
      const fix = `keep it above ${cleanPsnr} dB: train the router row with more clean photos`;
      findings.push({ rule: "clean", path: photo, message: `is damaged: ${change}`, fix });
    } else note(`${change}; the pack has no part in it`);
  }
  return results;
}

/** JSON has no Infinity. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
