import { element } from "../shared/element.js";

/** The elements that the panel fills and listens to. */
export const elements = {
  panel: element("panel", HTMLElement),
  active: element("active", HTMLElement),
  preview: element("preview", HTMLButtonElement),
  all: element("all", HTMLButtonElement),
  cancel: element("cancel", HTMLButtonElement),
  progress: element("progress", HTMLProgressElement),
  status: element("status", HTMLElement),
  timeLeft: element("time-left", HTMLElement),
  problem: element("problem", HTMLElement),
  question: element("question", HTMLElement),
  questionText: element("question-text", HTMLElement),
  questionDetail: element("question-detail", HTMLElement),
  answers: element("answers", HTMLElement),
  outcomes: element("outcomes", HTMLUListElement),
  result: element("result", HTMLElement),
  view: element("view", HTMLElement),
  canvas: element("photo-canvas", HTMLCanvasElement),
  pane: element("pane", HTMLElement),
  split: element("split", HTMLElement),
  zoomFit: element("zoom-fit", HTMLButtonElement),
  zoomWhole: element("zoom-whole", HTMLButtonElement),
  zoomValue: element("zoom-value", HTMLOutputElement),
  extent: element("extent", HTMLElement),
  strength: element("strength", HTMLInputElement),
  faults: element("faults", HTMLElement),
  found: element("found", HTMLUListElement),
  more: element("more", HTMLDetailsElement),
  moreList: element("more-list", HTMLUListElement),
  other: element("other", HTMLElement),
  apply: element("apply", HTMLButtonElement),
  commands: element("commands", HTMLElement),
  menu: element("menu", HTMLUListElement),
  palette: element("palette", HTMLDetailsElement),
  allCommands: element("all-commands", HTMLUListElement),
};

/** What can be used only while nothing runs: marked `data-idle`. */
export function idleControls(): (HTMLButtonElement | HTMLFieldSetElement | HTMLSelectElement)[] {
  return [...document.querySelectorAll<HTMLButtonElement>("[data-idle]")];
}

/** The value of the radio button that is checked in a group. */
export function checkedIn(group: HTMLElement): string | undefined {
  return group.querySelector<HTMLInputElement>("input:checked")?.value;
}
