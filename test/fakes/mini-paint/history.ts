/** A step of miniPaint's history, of its own or of somebody else's. */
export interface FakeMiniPaintAction {
  /** Its kind. */
  readonly action_id?: string;
  /** Does it, or does it again. */
  do(): unknown;
  /** Takes it back. */
  undo(): unknown;
  /** Lets go of what it holds. */
  free(): unknown;
}

/** Steps that miniPaint keeps. */
const limit = 50;

/** A miniPaint's `State`: steps that are done never reject, but say whether they were. */
export class FakeMiniPaintState {
  /** The steps that can be undone or done again. */
  action_history: FakeMiniPaintAction[] = [];
  /** How many of them are done. */
  action_history_index = 0;

  /** Does a step, forgets those that were undone, and keeps it. */
  async do_action(action: FakeMiniPaintAction): Promise<{
    /** Whether the step was done, or threw and was not kept. */
    readonly status: "completed" | "aborted";
    /** What the step threw. */
    readonly reason?: unknown;
  }> {
    try {
      await action.do();
    } catch (reason) {
      return { status: "aborted", reason };
    }
    for (const undone of this.action_history.splice(this.action_history_index).reverse()) await undone.free();
    this.action_history.push(action);
    if (this.action_history.length > limit) await this.action_history.shift()!.free();
    this.action_history_index = this.action_history.length;
    return { status: "completed" };
  }

  /** Takes the last step back. What it throws comes through, and the step counts as taken back. */
  async undo_action(): Promise<void> {
    if (this.action_history_index === 0) return;
    await this.action_history[--this.action_history_index]!.undo();
  }

  /** Does the next step again. */
  async redo_action(): Promise<void> {
    if (this.action_history_index === this.action_history.length) return;
    await this.action_history[this.action_history_index]!.do();
    this.action_history_index++;
  }
}

/** Where miniPaint keeps the files of edited layers for its undo; it answers later, as a database does. */
export class FakeImageStore {
  readonly #files = new Map<number, string>();
  #lastKey = 0;

  /** Keeps a file and gives its key. */
  async add(file: string): Promise<number> {
    await later();
    this.#files.set(++this.#lastKey, file);
    return this.#lastKey;
  }

  /** The file of a key; rejects if there is none. */
  async get(key: number): Promise<string> {
    await later();
    const file = this.#files.get(key);
    if (file === undefined) throw new Error(`there is no file ${key}`);
    return file;
  }
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
