import { EventEmitter, LimpidError, toDisposable, type Disposable, type Event } from "../base/index.js";
import type { Commands } from "./commands.js";
import type { ContextKeys } from "./context-keys.js";
import { parseWhen, type WhenExpression } from "./when/index.js";

/** A place in a menu for a command. */
export interface MenuContribution {
  /** The command's id. */
  readonly command: string;
  /** A `when` clause: the item is hidden while it does not hold. */
  readonly when?: string | undefined;
  /** `group@order`, such as `restore@2`; items without an order come after those with one. */
  readonly group?: string | undefined;
}

/** An item of a menu, to be shown. */
export interface MenuItem {
  /** The command to execute. */
  readonly command: string;
  readonly title: string;
  /** Heads a group of commands; undefined if it has none. */
  readonly category: string | undefined;
  /** The group: a separator belongs between two. Empty for items without one. */
  readonly group: string;
  /** Whether the command can be executed now; if not, the item is greyed. */
  readonly isEnabled: boolean;
}

interface Item {
  readonly command: string;
  readonly when: WhenExpression | undefined;
  readonly group: string;
  readonly order: number;
  readonly sequence: number;
}

/**
 * The menus of one Limpid. Extensions contribute items by the menu's id; where a menu is, and what it looks like, is the
 * application's to decide.
 *
 * @example
 * ```ts
 * for (const { title, command, isEnabled } of limpid.menus.items("image/context")) addRow(title, command, isEnabled);
 * limpid.menus.onDidChange(({ menus }) => menus.includes("image/context") && redraw());
 * ```
 */
export class Menus implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fired when the items of some menus may have changed: one came or went, or a `when` clause's key changed. */
  readonly onDidChange: Event<{
    /** Ids of the menus. */
    readonly menus: readonly string[];
  }>;
  readonly #changed = new EventEmitter<{ readonly menus: readonly string[] }>();
  readonly #menus = new Map<string, Set<Item>>();
  readonly #commands: Commands;
  readonly #contextKeys: ContextKeys;
  readonly #listening: readonly Disposable[];
  #sequence = 0;

  /**
   * @param commands - what the items execute
   * @param contextKeys - what `when` clauses are held against
   */
  constructor(commands: Commands, contextKeys: ContextKeys) {
    this.#commands = commands;
    this.#contextKeys = contextKeys;
    this.onDidChange = this.#changed.event;
    this.#listening = [
      contextKeys.onDidChange(({ keys }) => {
        this.#fire(
          ({ when, command }) =>
            keys.some((key) => when?.keys.has(key)) || commands.isEnabledBy(command, keys),
        );
      }),
      commands.onDidChange(() => this.#fire(() => true)),
    ];
  }

  /** Ids of the menus that have items, hidden ones included, sorted. */
  get ids(): readonly string[] {
    return [...this.#menus.keys()].sort();
  }

  /**
   * Adds an item.
   *
   * @param menu - the menu's id, such as `image/context`
   * @param contribution - the item
   * @returns takes it away
   * @throws {@link LimpidError} `InvalidWhen`, `InvalidArgument` if the menu's id is empty
   */
  add(menu: string, contribution: MenuContribution): Disposable {
    if (typeof menu !== "string" || menu === "" || menu.length > 128) {
      throw new LimpidError("InvalidArgument", "a menu's id has 1 to 128 characters");
    }
    const { command, when, group = "" } = contribution;
    const at = group.lastIndexOf("@");
    const order = at < 0 ? Number.NaN : Number(group.slice(at + 1));
    const item: Item = {
      command,
      when: when === undefined ? undefined : parseWhen(when),
      group: at < 0 ? group : group.slice(0, at),
      order: Number.isFinite(order) ? order : Infinity,
      sequence: this.#sequence++,
    };
    const items = this.#menus.get(menu) ?? new Set();
    this.#menus.set(menu, items.add(item));
    this.#changed.fire({ menus: [menu] });
    return toDisposable(() => {
      items.delete(item);
      if (items.size === 0) this.#menus.delete(menu);
      this.#changed.fire({ menus: [menu] });
    });
  }

  /**
   * The items to show now: those whose clause holds and whose command is there, by group, then order, then the time they
   * came. Items without a group come last.
   *
   * @param menu - the menu's id
   * @returns none, if nobody contributes to it
   */
  items(menu: string): readonly MenuItem[] {
    return [...(this.#menus.get(menu) ?? [])]
      .filter(({ when }) => this.#contextKeys.matches(when))
      .sort(byPlace)
      .flatMap(({ command, group }) => {
        const described = this.#commands.describe(command);
        if (described === undefined) return [];
        const { title, category, isEnabled } = described;
        return [{ command, title, category, group, isEnabled }];
      });
  }

  /** Forgets items and listeners. */
  dispose(): void {
    for (const listening of this.#listening) listening.dispose();
    this.#changed.dispose();
    this.#menus.clear();
  }

  #fire(concerns: (item: Item) => boolean): void {
    const menus = [...this.#menus].filter(([, items]) => [...items].some(concerns)).map(([menu]) => menu);
    if (menus.length > 0) this.#changed.fire({ menus });
  }
}

function byPlace(a: Item, b: Item): number {
  if (a.group !== b.group) {
    if (a.group === "") return 1;
    if (b.group === "") return -1;
    return a.group < b.group ? -1 : 1;
  }
  // Not a subtraction: two items without an order are both at infinity.
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return a.sequence - b.sequence;
}
