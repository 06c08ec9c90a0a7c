import { parentPort, Worker, workerData } from "node:worker_threads";
import { LimpidError } from "../sdk/base/index.js";
import { reportError, type ErrorReport } from "./describe-error.js";
import {
  FileRestorer,
  type RestoreCall,
  type RestoredFile,
  type Restorer,
  type RestoreSettings,
} from "./restore-file.js";

/** What the main thread tells a worker. */
type Request =
  { readonly type: "restore"; readonly input: string; readonly output: string } | { readonly type: "abort" };

/** What a worker tells the main thread. */
type Reply =
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | { readonly type: "restored"; readonly file: RestoredFile }
  | { readonly type: "failed"; readonly error: ErrorReport };

/**
 * Restores files in a thread of its own, which runs this same program and has its own Limpid.
 */
export class WorkerRestorer implements Restorer {
  readonly #worker: Worker;
  readonly #note: (text: string) => void;
  #isBroken = false;
  #onReply: (reply: Exclude<Reply, { type: "note" }>) => void = () => undefined;

  private constructor(program: URL, settings: RestoreSettings, note: (text: string) => void) {
    this.#note = note;
    this.#worker = new Worker(program, { workerData: settings });
    this.#worker.on("message", (reply: Reply) => {
      if (reply.type === "note") this.#note(reply.text);
      else this.#onReply(reply);
    });
    const stop = (reason: string): void => {
      this.#isBroken = true;
      this.#onReply({ type: "failed", error: { code: "OutOfMemory", message: reason } });
    };
    // A worker has no error of its own that it would not report; it ends if the runtime has no more memory for it.
    this.#worker.on("error", (error) => stop(`a worker thread ended: ${reportError(error).message}`));
    this.#worker.on("exit", (code) => stop(`a worker thread ended with code ${code}`));
  }

  /**
   * Starts a worker and its Limpid.
   *
   * @param program - the built program, which calls {@link serveRestores} in a worker
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
    const restorer = new WorkerRestorer(program, settings, note);
    try {
      await restorer.#converse("ready", signal, () => undefined);
      return restorer;
    } catch (error) {
      await restorer.close();
      throw error;
    }
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  async restore(input: string, output: string, { signal, onProgress }: RestoreCall): Promise<RestoredFile> {
    this.#send({ type: "restore", input, output });
    const { file } = await this.#converse("restored", signal, onProgress);
    return file;
  }

  async close(): Promise<void> {
    this.#onReply = () => undefined;
    await this.#worker.terminate();
  }

  /** Waits for the reply that ends what was asked for. An abort is passed on, and waits for the worker to tidy up. */
  #converse<T extends "ready" | "restored">(
    expected: T,
    signal: AbortSignal,
    onProgress: RestoreCall["onProgress"],
  ): Promise<Extract<Reply, { type: T }>> {
    const abort = (): void => this.#send({ type: "abort" });
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    return new Promise<Extract<Reply, { type: T }>>((resolve, reject) => {
      if (this.#isBroken) reject(new LimpidError("OutOfMemory", "the worker thread has ended"));
      this.#onReply = (reply) => {
        if (reply.type === "progress") onProgress(reply.done, reply.total);
        else if (reply.type === expected) resolve(reply as Extract<Reply, { type: T }>);
        else if (reply.type === "failed") reject(toError(reply.error));
      };
    }).finally(() => signal.removeEventListener("abort", abort));
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }
}

function toError({ code, message }: ErrorReport): Error {
  return code === "Unexpected" ? new Error(message) : new LimpidError(code, message);
}

/** A worker's whole life: starts Limpid, then restores what it is told to, one file after the other. */
export function serveRestores(): void {
  const port = parentPort;
  if (port === null) throw new Error("this is no worker thread");
  const send = (reply: Reply): void => port.postMessage(reply);
  const fail = (error: unknown): void => send({ type: "failed", error: reportError(error) });
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const note = (text: string): void => send({ type: "note", text });
  const opening = FileRestorer.open(workerData as RestoreSettings, note, signal);
  opening.then(() => send({ type: "ready" }), fail);
  port.on("message", (request: Request) => {
    if (request.type === "abort") {
      interrupt.abort();
      return;
    }
    const onProgress = (done: number, total: number): void => send({ type: "progress", done, total });
    opening
      .then((restorer) => restorer.restore(request.input, request.output, { signal, onProgress }))
      .then((file) => send({ type: "restored", file }), fail);
  });
}
