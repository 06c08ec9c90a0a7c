import { LimpidError, type Disposable } from "../../sdk/base/index.js";
import {
  HostCommandList,
  type HostCommand,
  type HostMenuItem,
  type HostNotification,
  type HostProgress,
  type HostProgressOptions,
  type HostProgressReporter,
  type HostQuestion,
} from "../../sdk/host/index.js";

/** What the application shows for a host, in its own look; what is left out is not shown. */
export interface PageInterface {
  /** Shows a line of text. */
  readonly notify?: (notification: HostNotification) => void;
  /** Asks; answers with the id of a choice, or undefined if the question was closed. */
  readonly ask?: (question: HostQuestion) => Promise<string | undefined>;
  /**
   * Shows how far a run is; `progress` is undefined when it has ended.
   *
   * @param cancel - for a button
   */
  readonly progress?: (title: string, progress: HostProgress | undefined, cancel: () => void) => void;
}

/** The part of a host that talks to people, through the application's own interface. */
export class PageInteraction {
  /** The commands and menu items, for the application to show. */
  readonly commands = new HostCommandList();
  readonly #shown: PageInterface;

  /** @param shown - what the application shows */
  constructor(shown: PageInterface = {}) {
    this.#shown = shown;
  }

  /** What of it people see. */
  get capabilities(): {
    readonly progress: boolean;
    readonly notifications: boolean;
    readonly questions: boolean;
    readonly commands: boolean;
    readonly menus: boolean;
  } {
    const { notify, ask, progress } = this.#shown;
    return {
      progress: progress !== undefined,
      notifications: notify !== undefined,
      questions: ask !== undefined,
      commands: true,
      menus: true,
    };
  }

  /** As `EditorHost.withProgress`. */
  async withProgress<T>(
    { title }: HostProgressOptions,
    task: (progress: HostProgressReporter) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const cancel = () => controller.abort(new Error("cancelled by the user"));
    const show = (progress: HostProgress | undefined) => this.#shown.progress?.(title, progress, cancel);
    show({});
    try {
      return await task({ signal: controller.signal, report: show });
    } finally {
      show(undefined);
    }
  }

  /** As `EditorHost.notify`. */
  notify(notification: HostNotification): void {
    this.#shown.notify?.(notification);
  }

  /** As `EditorHost.ask`. */
  async ask(question: HostQuestion): Promise<string | undefined> {
    if (question.choices.length === 0) {
      throw new LimpidError("InvalidArgument", "a question needs at least one choice");
    }
    if (question.signal?.aborted) return undefined;
    const answer = await this.#shown.ask?.(question);
    return question.choices.some(({ id }) => id === answer) ? answer : undefined;
  }

  /** As `EditorHost.registerCommand`. */
  registerCommand(command: HostCommand): Disposable {
    return this.commands.add(command);
  }

  /** As `EditorHost.registerMenuItem`. */
  registerMenuItem(item: HostMenuItem): Disposable {
    return this.commands.addMenuItem(item);
  }
}
