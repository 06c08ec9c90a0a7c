import { TurnQueue } from "../base/index.js";

/** A queue for each pack: what one waits for, such as a server, holds up no other. */
export class PackTurns {
  readonly #queues = new Map<string, { readonly turns: TurnQueue; waiting: number }>();

  /**
   * Adds a task.
   *
   * @param task - started when every task of this pack before it has settled
   */
  async add<T>(id: string, task: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(id) ?? { turns: new TurnQueue(), waiting: 0 };
    this.#queues.set(id, queue);
    queue.waiting++;
    try {
      return await queue.turns.add(task);
    } finally {
      queue.waiting--;
      if (queue.waiting === 0) this.#queues.delete(id);
    }
  }
}
