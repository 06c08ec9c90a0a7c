import { LimpidError } from "../../sdk/base/index.js";
import {
  PanelHost,
  type Capture,
  type CaptureOptions,
  type Commit,
  type CommitOptions,
  type EditorHost,
  type HostCapabilities,
  type HostProgress,
  type HostProgressOptions,
  type HostProgressReporter,
} from "../../sdk/host/index.js";
import type { PixelImage } from "../../sdk/image/index.js";
import { type CanvasLimits, defaultCanvasLimits, readsAreExact } from "../../sdk/page/index.js";
import type { UndoStack, UndoStep } from "./undo-history.js";

/** What the application shows for a host, in its own look; what is left out is not shown. */
export interface PageInterface {
  /** Shows a line of text. */
  readonly notify?: EditorHost["notify"];
  /** Asks; answers with the id of a choice, or undefined if the question was closed. */
  readonly ask?: EditorHost["ask"];
  /**
   * Shows how far a run is; `progress` is undefined when it has ended.
   *
   * @param cancel - for a button
   */
  readonly progress?: (title: string, progress: HostProgress | undefined, cancel: () => void) => void;
}

/** What every host in a page is made with. */
export interface PageHostOptions {
  /** What people see and answer; nothing if left out. */
  readonly interface?: PageInterface;
  /** The application's history, which gets one step for each commit. If left out, a commit has `undo` and `redo` of its own. */
  readonly history?: UndoStack;
  /** What the page's canvases can take; Chromium's limits if left out. */
  readonly limits?: CanvasLimits;
}

/** What hosts in a page have in common: the application's interface, its history, selection events, and an end. */
export abstract class PageHost extends PanelHost implements EditorHost {
  /** Which editor. */
  abstract readonly id: string;
  /** What the page's canvases can take. */
  protected readonly limits: CanvasLimits;
  readonly #shown: PageInterface;
  readonly #history: UndoStack | undefined;

  /** @param options - interface, history and limits */
  protected constructor(options: PageHostOptions) {
    super(options.interface);
    this.#shown = options.interface ?? {};
    this.#history = options.history;
    this.limits = options.limits ?? defaultCanvasLimits;
    if (!readsAreExact()) {
      const text = "This browser alters pixels that are read from a canvas; results can be slightly off.";
      this.notify({ text, level: "warning" });
    }
  }

  abstract get capabilities(): HostCapabilities;

  abstract capture(options?: CaptureOptions): Promise<Capture>;

  abstract commit(capture: Capture, result: PixelImage, options: CommitOptions): Promise<Commit>;

  override async withProgress<T>(
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

  /** The capabilities that come from the application's interface and history. */
  protected get commonCapabilities(): Pick<
    HostCapabilities,
    | "undoSteps"
    | "maximumSide"
    | "maximumPixels"
    | "progress"
    | "notifications"
    | "questions"
    | "commands"
    | "menus"
  > {
    const steps = this.#history === undefined ? 0 : 1;
    const { notify, ask, progress } = this.#shown;
    return {
      progress: progress !== undefined,
      notifications: notify !== undefined,
      questions: ask !== undefined,
      commands: true,
      menus: true,
      ...this.limits,
      undoSteps: { replace: steps, "new-layer": steps, mask: steps },
    };
  }

  /** Hands a step that was done to the application's history, or to the commit if there is none. */
  protected recordStep(step: UndoStep): Pick<Commit, "undoSteps" | "undo" | "redo"> {
    if (this.#history !== undefined) {
      this.#history.push(step);
      return { undoSteps: 1 };
    }
    return {
      undoSteps: 0,
      undo: async () => step.undo(),
      redo: async () => step.redo(),
    };
  }
}

/** A commit that nobody can undo any more, since its result was changed. */
export function changedSince(label: string): LimpidError {
  return new LimpidError(
    "DocumentChanged",
    `${JSON.stringify(label)} cannot be undone: its result was changed since`,
  );
}
