import { EventEmitter, type Event } from "../../base/index.js";
import type { Expert, ExpertChange, InstalledExpert } from "../../experts/index.js";
import type { SessionOptions } from "../../restore/index.js";
import type { PostedExperts } from "./engine-methods.js";
import { fromPostedExpert } from "./posted-expert.js";

type Mirrored = SessionOptions["experts"];

/** In a worker, the experts that are installed on its page. The page's set has checked them. */
export class MirroredExperts implements Mirrored {
  /** Fired when the page has told of others. */
  readonly onDidChange: Event<ExpertChange>;
  readonly #changed = new EventEmitter<ExpertChange>();
  readonly #pinned = new Set<string>();
  #byKey: ReadonlyMap<number, Expert>;
  #installed: readonly InstalledExpert[] = [];

  /**
   * @param own - the experts that ship with the model; their keys are their places
   */
  constructor(own: readonly Expert[]) {
    this.onDidChange = this.#changed.event;
    this.#byKey = new Map(own.entries());
  }

  /** As `ExpertSet.list`. */
  list(): readonly InstalledExpert[] {
    return this.#installed;
  }

  /** As `ExpertSet.get`. */
  get(id: string): InstalledExpert | undefined {
    return this.#installed.find((candidate) => candidate.id === id);
  }

  /** As `ExpertSet.isPinned`. */
  isPinned(id: string): boolean {
    return this.#pinned.has(id);
  }

  /** Takes over what is installed on the page. */
  set({ entries, fresh, pinned }: PostedExperts): void {
    const before = this.#installed.map(({ id }) => id);
    const known = new Map(this.#byKey);
    for (const [key, posted] of fresh) known.set(key, fromPostedExpert(posted));
    this.#byKey = new Map(entries.map(({ key }) => [key, known.get(key)!]));
    this.#installed = entries.map(({ key, strength = 1, routerRow, owner }) => {
      const expert = known.get(key)!;
      return { id: expert.id, degradations: expert.degradations, strength, routerRow, owner, expert };
    });
    this.#pinned.clear();
    for (const id of pinned) this.#pinned.add(id);
    this.#changed.fire({ added: this.#installed.map(({ id }) => id), removed: before });
  }
}
