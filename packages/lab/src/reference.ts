import { extname } from "node:path";
import { prepareNodeBackend, type NodeBackendName } from "../../../src/node/index.js";
import { LimpidError } from "../../../src/sdk/base/index.js";
import { ReferenceFolder } from "./reference-folder.js";
import {
  measureExperts,
  measureGlobal,
  measureLocal,
  measureRouter,
  measureViews,
  type Reference,
} from "./reference-measures.js";

/** How one set of reference tensors compares with what this implementation computes. */
export interface ReferenceCase {
  /** Name of the case, such as `stage2.top1`. */
  readonly name: string;
  /** `ok` if within the limit, `failed` if above it or if it could not be run, `missing` if a file is not there. */
  readonly status: "ok" | "failed" | "missing";
  /** The largest absolute difference; of `views`, in intensities of 0..1. Not there if the case could not be run. */
  readonly difference?: number;
  /** The largest difference allowed. */
  readonly limit: number;
  /** The weight files that it was run with; the difference is the worst of them. Empty for `views`. */
  readonly files: readonly string[];
  /** Why it could not be run. */
  readonly reason?: string;
}

/** A case, the files that it takes, and how it is measured. */
interface CaseSpecification {
  readonly name: string;
  readonly limit: number;
  readonly io: string;
  readonly weights?: string;
  readonly measure: (reference: Reference) => number | Promise<number>;
}

const networkLimit = 2e-4;
const viewsLimit = 2 / 255;

const specifications: readonly CaseSpecification[] = [
  stage1("stage1", "stage1.io", (reference) => measureGlobal(reference, "output")),
  stage1("stage1.local", "stage1.local.io", measureLocal),
  stage1("stage1.global", "stage1.local.io", (reference) => measureGlobal(reference, "output_global")),
  stage2(1),
  stage2(2),
  { name: "router", limit: networkLimit, io: "router.io", weights: "router.weights", measure: measureRouter },
  { name: "views", limit: viewsLimit, io: "views.io", measure: measureViews },
];

function stage1(name: string, io: string, measure: CaseSpecification["measure"]): CaseSpecification {
  return { name, limit: networkLimit, io, weights: "stage1.weights", measure };
}

function stage2(k: number): CaseSpecification {
  const name = `stage2.top${k}`;
  const measure = (reference: Reference): Promise<number> => measureExperts(reference, k);
  return { name, limit: networkLimit, io: `${name}.io`, weights: "stage2.weights", measure };
}

/**
 * Compares the networks with tensors that LoRA-IR's published code computed, and the router's views with Pillow's.
 *
 * @param directory - holds `stage1.weights`, `stage1.io`, `stage1.local.io`, `stage2.weights`, `stage2.top1.io`,
 * `stage2.top2.io`, `router.weights`, `router.io` and `views.io`, all `.safetensors`; weights may be `.pth` instead or
 * as well
 * @param backend - what runs the networks
 * @returns the cases `stage1`, `stage1.local`, `stage1.global`, `stage2.top1`, `stage2.top2`, `router` and `views`
 * @throws {@link LimpidError} `BackendUnavailable`
 */
export async function runReference(directory: string, backend: NodeBackendName): Promise<ReferenceCase[]> {
  await prepareNodeBackend(backend);
  const folder = new ReferenceFolder(directory);
  const cases: ReferenceCase[] = [];
  for (const specification of specifications) cases.push(await runCase(folder, specification));
  return cases;
}

async function runCase(folder: ReferenceFolder, specification: CaseSpecification): Promise<ReferenceCase> {
  const { name, limit, measure } = specification;
  const files: string[] = [];
  try {
    const io = await folder.readIo(specification.io);
    let difference = 0;
    for (const { file, weights, config } of await readWeights(folder, specification.weights)) {
      if (file !== undefined) files.push(file);
      difference = Math.max(difference, await measure({ io, weights, config })); // NaN stays
    }
    return { name, status: difference <= limit ? "ok" : "failed", difference, limit, files };
  } catch (error) {
    const status = LimpidError.is(error, "WeightsMissing") ? "missing" : "failed";
    return { name, status, limit, files, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Weights with the name of their file, if they come from one. */
interface ReferenceWeights extends Omit<Reference, "io"> {
  readonly file?: string;
}

/** The weights in every container that they come in; for a case without weights, once none. */
async function readWeights(folder: ReferenceFolder, name: string | undefined): Promise<ReferenceWeights[]> {
  if (name === undefined) return [{ weights: { tensors: new Map(), metadata: {} }, config: {} }];
  const config = await folder.readConfig(name);
  const found: ReferenceWeights[] = [];
  for (const file of folder.listContainers(name)) {
    found.push({ file, weights: await folder.read(file), config });
  }
  return found;
}

/** How {@link reportReference} is to run. */
export interface ReferenceOptions {
  /** What runs the networks. */
  readonly backend: NodeBackendName;
  /** Whether to print one JSON array instead of a line per case. */
  readonly json: boolean;
}

/**
 * Runs the cases and prints them.
 *
 * @param directory - the folder of reference tensors
 * @param options - backend and format
 * @param write - receives the text, with its line ends
 * @returns the exit code: 0 if every case is there and within its limit, else 1
 * @throws {@link LimpidError} `BackendUnavailable`
 */
export async function reportReference(
  directory: string,
  options: ReferenceOptions,
  write: (text: string) => void,
): Promise<number> {
  const cases = await runReference(directory, options.backend);
  write(options.json ? `${JSON.stringify(cases, undefined, 2)}\n` : cases.map(formatCase).join(""));
  return cases.every(({ status }) => status === "ok") ? 0 : 1;
}

function formatCase({ name, status, difference, limit, files, reason }: ReferenceCase): string {
  const verdict = status === "ok" ? "ok" : status.toUpperCase();
  const measured = difference === undefined ? "-" : difference.toExponential(2);
  const remark = reason ?? files.map((file) => extname(file)).join(" ");
  const columns = [
    name.padEnd(13),
    measured.padEnd(8),
    "of",
    limit.toExponential(2),
    verdict.padEnd(7),
    remark,
  ];
  return `${columns.join(" ").trimEnd()}\n`;
}
