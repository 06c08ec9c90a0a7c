import type { PageInterface } from "../src/adapters/canvas/index.js"; // "limpid/canvas" in an application

/** What the toolbar's history buttons do. */
export interface ToolbarActions {
  readonly undo: () => Promise<unknown>;
  readonly redo: () => Promise<unknown>;
}

/** Three buttons and a line of text, shared by the examples. */
export function makeToolbar(actions: ToolbarActions) {
  const bar = document.body.insertBefore(document.createElement("p"), document.body.firstChild);
  const status = document.createElement("output");
  const button = (title: string, run: () => Promise<unknown>) => {
    const made = bar.appendChild(document.createElement("button"));
    made.textContent = title;
    made.onclick = () =>
      void run().then(
        () => (status.dataset.done = title),
        (error: unknown) => (status.textContent = String(error)),
      );
    return made;
  };
  const shown: PageInterface = {
    notify: ({ text }) => (status.textContent = text),
    progress: (title, progress) => {
      const percent = Math.round((progress?.fraction ?? 0) * 100);
      status.textContent = progress === undefined ? "" : `${title}: ${percent} %`;
    },
  };
  return {
    interface: shown,
    /** Shows the buttons, now that everything is there. */
    ready(restore: () => Promise<unknown>) {
      button("Restore", restore);
      button("Undo", actions.undo);
      button("Redo", actions.redo);
      bar.append(status);
    },
  };
}
