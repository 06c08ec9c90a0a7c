import type { ComparisonSlider } from "../shared/comparison.js";
import { element } from "../shared/element.js";

/** The elements that the panel fills and listens to. */
export const elements = {
  panel: element("panel", HTMLElement),
  active: element("active", HTMLElement),
  preview: element("preview", HTMLButtonElement),
  cancel: element("cancel", HTMLButtonElement),
  progress: element("progress", HTMLProgressElement),
  status: element("status", HTMLElement),
  problem: element("problem", HTMLElement),
  result: element("result", HTMLElement),
  comparison: element("comparison", HTMLElement) as ComparisonSlider,
  before: element("before", HTMLCanvasElement),
  after: element("after", HTMLCanvasElement),
  strength: element("strength", HTMLInputElement),
  found: element("found", HTMLUListElement),
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
