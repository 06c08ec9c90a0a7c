import { type ServiceStart, WorkerThread } from "../../../cli/src/worker-thread.js";
import {
  LocalMeasurer,
  type MeasureJob,
  type Measurement,
  type Measurer,
  type MeasureSettings,
} from "./measure.js";

/** The name of the service that measures. */
export const measureService = "measure";

/** Measures in a thread of its own, which runs this same program and has its own Limpid. */
export class WorkerMeasurer implements Measurer {
  readonly #thread: WorkerThread<MeasureJob, Measurement>;

  private constructor(thread: WorkerThread<MeasureJob, Measurement>) {
    this.#thread = thread;
  }

  /**
   * Starts a thread.
   *
   * @param program - the built program, which serves {@link measureService} in a worker
   * @param settings - what holds for every job
   * @param note - told in one line why a backend was passed over or replaced
   * @param signal - gives up when it fires
   */
  static async open(
    program: URL,
    settings: MeasureSettings,
    note: (text: string) => void,
    signal: AbortSignal,
  ): Promise<WorkerMeasurer> {
    return new WorkerMeasurer(
      await WorkerThread.open(program, { service: measureService, settings }, note, signal),
    );
  }

  get isBroken(): boolean {
    return this.#thread.isBroken;
  }

  measure(job: MeasureJob, signal: AbortSignal): Promise<Measurement> {
    return this.#thread.call(job, { signal, onProgress: () => undefined });
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** Measures in a worker thread what it is told to. */
export const serveMeasures: ServiceStart<MeasureSettings, MeasureJob, Measurement> = (settings, note) => {
  const measurer = new LocalMeasurer(settings, note);
  return Promise.resolve((job, { signal }) => measurer.measure(job, signal));
};
