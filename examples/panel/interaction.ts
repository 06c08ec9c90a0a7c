import {
  type HostNotification,
  type HostProgressOptions,
  type HostProgressReporter,
  type HostQuestion,
  LimpidError,
} from "limpid";
import { aboutTime, TimeLeft } from "../shared/time-left.js";
import { elements, idleControls } from "./elements.js";

/** Shows progress with a way to cancel, as editors have no place for it. One task at a time. */
export async function withProgress<T>(
  { title }: HostProgressOptions,
  task: (progress: HostProgressReporter) => Promise<T>,
): Promise<T> {
  const { panel, cancel, progress, status, problem, timeLeft } = elements;
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
  let left: TimeLeft | undefined;
  const showLeft = (): void => {
    const seconds = left?.seconds;
    timeLeft.textContent = seconds === undefined ? "" : aboutTime(seconds);
  };
  const timer = setInterval(showLeft, 1000);
  if (wasFocused?.hasAttribute("data-idle") === true) cancel.focus();
  try {
    return await task({
      signal: controller.signal,
      report({ fraction, message }) {
        if (fraction !== undefined) {
          // What begins anew is other work, at a rate of its own.
          if (left === undefined || fraction < left.fraction) left = new TimeLeft();
          left.reach(fraction);
          progress.value = fraction;
          showLeft();
        }
        if (message !== undefined) status.textContent = message;
      },
    });
  } finally {
    cancel.removeEventListener("click", stop);
    clearInterval(timer);
    const hadFocus = document.activeElement === cancel;
    cancel.hidden = true;
    progress.hidden = true;
    status.textContent = timeLeft.textContent = "";
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

/** Asks in the panel; Escape closes the question without an answer. One question at a time. */
export async function ask({ text, detail = "", choices, signal }: HostQuestion): Promise<string | undefined> {
  const { question, questionText, questionDetail, answers } = elements;
  const wasFocused = document.activeElement;
  const closing = new AbortController();
  questionText.textContent = text;
  questionDetail.textContent = detail;
  const buttons = choices.map(({ title }, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    if (index === 0) button.className = "primary";
    return button;
  });
  answers.replaceChildren(...buttons);
  question.hidden = false;
  buttons[0]?.focus();
  try {
    return await new Promise<string | undefined>((resolve) => {
      const { signal: closed } = closing;
      buttons.forEach((button, index) =>
        button.addEventListener("click", () => resolve(choices[index]!.id), { signal: closed }),
      );
      question.addEventListener("keydown", ({ key }) => key === "Escape" && resolve(undefined), {
        signal: closed,
      });
      signal?.addEventListener("abort", () => resolve(undefined), { signal: closed });
    });
  } finally {
    closing.abort();
    question.hidden = true;
    answers.replaceChildren();
    if (wasFocused instanceof HTMLElement) wasFocused.focus();
  }
}

/** Runs what a click asked for, and says what went wrong. */
export function perform(action: () => Promise<void>): void {
  action().catch((error: unknown) => {
    if (LimpidError.is(error, "Aborted")) {
      // What another step took the place of is no news.
      if (!LimpidError.is(error.cause, "Aborted")) notify({ text: "Cancelled. Nothing was changed." });
      return;
    }
    notify({ text: error instanceof Error ? error.message : String(error), level: "error" });
  });
}
