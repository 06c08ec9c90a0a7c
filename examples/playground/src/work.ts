import { type HostNotification, type HostProgress, LimpidError } from "limpid";
import { describeError } from "./describe-error.js";
import { elements } from "./elements.js";

let cancelShown: (() => void) | undefined;
let retry: (() => void) | undefined;

elements.cancel.addEventListener("click", () => cancelShown?.());
elements.problemClose.addEventListener("click", () => clearProblem());
elements.problemRetry.addEventListener("click", () => {
  const again = retry;
  clearProblem();
  again?.();
});

/** Shows how far a run is, with a way to cancel; a run that another one took the place of says nothing more. */
export function showProgress(title: string, progress: HostProgress | undefined, cancel: () => void): void {
  const { work, workText, progress: bar, canvas } = elements;
  if (progress === undefined) {
    if (cancel !== cancelShown) return;
    cancelShown = undefined;
    const hadFocus = document.activeElement === elements.cancel;
    work.hidden = true;
    canvas.removeAttribute("aria-busy");
    if (hadFocus) elements.stage.focus({ preventScroll: true });
    return;
  }
  if (cancel !== cancelShown) {
    cancelShown = cancel;
    bar.removeAttribute("value");
    elements.status.textContent = "";
  }
  work.hidden = false;
  canvas.setAttribute("aria-busy", "true");
  if (progress.fraction === undefined) workText.textContent = `${title}…`;
  else {
    bar.value = progress.fraction;
    workText.textContent = `${title}, ${Math.round(progress.fraction * 100)} %`;
  }
}

/** Shows a line of text. */
export function notify({ text, level = "info" }: HostNotification): void {
  if (level === "error") showProblem(text);
  else elements.status.textContent = text;
}

/** Shows what went wrong until it is dismissed, or something goes right. */
function showProblem(text: string, again?: () => void): void {
  const { problem, problemText, problemRetry, status } = elements;
  retry = again;
  status.textContent = "";
  problemText.textContent = text;
  problemRetry.hidden = again === undefined;
  problem.hidden = false;
}

/** Takes away what went wrong; the keyboard that was at its buttons goes to the photo. */
export function clearProblem(): void {
  const { problem, problemText, stage } = elements;
  const hadFocus = problem.contains(document.activeElement);
  retry = undefined;
  problemText.textContent = "";
  problem.hidden = true;
  if (hadFocus) stage.focus({ preventScroll: true });
}

/**
 * Runs what somebody asked for, and says what went wrong.
 *
 * @param again - what a button to try again does; this very action if left out, none if null
 */
export async function perform(action: () => Promise<void>, again?: (() => void) | null): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (LimpidError.is(error, "Aborted")) {
      if (!isSuperseded(error)) notify({ text: "Cancelled. The photo is as it was." });
      return;
    }
    if (LimpidError.is(error, "Disposed")) return;
    showProblem(describeError(error), again === null ? undefined : (again ?? (() => void perform(action))));
  }
}

/** Whether another step took the place of the one that failed: no news for the person who asked for it. */
export function isSuperseded(error: unknown): boolean {
  return LimpidError.is(error, "Aborted") && LimpidError.is(error.cause, "Aborted");
}
