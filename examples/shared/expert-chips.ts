import type { Analysis, AppliedExpert, ExpertChoice, InstalledExpert } from "limpid";

/** What of an expert people can choose. */
export type ChoosableExpert = Pick<InstalledExpert, "id" | "degradations">;

/** Where the chips go. */
export interface ChipElements {
  /** One item for each expert. */
  readonly found: HTMLUListElement;
  /** What was found without an expert for it. */
  readonly other: HTMLElement;
}

/** What people read for a degradation. */
export function nameOf(degradation: string): string {
  if (degradation === "jpeg") return "JPEG";
  return `${degradation.charAt(0).toUpperCase()}${degradation.slice(1)}`.replaceAll("-", " ");
}

/** The probability of what an expert is for, in per cent. */
function probabilityOf(degradations: readonly string[], analysis: Analysis): number {
  const found = analysis.degradations.filter(({ degradation }) => degradations.includes(degradation));
  return Math.round(100 * Math.max(0, ...found.map(({ probability }) => probability)));
}

/** What the router found, one chip for each expert, each with a slider for how much of it is wanted. */
export class Chips {
  readonly #elements: ChipElements;
  readonly #onChange: () => void;
  #rows: { readonly id: string; readonly chip: HTMLButtonElement; readonly slider: HTMLInputElement }[] = [];

  /**
   * @param elements - where they are shown
   * @param onChange - called when people want other experts, or other weights
   */
  constructor(elements: ChipElements, onChange: () => void) {
    this.#elements = elements;
    this.#onChange = onChange;
  }

  /** The experts that are wanted. */
  get choices(): ExpertChoice[] {
    return this.#rows
      .filter(({ chip }) => chip.getAttribute("aria-pressed") === "true")
      .map(({ id, slider }) => ({ id, weight: slider.valueAsNumber / 100 }));
  }

  /** Shows what the router found, and which experts run at which weight. */
  show(experts: Iterable<ChoosableExpert>, analysis: Analysis, mixture: readonly AppliedExpert[]): void {
    const weights = new Map(mixture.map(({ expert, weight }) => [expert, weight]));
    const { found, other } = this.#elements;
    const focused = this.#focused();
    this.#rows = [];
    found.replaceChildren();
    for (const { id, degradations } of experts) {
      const title = degradations.map(nameOf).join(", ") || id;
      this.#add(id, title, probabilityOf(degradations, analysis), weights.get(id));
    }
    this.#rows.find(({ id }) => id === focused?.id)?.[focused!.part].focus({ preventScroll: true });
    const known = new Set([...experts].flatMap(({ degradations }) => degradations));
    const others = analysis.present.filter(({ degradation }) => !known.has(degradation));
    const names = others.map(({ degradation }) => nameOf(degradation)).join(", ");
    other.textContent = names === "" ? "" : `Also found, without an expert for it: ${names}.`;
  }

  /** What the keyboard is at, so that it stays there. */
  #focused(): { readonly id: string; readonly part: "chip" | "slider" } | undefined {
    for (const { id, chip, slider } of this.#rows) {
      if (document.activeElement === chip) return { id, part: "chip" };
      if (document.activeElement === slider) return { id, part: "slider" };
    }
    return undefined;
  }

  #add(id: string, title: string, probability: number, weight: number | undefined): void {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = `${title} ${probability} %`;
    // For style sheets that draw it.
    chip.style.setProperty("--probability", String(probability / 100));
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
    this.#elements.found.append(row);
    this.#rows.push({ id, chip, slider });
  }
}
