import { parentPort, Worker, workerData } from "node:worker_threads";
import { LimpidError } from "limpid";
import { reportError, type ErrorReport } from "./describe-error.js";

/** What a worker thread is started for: the name of its service, and what that is opened with. */
export interface WorkerTask<Settings = unknown> {
  /** Which of the program's services runs. */
  readonly service: string;
  /** Handed to the service as it is. */
  readonly settings: Settings;
}

/** Progress and abort of one call. */
export interface CallControl {
  /** Gives up when it fires. */
  readonly signal: AbortSignal;
  /** Told after each part. */
  readonly onProgress: (done: number, total: number) => void;
}

/** What a thread can do once it has started: answers one call after the other. */
export type Service<Call, Result> = (call: Call, control: CallControl) => Promise<Result>;

/** What the main thread tells a worker. */
type Request<Call> = { readonly type: "call"; readonly call: Call } | { readonly type: "abort" };

/** What a worker tells the main thread. */
type Reply<Result> =
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | { readonly type: "result"; readonly result: Result }
  | { readonly type: "failed"; readonly error: ErrorReport };

/** A thread of its own, which runs this same program with {@link serveCalls} and takes one call at a time. */
export class WorkerThread<Call, Result> {
  readonly #worker: Worker;
  #isBroken = false;
  #onReply: (reply: Exclude<Reply<Result>, { type: "note" }>) => void = () => undefined;

  private constructor(program: URL, task: WorkerTask, note: (text: string) => void) {
    this.#worker = new Worker(program, { workerData: task });
    this.#worker.on("message", (reply: Reply<Result>) => {
      if (reply.type === "note") note(reply.text);
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
   * Starts a thread and its service.
   *
   * @param program - the built program, which calls {@link serveCalls} in a worker
   * @param task - the service and its settings
   * @param note - told in one line what the service has to say
   * @param signal - gives up when it fires
   * @throws {@link LimpidError} as the service's start does
   */
  static async open<Call, Result>(
    program: URL,
    task: WorkerTask,
    note: (text: string) => void,
    signal: AbortSignal,
  ): Promise<WorkerThread<Call, Result>> {
    const thread = new WorkerThread<Call, Result>(program, task, note);
    try {
      await thread.#converse("ready", { signal, onProgress: () => undefined });
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  /** Whether the thread has ended by itself. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Makes one call and waits for its result.
   *
   * @param call - structured-cloned to the thread
   * @param control - signal and progress
   * @throws {@link LimpidError} as the service does, `OutOfMemory` if the thread has ended
   */
  async call(call: Call, control: CallControl): Promise<Result> {
    this.#send({ type: "call", call });
    return (await this.#converse("result", control)).result;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    this.#onReply = () => undefined;
    await this.#worker.terminate();
  }

  /** Waits for the reply that ends what was asked for. An abort is passed on, and waits for the worker to tidy up. */
  #converse<T extends "ready" | "result">(
    expected: T,
    { signal, onProgress }: CallControl,
  ): Promise<Extract<Reply<Result>, { type: T }>> {
    const abort = (): void => this.#send({ type: "abort" });
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    return new Promise<Extract<Reply<Result>, { type: T }>>((resolve, reject) => {
      if (this.#isBroken) reject(new LimpidError("OutOfMemory", "the worker thread has ended"));
      this.#onReply = (reply) => {
        if (reply.type === "progress") onProgress(reply.done, reply.total);
        else if (reply.type === expected) resolve(reply as Extract<Reply<Result>, { type: T }>);
        else if (reply.type === "failed") reject(toError(reply.error));
      };
    }).finally(() => signal.removeEventListener("abort", abort));
  }

  #send(request: Request<Call>): void {
    this.#worker.postMessage(request);
  }
}

function toError({ code, message }: ErrorReport): Error {
  return code === "Unexpected" ? new Error(message) : new LimpidError(code, message);
}

/** How a service starts in its thread. */
export type ServiceStart<Settings, Call, Result> = (
  settings: Settings,
  note: (text: string) => void,
  signal: AbortSignal,
) => Promise<Service<Call, Result>>;

/**
 * A worker's whole life: starts the service that it was made for, then answers calls one after the other.
 *
 * @param services - the program's services by name
 */
export function serveCalls(services: Readonly<Record<string, ServiceStart<never, never, unknown>>>): void {
  const port = parentPort;
  const { service, settings } = workerData as WorkerTask;
  const start = services[service] as ServiceStart<unknown, unknown, unknown> | undefined;
  if (port === null || start === undefined) throw new Error("this is no worker thread of this program");
  const send = (reply: Reply<unknown>): void => port.postMessage(reply);
  const fail = (error: unknown): void => send({ type: "failed", error: reportError(error) });
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const opening = start(settings, (text) => send({ type: "note", text }), signal);
  opening.then(() => send({ type: "ready" }), fail);
  port.on("message", (request: Request<unknown>) => {
    if (request.type === "abort") {
      interrupt.abort();
      return;
    }
    const onProgress = (done: number, total: number): void => send({ type: "progress", done, total });
    opening
      .then((serve) => serve(request.call, { signal, onProgress }))
      .then((result) => send({ type: "result", result }), fail);
  });
}
