import type { Disposable, Event } from "../base/index.js";
import type { PixelImage } from "../image/index.js";
import type { HostCapabilities } from "./capabilities.js";
import type { Capture, CaptureOptions } from "./capture.js";
import type { Commit, CommitOptions } from "./commit.js";
import type {
  HostCommand,
  HostMenuItem,
  HostNotification,
  HostProgressOptions,
  HostProgressReporter,
  HostQuestion,
  HostSelection,
} from "./interaction.js";

/**
 * An image editor, as Limpid sees it. An adapter implements this and nothing else; `hostConformanceChecks` of
 * `limpid/testing` says whether it does so rightly.
 *
 * What the host cannot do, `capabilities` says, and the call throws `NotSupported`; an error of the editor itself becomes
 * `HostFailed` with the original as its `cause`.
 */
export interface EditorHost extends Pick<Disposable, "dispose"> {
  /** Which editor: `photopea`, `figma`, `fabric`, `headless`. */
  readonly id: string;
  /** What it can do. May be asked again: it can change with what is active. */
  readonly capabilities: HostCapabilities;
  /** Fires when another layer becomes active or the selection changes; never if the host cannot tell. */
  readonly onDidChangeSelection: Event<HostSelection>;

  /**
   * Takes the pixels of what is active. Changes nothing in the document, its history included.
   *
   * @param options - what to take
   * @returns pixels, mask, placement and revision
   * @throws {@link LimpidError} `NothingSelected` if there is nothing of that kind, `NotSupported`, `PixelsUnreadable` if the
   * browser keeps them back, `ImageTooLarge`, `UnsupportedImage`, `CorruptImage`, `Aborted`, `HostFailed`, `Disposed`
   */
  capture(options?: CaptureOptions): Promise<Capture>;

  /**
   * Brings a result into the document: all of it or, if it fails, nothing. Captured pixels that somebody changed or removed
   * meanwhile are never overwritten.
   *
   * @param capture - where the result belongs; of this host
   * @param result - of the capture's size, or, if `canResize`, of another with the same proportions
   * @param options - how
   * @returns what was done, and how to undo it
   * @throws {@link LimpidError} `DocumentChanged`, `NotSupported`, `ImageTooLarge` before anything is allocated,
   * `InvalidArgument` if the result's size does not fit, `HostFailed`, `Disposed`
   */
  commit(capture: Capture, result: PixelImage, options: CommitOptions): Promise<Commit>;

  /**
   * Runs a task while people see that it runs. In a host that cannot show it, the task runs all the same.
   *
   * @param options - its title
   * @param task - told how to report, and when people cancel
   * @returns what the task returns
   * @throws what the task throws
   */
  withProgress<T>(
    options: HostProgressOptions,
    task: (progress: HostProgressReporter) => Promise<T>,
  ): Promise<T>;

  /**
   * Shows a line of text, and goes on. Dropped by a host that cannot.
   *
   * @param notification - what to show
   */
  notify(notification: HostNotification): void;

  /**
   * Asks the person at the editor.
   *
   * @param question - text and choices
   * @returns the id of the choice; undefined if the question was closed without one, or the host cannot ask
   * @throws {@link LimpidError} `InvalidArgument` without choices
   */
  ask(question: HostQuestion): Promise<string | undefined>;

  /**
   * Offers a command to people, where the host has a place for commands.
   *
   * @param command - the command
   * @returns takes it away again
   * @throws {@link LimpidError} `InvalidArgument` if one with this id is there
   */
  registerCommand(command: HostCommand): Disposable;

  /**
   * Puts a command into a menu, where the host has menus.
   *
   * @param item - the command's id and where it belongs
   * @returns takes it out again
   */
  registerMenuItem(item: HostMenuItem): Disposable;
}
