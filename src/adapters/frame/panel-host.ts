import { DisposableStore, LimpidError, type Disposable } from "../../sdk/base/index.js";
import {
  HostCommandList,
  type EditorHost,
  type HostCommand,
  type HostMenuItem,
  type HostProgressOptions,
  type HostProgressReporter,
  type HostQuestion,
} from "../../sdk/host/index.js";
import { disconnected } from "./failure.js";

/** What a panel shows of its own, since its editor lends plugins little but a frame. All of it may be left out. */
export type HostPanel = Partial<Pick<EditorHost, "withProgress" | "notify" | "ask">>;

/** The part of a host that talks to people through a panel of ours: progress, questions, commands and menus, and the end. */
export abstract class PanelHost implements Pick<
  EditorHost,
  "withProgress" | "ask" | "registerCommand" | "registerMenuItem" | "dispose"
> {
  /** The commands and menu items that are registered, for the panel to show. */
  readonly commands = new HostCommandList();
  /** What the panel shows. */
  protected readonly panel: HostPanel;
  /** What ends with the host. */
  protected readonly owned = new DisposableStore();
  readonly #editor: string;

  /**
   * @param editor - the editor's name, for people
   * @param panel - what shows progress, notifications and questions
   */
  protected constructor(editor: string, panel: HostPanel = {}) {
    this.#editor = editor;
    this.panel = panel;
  }

  async withProgress<T>(
    options: HostProgressOptions,
    task: (progress: HostProgressReporter) => Promise<T>,
  ): Promise<T> {
    this.throwIfDisposed();
    if (this.panel.withProgress !== undefined) return this.panel.withProgress(options, task);
    return task({ signal: new AbortController().signal, report: () => undefined });
  }

  async ask(question: HostQuestion): Promise<string | undefined> {
    this.throwIfDisposed();
    if (question.choices.length === 0) {
      throw new LimpidError("InvalidArgument", "a question needs at least one choice");
    }
    if (question.signal?.aborted) return undefined;
    return this.panel.ask?.(question);
  }

  registerCommand(command: HostCommand): Disposable {
    this.throwIfDisposed();
    return this.commands.add(command);
  }

  registerMenuItem(item: HostMenuItem): Disposable {
    this.throwIfDisposed();
    return this.commands.addMenuItem(item);
  }

  /** Ends what waits or runs with `Disposed` and stops listening. The editor stays; a frame that was made for it goes. */
  dispose(): void {
    this.commands.clear();
    this.owned.dispose();
  }

  /** Refuses a call on a host that was disposed. */
  protected throwIfDisposed(): void {
    if (this.owned.isDisposed) throw disconnected(this.#editor);
  }
}
