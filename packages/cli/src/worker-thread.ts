import { parentPort, SHARE_ENV } from "node:worker_threads";
import { LimpidError } from "limpid";
import { startThread } from "../../../src/node/start-thread.js";
import { Channel, portOf, type MessageTarget } from "../../../src/sdk/base/index.js";
import { reportError, toError, type ErrorReport } from "./describe-error.js";

/** How far a call is: its share that is done, and parts that are done, of how many. */
export interface PartsDone {
  /** 0 to 1. */
  readonly fraction: number;
  /** Parts that are done. */
  readonly done: number;
  /** All its parts. */
  readonly total: number;
}

/** Progress and abort of one call. */
export interface CallControl {
  /** Gives up when it fires. */
  readonly signal: AbortSignal;
  readonly onProgress?: ((parts: PartsDone) => void) | undefined;
}

/** Answers one call after the other, in this thread or in another. */
export interface Service<Call, Result> {
  /** Whether it has broken down and can only be closed. */
  readonly isBroken: boolean;
  /**
   * Makes a call.
   *
   * @param call - what to do
   * @param control - signal and progress
   * @throws {@link LimpidError} what the work throws; `WorkerFailed` if the thread has ended
   */
  run(call: Call, control: CallControl): Promise<Result>;
  /** Frees everything. */
  close(): void;
}

/** Starts a service. What it has to say, it says in lines. */
export type ServiceStart<Settings, Call, Result> = (
  settings: Settings,
  note: (text: string) => void,
  signal: AbortSignal,
) => Promise<Service<Call, Result>>;

/** What a call came to. Errors go as reports, since a channel knows the SDK's codes only. */
type Outcome<Result> = { readonly result: Result } | { readonly error: ErrorReport };

/** What the thread can be asked for. */
interface ThreadMethods<Settings, Call, Result> {
  open(settings: Settings): Outcome<undefined>;
  run(call: Call, progress: PartsDone): Outcome<Result>;
}

/** What the main thread hears. */
interface MainMethods {
  note(text: string): void;
}

/**
 * Starts a service in a thread of its own, which runs this same program with {@link serveCalls}.
 *
 * @param program - the built program
 * @param settings - structured-cloned to the service
 * @param note - told in one line what the service has to say
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} as the service's start does
 */
export async function startService<Call, Result>(
  program: URL,
  settings: object,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Service<Call, Result>> {
  // Dawn reads the environment of the process, not of a thread.
  const channel = new Channel<ThreadMethods<object, Call, Result>, MainMethods>(
    startThread(program, { env: SHARE_ENV }),
    { handlers: { note } },
  );
  try {
    resultOf(await channel.call("open", settings, { signal }));
  } catch (error) {
    channel.dispose();
    throw error;
  }
  return {
    get isBroken() {
      return channel.failure !== undefined;
    },
    async run(call, { signal, onProgress }) {
      return resultOf(await channel.call("run", call as never, { signal, onProgress }));
    },
    close: () => channel.dispose(),
  };
}

/**
 * A worker's whole life: starts its service, then answers calls one after the other.
 *
 * @param start - starts the program's service
 */
export function serveCalls<Settings, Call, Result>(start: ServiceStart<Settings, Call, Result>): void {
  if (parentPort === null) throw new LimpidError("WorkerFailed", "this is no worker thread");
  let service: Service<Call, Result> | undefined;
  // Node's types leave out the handlers that its ports have in common with a browser's.
  const port = portOf(parentPort as unknown as MessageTarget);
  const channel = new Channel<MainMethods, ThreadMethods<Settings, Call, Result>>(port, {
    handlers: {
      open: (settings, { signal }) =>
        outcomeOf(async () => {
          service = await start(settings, (text) => channel.tell("note", text), signal);
          return undefined;
        }),
      run: (call, { signal, progress }) =>
        outcomeOf(() => service!.run(call, { signal, onProgress: (parts) => void progress(parts) })),
    },
  });
}

async function outcomeOf<Result>(work: () => Promise<Result>): Promise<Outcome<Result>> {
  try {
    return { result: await work() };
  } catch (error) {
    return { error: reportError(error) };
  }
}

function resultOf<Result>(outcome: Outcome<Result>): Result {
  if ("error" in outcome) throw toError(outcome.error);
  return outcome.result;
}
