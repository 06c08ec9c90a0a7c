import type { AppliedExpert, ExpertChoice, RestoreResult } from "limpid";
import { elements } from "./elements.js";

/** What a chip needs to know of an expert. */
export interface ListedExpert {
  readonly id: string;
  readonly degradations: readonly string[];
}

/** What people read for a degradation. */
function nameOf(degradation: string): string {
  if (degradation === "jpeg") return "JPEG";
  return `${degradation.charAt(0).toUpperCase()}${degradation.slice(1)}`.replaceAll("-", " ");
}

/** The probability of what an expert is for, in per cent. */
function probabilityOf(degradations: readonly string[], { analysis }: RestoreResult): number {
  const found = analysis.degradations.filter(({ degradation }) => degradations.includes(degradation));
  return Math.round(100 * Math.max(0, ...found.map(({ probability }) => probability)));
}

/** What the router found, one chip for each expert, each with a slider for how much of it is wanted. */
export class Chips {
  readonly #onChange: () => void;
  #rows: { readonly id: string; readonly chip: HTMLButtonElement; readonly slider: HTMLInputElement }[] = [];

  /** @param onChange - called when people want other experts, or other weights */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** The experts that are wanted. */
  get choices(): ExpertChoice[] {
    return this.#rows
      .filter(({ chip }) => chip.getAttribute("aria-pressed") === "true")
      .map(({ id, slider }) => ({ id, weight: slider.valueAsNumber / 100 }));
  }

  /** Shows what a run by the router found and did. */
  show(experts: Iterable<ListedExpert>, result: RestoreResult): void {
    const weights = new Map(result.mixture.map(({ expert, weight }: AppliedExpert) => [expert, weight]));
    this.#rows = [];
    elements.found.replaceChildren();
    for (const { id, degradations } of experts) {
      const title = degradations.map(nameOf).join(", ") || id;
      this.#add(id, title, probabilityOf(degradations, result), weights.get(id));
    }
    const known = new Set([...experts].flatMap(({ degradations }) => degradations));
    const others = result.analysis.degradations.filter(
      ({ degradation, probability }) => probability >= 0.5 && !known.has(degradation),
    );
    const names = others.map(({ degradation }) => nameOf(degradation)).join(", ");
    elements.other.textContent = names === "" ? "" : `Also found, without an expert for it: ${names}.`;
  }

  #add(id: string, title: string, probability: number, weight: number | undefined): void {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = `${title} ${probability} %`;
    chip.setAttribute("aria-pressed", String(weight !== undefined));
    const slider = document.createElement("input");
    slider.type = "range";
    slider.max = "200";
    slider.valueAsNumber = Math.round(100 * (weight ?? 1));
    slider.setAttribute("aria-label", `Weight of the expert for ${title}`);
    // Screen readers read the slider's own value.
    const output = document.createElement("span");
    output.className = "value";
    output.ariaHidden = "true";
    const update = (): void => {
      const isOn = chip.getAttribute("aria-pressed") === "true";
      slider.disabled = !isOn;
      output.textContent = isOn ? `${slider.value} %` : "off";
    };
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      update();
      this.#onChange();
    });
    slider.addEventListener("input", update);
    slider.addEventListener("change", () => this.#onChange());
    update();
    const row = document.createElement("li");
    row.className = "slider";
    row.append(chip, slider, output);
    elements.found.append(row);
    this.#rows.push({ id, chip, slider });
  }
}
