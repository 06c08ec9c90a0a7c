import { EventEmitter, type Disposable, type Event } from "../../sdk/base/index.js";

/** A step of a history: how to take it back and how to do it again. */
export interface UndoStep {
  /** What people read: "Undo Restore". */
  readonly label: string;
  /** Takes it back. */
  readonly undo: () => void | Promise<void>;
  /** Does it again. */
  readonly redo: () => void | Promise<void>;
}

/** Where a host puts its steps: the application's own history, or an {@link UndoHistory}. */
export interface UndoStack {
  /** Takes a step that has been done. */
  push(step: UndoStep): void;
}

/**
 * A history of steps, for applications around a canvas library that has none.
 *
 * @example
 * ```ts
 * const history = new UndoHistory();
 * const host = new KonvaHost(stage, { history });
 * undoButton.onclick = () => void history.undo();
 * ```
 */
export class UndoHistory implements UndoStack, Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fires when a step was added, undone or redone. */
  readonly onDidChange: Event<void>;
  readonly #changed = new EventEmitter<void>();
  readonly #limit: number;
  #done: UndoStep[] = [];
  #undone: UndoStep[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** @param limit - steps that are kept; 30 if left out, since each may hold an image */
  constructor(limit = 30) {
    this.#limit = limit;
    this.onDidChange = this.#changed.event;
  }

  /** What the next undo takes back; undefined if there is nothing. */
  get undoLabel(): string | undefined {
    return this.#done.at(-1)?.label;
  }

  /** What the next redo does again; undefined if there is nothing. */
  get redoLabel(): string | undefined {
    return this.#undone.at(-1)?.label;
  }

  push(step: UndoStep): void {
    this.#done.push(step);
    if (this.#done.length > this.#limit) this.#done.shift();
    this.#undone = [];
    this.#changed.fire();
  }

  /**
   * Takes the last step back; calls wait for each other.
   *
   * @returns false if there is none
   * @throws what the step throws; it is then forgotten, so that those before it can still be undone
   */
  undo(): Promise<boolean> {
    return this.#enqueue(async () => {
      const step = this.#done.pop();
      if (step === undefined) return false;
      await step.undo();
      this.#undone.push(step);
      return true;
    });
  }

  /**
   * Does the last step again that was taken back; calls wait for each other.
   *
   * @returns false if there is none
   * @throws what the step throws; it is then forgotten
   */
  redo(): Promise<boolean> {
    return this.#enqueue(async () => {
      const step = this.#undone.pop();
      if (step === undefined) return false;
      await step.redo();
      this.#done.push(step);
      return true;
    });
  }

  /** Forgets every step. */
  dispose(): void {
    this.#done = [];
    this.#undone = [];
    this.#changed.dispose();
  }

  #enqueue(step: () => Promise<boolean>): Promise<boolean> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result.finally(() => this.#changed.fire());
  }
}
