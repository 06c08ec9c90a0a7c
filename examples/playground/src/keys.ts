import { pressKey } from "../../shared/viewport.js";
import { elements } from "./elements.js";
import type { Stage } from "./stage.js";

/** What keys do besides looking at the photo. */
export interface KeyActions {
  readonly open: () => void;
  readonly save: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

/** Listens to keys: those with Ctrl or Command everywhere, `?` outside of text, the others at the photo alone. */
export function listenForKeys(stage: Stage, actions: KeyActions): void {
  const { viewer, help, helpOpen } = elements;
  const commands: Readonly<Record<string, () => void>> = {
    o: actions.open,
    s: actions.save,
    z: actions.undo,
    y: actions.redo,
  };
  helpOpen.addEventListener("click", () => help.showModal());
  // Everything outside of what is written in the dialog is its backdrop.
  help.addEventListener("click", (event) => {
    if (event.target === help) help.close();
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() === "b") return stage.hold(true);
    pressKey(stage.viewport, event);
  });
  viewer.addEventListener("keyup", (event) => {
    if (event.key.toLowerCase() === "b") stage.hold(false);
  });
  viewer.addEventListener("focusout", () => stage.hold(false));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || help.open || isText(event.target)) return;
    if (!event.ctrlKey && !event.metaKey) {
      if (event.key === "?") help.showModal();
      return;
    }
    const key = event.key.toLowerCase();
    const act = key === "z" && event.shiftKey ? actions.redo : commands[key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

/** Whether keys write there. */
function isText(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement)
    return !["range", "checkbox", "file", "radio"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
