import { LimpidError } from "../base/index.js";
import type { StoredDocument } from "./stored-document.js";

/** After so many crashed starts in a row the code of an extension is not started any more. */
const maximumCrashes = 2;

/**
 * Remembers which extensions crashed when they were started, also if they took the page or process with them: a start counts
 * as a crash from before it begins until it is said what came of it.
 */
export class StartRecord {
  readonly #document: StoredDocument;

  /**
   * @param document - keeps the number of crashes by id
   */
  constructor(document: StoredDocument) {
    this.#document = document;
  }

  /**
   * Begins a start.
   *
   * @returns the crashes in a row before it
   * @throws {@link LimpidError} `ExtensionFailed` if these are too many
   */
  async begin(id: string): Promise<number> {
    const stored = this.#document.get(id);
    const crashes = typeof stored === "number" ? stored : 0;
    if (crashes >= maximumCrashes) {
      throw new LimpidError(
        "ExtensionFailed",
        `the extension ${id} crashed at its last ${crashes} starts, so its code is not started: enable it to try again`,
        { details: { id, crashes } },
      );
    }
    await this.set(id, crashes + 1);
    return crashes;
  }

  /**
   * Says how often an extension has crashed in a row.
   *
   * @param crashes - 0 forgets it
   */
  async set(id: string, crashes: number): Promise<void> {
    const value = crashes === 0 ? undefined : crashes;
    if (this.#document.get(id) !== value) await this.#document.set(id, value);
  }
}
