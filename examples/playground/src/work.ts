import { LimpidError } from "limpid";
import { describeError } from "./describe-error.js";
import { elements } from "./elements.js";

/** What is going on, as the page shows it. */
export interface Job {
  /**
   * Says what is done now.
   *
   * @param fraction - of the work that is done, 0 to 1; undefined if nobody knows
   * @param timeLeft - in words; empty if nobody knows
   */
  readonly say: (text: string, fraction?: number, timeLeft?: string) => void;
  /** It is over. */
  readonly end: () => void;
}

let current: object | undefined;
let cancelCurrent: (() => void) | undefined;
let retry: (() => void) | undefined;

elements.cancel.addEventListener("click", () => cancelCurrent?.());
elements.problemClose.addEventListener("click", () => clearProblem());
elements.problemRetry.addEventListener("click", () => {
  const again = retry;
  clearProblem();
  again?.();
});

/** Whether something is going on. */
export const isBusy = (): boolean => current !== undefined;

let changed: () => void = () => undefined;

/** Tells one listener whenever something begins or ends. */
export function onWork(listener: () => void): void {
  changed = listener;
}

/**
 * Begins something that takes time; it takes the place of what was going on, which says nothing more.
 *
 * @param cancel - gives it up; left out where that cannot be done
 */
export function startJob(cancel?: () => void): Job {
  const { work, workText, progress, canvas, status } = elements;
  const own = {};
  current = own;
  cancelCurrent = cancel;
  elements.cancel.hidden = cancel === undefined;
  status.textContent = "";
  changed();
  return {
    say(text, fraction, timeLeft = "") {
      if (current !== own) return;
      if (fraction === undefined) progress.removeAttribute("value");
      else progress.value = fraction;
      workText.textContent = timeLeft === "" ? text : `${text}, ${timeLeft}`;
      work.hidden = false;
      canvas.setAttribute("aria-busy", "true");
    },
    end() {
      if (current !== own) return;
      current = cancelCurrent = undefined;
      // What comes right after it goes on in its place, and the keyboard stays where it is.
      setTimeout(() => {
        if (current !== undefined) return;
        const hadFocus = document.activeElement === elements.cancel;
        work.hidden = true;
        canvas.removeAttribute("aria-busy");
        if (hadFocus) elements.stage.focus({ preventScroll: true });
      });
      changed();
    },
  };
}

/** Shows a line of text. */
export function notify(text: string): void {
  elements.status.textContent = text;
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
export async function perform(
  action: () => void | Promise<void>,
  again?: (() => void) | null,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (LimpidError.is(error, "Aborted")) {
      if (!isSuperseded(error)) notify("Cancelled. The photo is as it was.");
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
