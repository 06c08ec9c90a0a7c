import { LimpidError } from "../base/index.js";
import { HostTensor, parseSafetensors, serializeSafetensors } from "../weights/index.js";

/** A look at the held-out pictures. */
export interface TrainingEvaluation {
  /** Steps that were done. */
  readonly step: number;
  /** PSNR in dB of the averaged expert, mean over the held-out views. */
  readonly psnr: number;
}

/** All that a training needs to go on exactly where it was. */
export interface TrainerState {
  step: number;
  factors: Float32Array;
  /** Their exponential moving average. */
  average: Float32Array;
  /** The averaged factors of the best look so far. */
  best: Float32Array;
  firstMoment: Float32Array;
  secondMoment: Float32Array;
  /** The loss of every step that is done, in dB. */
  losses: number[];
  /** Every look so far. */
  evaluations: TrainingEvaluation[];
  seconds: number;
}

const format = "1";
const vectors = ["factors", "average", "best", "firstMoment", "secondMoment"] as const;

/**
 * Writes a state as safetensors.
 *
 * @param state - the state; copied
 * @param fingerprint - what the training is about, to be asked for again when it is read
 */
export function serializeTrainerState(state: TrainerState, fingerprint: string): Uint8Array {
  const tensors = new Map<string, HostTensor>(
    vectors.map((name) => [name, HostTensor.fromFloat32([state[name].length], state[name], "F32")]),
  );
  tensors.set(
    "losses",
    HostTensor.fromFloat32([state.losses.length], Float32Array.from(state.losses), "F32"),
  );
  return serializeSafetensors({
    tensors,
    metadata: {
      "limpid.training": format,
      fingerprint,
      step: String(state.step),
      seconds: String(state.seconds),
      evaluations: JSON.stringify(state.evaluations),
    },
  });
}

/**
 * Reads a state.
 *
 * @param length - how many factors there are
 * @throws {@link LimpidError} `InvalidTensorFile` if the bytes are no state, `InvalidArgument` if it is of another training
 */
export function parseTrainerState(bytes: Uint8Array, fingerprint: string, length: number): TrainerState {
  const { tensors, metadata } = parseSafetensors(bytes);
  if (metadata["limpid.training"] !== format) {
    throw new LimpidError("InvalidTensorFile", "the file holds no state of a training");
  }
  if (metadata.fingerprint !== fingerprint) {
    throw new LimpidError(
      "InvalidArgument",
      "the state is of a training with other options, pictures or another base",
      { details: { expected: fingerprint, actual: metadata.fingerprint } },
    );
  }
  const read = (name: string, size: number): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor?.shape.length === 1 && tensor.shape[0] === size) return tensor.toFloat32().slice();
    throw new LimpidError("InvalidTensorFile", `the state of a training has no ${name} of ${size} numbers`);
  };
  const step = Number(metadata.step);
  const seconds = Number(metadata.seconds);
  if (!Number.isSafeInteger(step) || step < 0 || !Number.isFinite(seconds)) {
    throw new LimpidError("InvalidTensorFile", `the state of a training is at step ${String(metadata.step)}`);
  }
  return {
    step,
    seconds,
    factors: read("factors", length),
    average: read("average", length),
    best: read("best", length),
    firstMoment: read("firstMoment", length),
    secondMoment: read("secondMoment", length),
    losses: [...read("losses", step)],
    evaluations: readEvaluations(metadata.evaluations ?? ""),
  };
}

function readEvaluations(text: string): TrainingEvaluation[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every(isEvaluation)) return list;
  } catch {
    // Not JSON: said below.
  }
  throw new LimpidError("InvalidTensorFile", "the state of a training has no list of evaluations");
}

function isEvaluation(value: unknown): value is TrainingEvaluation {
  if (typeof value !== "object" || value === null) return false;
  const { step, psnr } = value as Partial<TrainingEvaluation>;
  return Number.isSafeInteger(step) && Number.isFinite(psnr);
}
