import {
  FileRestorer,
  type RestoreCall,
  type RestoredFile,
  type RestoreFiles,
  type Restorer,
  type RestoreSettings,
} from "./restore-file.js";
import { WorkerThread, type ServiceStart } from "./worker-thread.js";

/** The name of the service that restores files. */
export const restoreService = "restore";

/** Restores files in a thread of its own, which runs this same program and has its own Limpid. */
export class WorkerRestorer implements Restorer {
  readonly #thread: WorkerThread<RestoreFiles, RestoredFile>;

  private constructor(thread: WorkerThread<RestoreFiles, RestoredFile>) {
    this.#thread = thread;
  }

  /**
   * Starts a worker and its Limpid.
   *
   * @param program - the built program, which serves {@link restoreService} in a worker
   * @param settings - what the command line says
   * @param note - told in one line why a backend was passed over or replaced
   * @param signal - gives up when it fires
   * @throws {@link LimpidError} as {@link FileRestorer.open} does
   */
  static async open(
    program: URL,
    settings: RestoreSettings,
    note: (text: string) => void,
    signal: AbortSignal,
  ): Promise<WorkerRestorer> {
    const task = { service: restoreService, settings };
    return new WorkerRestorer(await WorkerThread.open(program, task, note, signal));
  }

  get isBroken(): boolean {
    return this.#thread.isBroken;
  }

  restore(files: RestoreFiles, call: RestoreCall): Promise<RestoredFile> {
    return this.#thread.call(files, call);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** Restores in a worker thread what it is told to. */
export const serveRestores: ServiceStart<RestoreSettings, RestoreFiles, RestoredFile> = async (
  settings,
  note,
  signal,
) => {
  const restorer = await FileRestorer.open(settings, note, signal);
  return (files, control) => restorer.restore(files, control);
};
