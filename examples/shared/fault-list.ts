import type { Analysis, AppliedExpert, ExpertChoice, InstalledExpert } from "limpid";

/** What people call what is named otherwise among those who restore photos. */
const plainNames: Readonly<Record<string, string>> = {
  inpainting: "Scratches and stains",
  jpeg: "JPEG",
  raindrop: "Raindrops",
};

/** What people read for a degradation. */
export function nameOf(degradation: string): string {
  const plain = plainNames[degradation];
  if (plain !== undefined) return plain;
  return `${degradation.charAt(0).toUpperCase()}${degradation.slice(1)}`.replaceAll("-", " ");
}

/** From this probability on what does not count as found is offered all the same. */
const perhapsFrom = 0.2;

/** What the router says of a fault: three things that look different. */
type Finding = "found" | "perhaps" | "none";

/** One expert as it is shown. */
interface Row {
  readonly id: string;
  readonly title: string;
  readonly probability: number;
  readonly finding: Finding;
  /** How much of it runs, 1 being normal; undefined if it is off. */
  readonly weight: number | undefined;
}

/** Where the list goes. */
export interface FaultListElements {
  /** What was found, may be there, or is switched on. */
  readonly found: HTMLUListElement;
  /** What is neither; in something that opens. */
  readonly more: HTMLDetailsElement;
  readonly moreList: HTMLUListElement;
  /** What was found without an expert for it. */
  readonly other: HTMLElement;
}

/**
 * What the router found, what is switched on, and how strongly: a mark, a switch and a slider for each expert. What may be there
 * is one click away.
 */
export class FaultList {
  readonly #elements: FaultListElements;
  readonly #onChange: (choices: ExpertChoice[]) => void;
  #rows: readonly Row[] = [];

  /**
   * @param elements - where they are shown
   * @param onChange - called when people want other experts, or other weights
   */
  constructor(elements: FaultListElements, onChange: (choices: ExpertChoice[]) => void) {
    this.#elements = elements;
    this.#onChange = onChange;
  }

  /** Whether there is a fault to try: one that may be there, and is not repaired. */
  get hasOffers(): boolean {
    return this.#rows.some(isOffered);
  }

  /** Takes everything away. */
  clear(): void {
    const { found, more, moreList, other } = this.#elements;
    this.#rows = [];
    found.replaceChildren();
    moreList.replaceChildren();
    more.hidden = true;
    other.textContent = "";
  }

  /** Shows what the router found, and which experts run at which weight. */
  show(experts: readonly InstalledExpert[], analysis: Analysis, mixture: readonly AppliedExpert[]): void {
    const weights = new Map(mixture.map(({ expert, weight }) => [expert, weight]));
    this.#rows = experts.map(({ id, degradations }) => {
      const probability = probabilityOf(degradations, analysis);
      const isFound = analysis.present.some(({ degradation }) => degradations.includes(degradation));
      return {
        id,
        title: degradations.map(nameOf).join(", ") || id,
        probability,
        finding: isFound ? "found" : probability >= perhapsFrom ? "perhaps" : "none",
        weight: weights.get(id),
      };
    });
    const known = new Set(experts.flatMap(({ degradations }) => degradations));
    const others = analysis.present.filter(({ degradation }) => !known.has(degradation));
    const names = others.map(({ degradation }) => nameOf(degradation)).join(", ");
    this.#elements.other.textContent = names === "" ? "" : `Also found, without an expert for it: ${names}.`;
    this.#render();
  }

  #render(): void {
    const { found, more, moreList } = this.#elements;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.key;
    const isMore = ({ finding, weight }: Row): boolean => finding === "none" && weight === undefined;
    found.replaceChildren(...this.#rows.filter((row) => !isMore(row)).map((row) => this.#item(row)));
    moreList.replaceChildren(...this.#rows.filter(isMore).map((row) => this.#item(row)));
    more.hidden = moreList.childElementCount === 0;
    if (focused === undefined) return;
    const again = [
      ...found.querySelectorAll<HTMLElement>("[data-key]"),
      ...moreList.querySelectorAll<HTMLElement>("[data-key]"),
    ];
    const same = again.find(({ dataset }) => dataset.key === focused);
    // A button that was pressed may have become a switch.
    const [id] = focused.split(" ");
    (same ?? again.find(({ dataset }) => dataset.key === `${id} switch`))?.focus({ preventScroll: true });
  }

  #item(row: Row): HTMLLIElement {
    const item = document.createElement("li");
    item.className = "fault";
    item.dataset.finding = row.finding;
    if (isOffered(row)) item.append(...this.#offer(row));
    else item.append(...this.#control(row));
    return item;
  }

  /** "Perhaps snow (44 %)", and a button. */
  #offer({ id, title, probability }: Row): HTMLElement[] {
    const text = make("span", "fault-name", `Perhaps ${lower(title)} (${percent(probability)})`);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = "Try it";
    button.setAttribute("aria-label", `Try it: ${lower(title)}`);
    button.dataset.key = `${id} try`;
    button.addEventListener("click", () => this.#change(id, 1));
    return [text, button];
  }

  #control({ id, title, probability, finding, weight }: Row): HTMLElement[] {
    const mark = make("span", "mark", { found: "Found", perhaps: "Perhaps", none: "Not found" }[finding]);
    const name = make("span", "fault-name", title);
    const value = make("span", "quiet", percent(probability));
    const toggle = document.createElement("input");
    toggle.type = "checkbox";
    toggle.role = "switch";
    toggle.className = "switch";
    toggle.checked = weight !== undefined;
    toggle.setAttribute("aria-label", `Repair ${lower(title)}`);
    toggle.dataset.key = `${id} switch`;
    toggle.addEventListener("change", () => this.#change(id, toggle.checked ? 1 : undefined));
    const head = make("span", "fault-head", "");
    head.append(name, value, mark);
    if (weight === undefined) return [head, toggle];
    return [head, toggle, this.#amount(id, title, weight)];
  }

  #amount(id: string, title: string, weight: number): HTMLElement {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.max = "200";
    slider.valueAsNumber = Math.round(100 * weight);
    slider.setAttribute("aria-label", `Amount of ${lower(title)} repair`);
    slider.dataset.key = `${id} amount`;
    const output = make("span", "value", "");
    output.ariaHidden = "true";
    const update = (): void => {
      const text = slider.value === "100" ? "normal" : `${slider.value} %`;
      output.textContent = text;
      slider.setAttribute("aria-valuetext", text);
    };
    slider.addEventListener("input", update);
    slider.addEventListener("change", () => this.#change(id, slider.valueAsNumber / 100));
    update();
    const scale = make("span", "ticks", "");
    scale.ariaHidden = "true";
    scale.append(...["0 %", "normal", "200 %"].map((text) => make("span", "", text)));
    const amount = make("span", "amount", "");
    amount.append(slider, output, scale);
    return amount;
  }

  #change(id: string, weight: number | undefined): void {
    this.#rows = this.#rows.map((row) => (row.id === id ? { ...row, weight } : row));
    this.#render();
    this.#onChange(
      this.#rows.flatMap((row) => (row.weight === undefined ? [] : [{ id: row.id, weight: row.weight }])),
    );
  }
}

/** Whether a button offers it: it may be there, and is not repaired. */
function isOffered({ finding, weight }: Row): boolean {
  return finding === "perhaps" && weight === undefined;
}

/** The probability of what an expert is for. */
function probabilityOf(degradations: readonly string[], analysis: Analysis): number {
  const found = analysis.degradations.filter(({ degradation }) => degradations.includes(degradation));
  return Math.max(0, ...found.map(({ probability }) => probability));
}

const percent = (probability: number): string => `${Math.round(100 * probability)} %`;

const lower = (title: string): string => (title.startsWith("JPEG") ? title : title.toLowerCase());

function make(tag: "span", className: string, text: string): HTMLSpanElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
