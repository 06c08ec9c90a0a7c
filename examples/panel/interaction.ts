import {
  type HostNotification,
  type HostProgressOptions,
  type HostProgressReporter,
  LimpidError,
} from "limpid";
import { elements, idleControls } from "./elements.js";

/** Shows progress with a way to cancel, as editors have no place for it. One task at a time. */
export async function withProgress<T>(
  { title }: HostProgressOptions,
  task: (progress: HostProgressReporter) => Promise<T>,
): Promise<T> {
  const { panel, cancel, progress, status, problem } = elements;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const wasFocused = document.activeElement;
  problem.textContent = "";
  status.textContent = `${title}…`;
  panel.setAttribute("aria-busy", "true");
  for (const control of idleControls()) control.disabled = true;
  cancel.hidden = false;
  progress.hidden = false;
  progress.removeAttribute("value");
  cancel.addEventListener("click", stop);
  if (wasFocused?.hasAttribute("data-idle") === true) cancel.focus();
  try {
    return await task({
      signal: controller.signal,
      report({ fraction, message }) {
        if (fraction !== undefined) progress.value = fraction;
        if (message !== undefined) status.textContent = message;
      },
    });
  } finally {
    cancel.removeEventListener("click", stop);
    const hadFocus = document.activeElement === cancel;
    cancel.hidden = true;
    progress.hidden = true;
    status.textContent = "";
    for (const control of idleControls()) control.disabled = false;
    panel.removeAttribute("aria-busy");
    if (hadFocus && wasFocused instanceof HTMLElement) wasFocused.focus();
  }
}

/** Shows a line of text. */
export function notify({ text, level = "info" }: HostNotification): void {
  elements.status.textContent = level === "info" ? text : "";
  elements.problem.textContent = level === "info" ? "" : text;
}

/** Runs what a click asked for, and says what went wrong. */
export function perform(action: () => Promise<void>): void {
  action().catch((error: unknown) => {
    if (LimpidError.is(error, "Aborted")) notify({ text: "Cancelled. Nothing was changed." });
    else notify({ text: error instanceof Error ? error.message : String(error), level: "error" });
  });
}
