import { EventEmitter, LimpidError, toDisposable, type Disposable, type Event } from "../base/index.js";
import type { ContextKeys } from "./context-keys.js";
import { parseWhen, type WhenExpression } from "./when/index.js";

/** Who executes a command: `this` of its handler. */
export interface CommandCall {
  /** Id of the extension that executes it; undefined if the application or a person does. */
  readonly caller: string | undefined;
}

/**
 * Does what a command stands for. Its `this` says who calls.
 *
 * @param args - what {@link Commands.execute} was given; of an unknown origin, to be checked
 * @returns what the one who executed it gets, now or later
 */
export type CommandHandler = (this: CommandCall, ...args: readonly unknown[]) => unknown;

/** A command, as a palette would list it. */
export interface CommandDescription {
  /** Its id, such as `limpid.restore`. */
  readonly id: string;
  /** What people read; the id if nobody gave a title. */
  readonly title: string;
  /** Heads a group of commands; undefined if it has none. */
  readonly category: string | undefined;
  /** Id of the extension that brings it; undefined if the application or Limpid does. */
  readonly owner: string | undefined;
  /** Whether its `enablement` clause holds now. */
  readonly isEnabled: boolean;
}

/** How a command is shown and when it can be executed. */
export interface CommandPresentation {
  readonly title?: string | undefined;
  /** Heads a group of commands. */
  readonly category?: string | undefined;
  /** A `when` clause: while it does not hold, the command cannot be executed. */
  readonly enablement?: string | undefined;
}

/** A command that was executed. */
export interface CommandExecution {
  readonly id: string;
  /** How long it took, in milliseconds. */
  readonly duration: number;
  /** What it threw, if it did. */
  readonly error?: unknown;
}

interface Declaration {
  readonly presentation: CommandPresentation;
  readonly enablement: WhenExpression | undefined;
  readonly owner: string | undefined;
}

interface Registration {
  readonly handler: CommandHandler;
  readonly owner: string | undefined;
}

/** What a command takes: its own arguments if its type is known, else anything. */
type ArgumentsOf<Known, Id> = Id extends keyof Known
  ? Known[Id] extends (...args: infer Args) => unknown
    ? Args
    : never
  : readonly unknown[];

/** What a command gives back, if its type is known. */
type ResultOf<Known, Id> = Id extends keyof Known
  ? Known[Id] extends (...args: never[]) => infer Result
    ? Awaited<Result>
    : never
  : unknown;

/**
 * The commands of one Limpid: verbs with an id, which menus show, keyboards call and extensions bring.
 *
 * @typeParam Known - the commands whose arguments and results the compiler checks, as functions by id; others take and give
 * anything
 *
 * @example
 * ```ts
 * limpid.commands.register("app.undo", () => editor.undo(), { title: "Undo" });
 * await limpid.commands.execute("app.undo");
 * const { commit } = await limpid.commands.execute("limpid.restore", { mode: "new-layer" });
 * ```
 */
export class Commands<Known = object> implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fired after a command was executed, whether it threw or not. */
  readonly onDidExecute: Event<CommandExecution>;
  /** Fired after commands came or went. */
  readonly onDidChange: Event<void>;
  readonly #executed = new EventEmitter<CommandExecution>();
  readonly #changed = new EventEmitter<void>();
  readonly #registrations = new Map<string, Registration>();
  readonly #declarations = new Map<string, Declaration>();
  readonly #contextKeys: ContextKeys;
  #activate: (command: string) => Promise<void> = () => Promise.resolve();

  /**
   * @param contextKeys - what `enablement` clauses are held against
   */
  constructor(contextKeys: ContextKeys) {
    this.#contextKeys = contextKeys;
    this.onDidExecute = this.#executed.event;
    this.onDidChange = this.#changed.event;
  }

  /**
   * Registers a command.
   *
   * @param id - letters, digits, `_`, `.`, `-`; at most 128 characters
   * @param handler - does the work
   * @param options - how to show it, and the extension that brings it
   * @returns takes the command away
   * @throws {@link LimpidError} `InvalidArgument` if the id is none, is registered already, or another extension declares it;
   * `InvalidWhen`
   */
  register(
    id: string,
    handler: CommandHandler,
    options: CommandPresentation & { readonly owner?: string } = {},
  ): Disposable {
    requireCommandId(id);
    if (this.#registrations.has(id)) {
      throw new LimpidError("InvalidArgument", `a command ${id} is registered already`, { details: { id } });
    }
    const declared = this.#declarations.get(id);
    if (declared !== undefined && declared.owner !== options.owner) {
      throw new LimpidError(
        "InvalidArgument",
        `the command ${id} belongs to ${declared.owner ?? "the application"}`,
        {
          details: { id, owner: declared.owner },
        },
      );
    }
    const declaration = declared === undefined ? this.declare(id, options, options.owner) : undefined;
    const registration: Registration = { handler, owner: options.owner };
    this.#registrations.set(id, registration);
    this.#changed.fire();
    return toDisposable(() => {
      if (this.#registrations.get(id) === registration) this.#registrations.delete(id);
      declaration?.dispose();
      this.#changed.fire();
    });
  }

  /**
   * Lists a command that an extension will register once its code runs.
   *
   * @param id - its id
   * @param presentation - how to show it
   * @param owner - the extension's id
   * @returns takes it off the list
   * @throws {@link LimpidError} `InvalidArgument` if it is listed or registered already, `InvalidWhen`
   */
  declare(id: string, presentation: CommandPresentation, owner: string | undefined): Disposable {
    requireCommandId(id);
    if (this.#declarations.has(id)) {
      throw new LimpidError("InvalidArgument", `a command ${id} is there already`, {
        details: { id, owner: this.#declarations.get(id)?.owner },
      });
    }
    const enablement = presentation.enablement === undefined ? undefined : parseWhen(presentation.enablement);
    const declaration: Declaration = { presentation, enablement, owner };
    this.#declarations.set(id, declaration);
    this.#changed.fire();
    return toDisposable(() => {
      if (this.#declarations.get(id) === declaration) this.#declarations.delete(id);
      this.#changed.fire();
    });
  }

  /**
   * Executes a command; starts the extension that brings it, if need be.
   *
   * @param id - the command
   * @param args - for the command
   * @returns what its handler returns
   * @throws {@link LimpidError} `UnknownCommand`, `CommandDisabled`, `ExtensionFailed` if its extension does not start; and
   * what the handler throws
   */
  execute<Id extends string>(id: Id, ...args: ArgumentsOf<Known, Id>): Promise<ResultOf<Known, Id>> {
    return this.executeFor(undefined, id, args) as Promise<ResultOf<Known, Id>>;
  }

  /**
   * Executes a command for somebody. Whether they may is for whoever asks to find out.
   *
   * @internal
   * @param caller - the extension; undefined for the application
   * @param id - the command
   * @param args - for the command
   */
  async executeFor(caller: string | undefined, id: string, args: readonly unknown[]): Promise<unknown> {
    if (!this.isEnabled(id)) {
      const { enablement } = this.#declarations.get(id) ?? {};
      throw new LimpidError(
        "CommandDisabled",
        `the command ${id} is off: ${enablement?.text} does not hold`,
        {
          details: { id, enablement: enablement?.text },
        },
      );
    }
    if (!this.#registrations.has(id)) await this.#activate(id);
    const registration = this.#registrations.get(id);
    if (registration === undefined) throw this.#unknown(id);
    const started = performance.now();
    try {
      const result = await registration.handler.apply({ caller }, [...args]);
      this.#executed.fire({ id, duration: performance.now() - started });
      return result;
    } catch (error) {
      this.#executed.fire({ id, duration: performance.now() - started, error });
      throw error;
    }
  }

  /**
   * Whether a command is there: registered, or an extension will register it.
   *
   * @param id - the command
   */
  has(id: string): boolean {
    return this.#declarations.has(id);
  }

  /**
   * Whether a command's `enablement` clause holds now; one without is always enabled.
   *
   * @param id - the command
   */
  isEnabled(id: string): boolean {
    return this.#contextKeys.matches(this.#declarations.get(id)?.enablement);
  }

  /**
   * Whether a command's `enablement` clause reads one of some context keys.
   *
   * @internal
   * @param id - the command
   * @param keys - the keys
   */
  isEnabledBy(id: string, keys: readonly string[]): boolean {
    const read = this.#declarations.get(id)?.enablement?.keys;
    return read !== undefined && keys.some((key) => read.has(key));
  }

  /**
   * One command, as a palette would list it.
   *
   * @param id - the command
   * @returns undefined if there is none
   */
  describe(id: string): CommandDescription | undefined {
    const declaration = this.#declarations.get(id);
    if (declaration === undefined) return undefined;
    const { presentation, owner } = declaration;
    const { title = id, category } = presentation;
    return { id, title, category, owner, isEnabled: this.isEnabled(id) };
  }

  /** All commands, by id. */
  list(): readonly CommandDescription[] {
    return [...this.#declarations.keys()].sort().map((id) => this.describe(id)!);
  }

  /**
   * Sets what starts the extension of a command that has no handler yet.
   *
   * @internal
   * @param activate - resolves when the extension runs
   */
  setActivator(activate: (command: string) => Promise<void>): void {
    this.#activate = activate;
  }

  /** Forgets commands and listeners. */
  dispose(): void {
    this.#executed.dispose();
    this.#changed.dispose();
    this.#registrations.clear();
    this.#declarations.clear();
  }

  #unknown(id: string): LimpidError {
    const { owner } = this.#declarations.get(id) ?? {};
    const message =
      owner === undefined
        ? `there is no command ${id}`
        : `${owner} declares the command ${id}, but its code does not register it`;
    return new LimpidError("UnknownCommand", message, { details: { id, owner } });
  }
}

function requireCommandId(id: unknown): void {
  if (typeof id === "string" && id.length <= 128 && /^[A-Za-z_][\w.-]*$/.test(id)) return;
  throw new LimpidError("InvalidArgument", `${JSON.stringify(id)?.slice(0, 80)} is no id of a command`);
}
