import { LimpidError, type HostRun, type Limpid } from "limpid";
import type { PageInterface } from "limpid/canvas";
import { element } from "./element.js";

/** What the buttons of the history do. */
export interface History {
  /** Takes the last step back; false if there is none. */
  readonly undo: () => Promise<unknown>;
  /** Does it again; false if there is none. */
  readonly redo: () => Promise<unknown>;
}

/** What the page has for an editor. */
export interface EditorPage {
  /** Where the editor goes. */
  readonly place: HTMLElement;
  /** Its width in CSS pixels. */
  readonly width: number;
  /** A height that suits it. */
  readonly height: number;
  /** What hosts show. */
  readonly interface: PageInterface;
  /**
   * Lets people press the buttons, now that everything is there.
   *
   * @param limpid - the engine, which the page tells of
   * @param restore - what the first button does
   */
  ready(limpid: Limpid, restore: () => Promise<HostRun>): void;
}

/** The page around an editor: restore, undo, redo, progress, and what came of it. */
export function editorPage({ undo, redo }: History): EditorPage {
  const place = element("place", HTMLElement);
  const lamp = element("lamp", HTMLElement);
  const engine = element("engine", HTMLElement);
  const work = element("work", HTMLElement);
  const bar = element("progress", HTMLProgressElement);
  const status = element("status", HTMLElement);
  const problem = element("problem", HTMLElement);
  const buttons = ["restore", "undo", "redo"].map((id) => element(id, HTMLButtonElement));
  const width = place.clientWidth;

  const say = (text: string): void => {
    status.textContent = text;
    problem.textContent = "";
  };
  const fail = (error: unknown): void => {
    problem.textContent = error instanceof Error ? error.message : String(error);
  };
  const allow = (isAllowed: boolean): void => {
    for (const button of buttons) button.disabled = !isAllowed;
  };
  const offer = (id: string, action: () => Promise<string>): void => {
    const button = element(id, HTMLButtonElement);
    button.addEventListener("click", () => {
      allow(false);
      void action()
        .then(say, (error: unknown) => (LimpidError.is(error, "Aborted") ? say("Cancelled.") : fail(error)))
        .finally(() => {
          allow(true);
          button.focus();
        });
    });
  };

  // What is not caught on the way to an editor is why there is none.
  const giveUp = (event: Event, reason: unknown): void => {
    event.preventDefault();
    fail(reason);
    if (lamp.dataset.state !== "starting") return;
    lamp.dataset.state = "failed";
    engine.textContent = "Not started";
  };
  addEventListener("error", (event) => giveUp(event, event.error ?? event.message));
  addEventListener("unhandledrejection", (event) => giveUp(event, event.reason));

  return {
    place,
    width,
    height: Math.min(480, Math.round(0.75 * width)),
    interface: {
      notify: ({ text, level }) => (level === "error" ? fail(text) : say(text)),
      progress(_, progress, cancel) {
        work.hidden = progress === undefined;
        element("cancel", HTMLButtonElement).onclick = cancel;
        if (progress?.fraction === undefined) bar.removeAttribute("value");
        else bar.value = progress.fraction;
      },
    },
    ready(limpid, restore) {
      const names = { webgpu: "WebGPU", wasm: "WebAssembly", cpu: "JavaScript" };
      lamp.dataset.state = "ready";
      engine.textContent = `${names[limpid.backend]}, ${limpid.isInWorker ? "in a worker" : "on the page itself"}`;
      offer("restore", async () => describe(await restore()));
      offer("undo", async () => ((await undo()) === false ? "Nothing to undo." : "Undone."));
      offer("redo", async () => ((await redo()) === false ? "Nothing to redo." : "Done again."));
      allow(true);
    },
  };
}

function describe({ result, commit }: HostRun): string {
  const seconds = (result.timings.total / 1000).toFixed(1);
  if (commit === undefined) return `Nothing to repair was found, in ${seconds} s.`;
  const experts = result.mixture.map(({ expert }) => expert).join(" and ") || "the backbone alone";
  return [`Restored by ${experts} in ${seconds} s.`, ...commit.notes].join(" ");
}
