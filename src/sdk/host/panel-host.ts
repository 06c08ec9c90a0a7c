import { DisposableStore, EventEmitter, LimpidError, type Disposable, type Event } from "../base/index.js";
import { HostCommandList } from "./command-list.js";
import type { EditorHost } from "./editor-host.js";
import type {
  HostCommand,
  HostMenuItem,
  HostNotification,
  HostProgressOptions,
  HostProgressReporter,
  HostQuestion,
  HostSelection,
} from "./interaction.js";

/** What an application shows for a host, since editors lend plugins little but a frame. All of it may be left out. */
export type HostPanel = Partial<Pick<EditorHost, "withProgress" | "notify" | "ask">>;

/**
 * The part of a host that is alike in every editor: it talks to people through a panel of the application's, keeps commands and
 * menus for it, tells what is selected, and ends.
 */
export abstract class PanelHost implements Omit<EditorHost, "id" | "capabilities" | "capture" | "commit"> {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fires when another layer becomes active or the selection changes. */
  readonly onDidChangeSelection: Event<HostSelection>;
  /** The commands and menu items that are registered, for the application to show. */
  readonly commands = new HostCommandList();
  /** What shows progress, notifications and questions. */
  protected readonly panel: HostPanel;
  /** What ends with the host. */
  protected readonly owned = new DisposableStore();
  readonly #selectionChanged = this.owned.add(new EventEmitter<HostSelection>());

  /** @param panel - what shows progress, notifications and questions */
  protected constructor(panel: HostPanel = {}) {
    this.panel = panel;
    this.onDidChangeSelection = this.#selectionChanged.event;
  }

  async withProgress<T>(
    options: HostProgressOptions,
    task: (progress: HostProgressReporter) => Promise<T>,
  ): Promise<T> {
    this.throwIfDisposed();
    if (this.panel.withProgress !== undefined) return this.panel.withProgress(options, task);
    return task({ signal: new AbortController().signal, report: () => undefined });
  }

  notify(notification: HostNotification): void {
    this.panel.notify?.(notification);
  }

  async ask(question: HostQuestion): Promise<string | undefined> {
    this.throwIfDisposed();
    if (question.choices.length === 0) {
      throw new LimpidError("InvalidArgument", "a question needs at least one choice");
    }
    if (question.signal?.aborted) return undefined;
    const answer = await this.panel.ask?.(question);
    return question.choices.some(({ id }) => id === answer) ? answer : undefined;
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
    if (this.owned.isDisposed) throw new LimpidError("Disposed", "the host was disposed");
  }

  /** Tells listeners of another active layer or selection. */
  protected fireSelection(selection: HostSelection): void {
    this.#selectionChanged.fire(selection);
  }
}
