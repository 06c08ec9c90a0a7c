import { EventEmitter, LimpidError, toDisposable, type Disposable, type Event } from "../base/index.js";
import type { HostCommand, HostMenu, HostMenuItem } from "./interaction.js";

/** The commands and menu items that were registered with a host, for the host to show. */
export class HostCommandList {
  readonly #changed = new EventEmitter<void>();
  /** Fired when a command or an item came or went. */
  readonly onDidChange: Event<void> = this.#changed.event;
  readonly #commands = new Map<string, HostCommand>();
  readonly #items = new Set<HostMenuItem>();

  /** The commands, in the order in which they were registered. */
  get commands(): readonly HostCommand[] {
    return [...this.#commands.values()];
  }

  /**
   * Adds a command.
   *
   * @param command - the command
   * @returns takes it away again
   * @throws {@link LimpidError} `InvalidArgument` if one with this id is there
   */
  add(command: HostCommand): Disposable {
    if (this.#commands.has(command.id)) {
      throw new LimpidError("InvalidArgument", `a command ${command.id} is registered already`);
    }
    this.#commands.set(command.id, command);
    return this.#added(() => this.#commands.delete(command.id));
  }

  /**
   * Adds a menu item.
   *
   * @param item - the item
   * @returns takes it out again
   */
  addMenuItem(item: HostMenuItem): Disposable {
    const own = { ...item };
    this.#items.add(own);
    return this.#added(() => this.#items.delete(own));
  }

  /**
   * What stands in a menu now: items whose command is registered, by group and order. Items without a group come last.
   *
   * @param menu - which one
   * @returns the commands, from top to bottom
   */
  menu(menu: HostMenu): readonly HostCommand[] {
    const { compare } = new Intl.Collator("en");
    return [...this.#items]
      .filter((item) => item.menu === menu && this.#commands.has(item.command))
      .sort(
        (a, b) =>
          Number(!a.group) - Number(!b.group) ||
          compare(a.group ?? "", b.group ?? "") ||
          (a.order ?? 0) - (b.order ?? 0),
      )
      .map(({ command }) => this.#commands.get(command)!);
  }

  /**
   * Runs a command, as a click would.
   *
   * @param id - which one
   * @returns what it returns, once it has
   * @throws {@link LimpidError} `InvalidArgument` if there is none; and what the command throws
   */
  run(id: string): Promise<unknown> {
    return new Promise((resolve) => {
      const command = this.#commands.get(id);
      if (command === undefined) throw new LimpidError("InvalidArgument", `there is no command ${id}`);
      resolve(command.run());
    });
  }

  /** Forgets everything. */
  clear(): void {
    this.#commands.clear();
    this.#items.clear();
    this.#changed.fire();
  }

  #added(remove: () => boolean): Disposable {
    this.#changed.fire();
    return toDisposable(() => {
      if (remove()) this.#changed.fire();
    });
  }
}
