import { elements } from "./elements.js";
import type { Mask, Stroke } from "./mask.js";
import type { Viewport } from "../../shared/viewport.js";

/** What the brush paints on. */
export interface BrushOptions {
  readonly viewport: Viewport;
  /** What is painted already. */
  readonly mask: () => Mask;
  /** Shows a stroke while it is painted. */
  readonly onDraw: (mask: Mask) => void;
  /** A stroke is done, or all were taken away. */
  readonly onChange: (mask: Mask) => void;
}

/** A brush and an eraser, by which people say where a photo is repaired. */
export class Brush {
  readonly #options: BrushOptions;

  /** @param options - where it paints, and what it tells */
  constructor(options: BrushOptions) {
    this.#options = options;
    const { brushOpen, brushPaint, brushErase, brushClear, paneBefore, paneAfter } = elements;
    brushOpen.addEventListener("click", () => this.#toggle(!this.isOn));
    for (const button of [brushPaint, brushErase]) {
      button.addEventListener("click", () => {
        brushPaint.setAttribute("aria-pressed", String(button === brushPaint));
        brushErase.setAttribute("aria-pressed", String(button === brushErase));
      });
    }
    brushClear.addEventListener("click", () => this.#options.onChange([]));
    for (const pane of [paneBefore, paneAfter]) this.#listen(pane);
  }

  /** Whether pressing the photo paints. */
  get isOn(): boolean {
    return elements.brushOpen.getAttribute("aria-pressed") === "true";
  }

  /** Puts it away, as another photo is opened. */
  putAway(): void {
    this.#toggle(false);
  }

  /** Shows whether there is anything to take away. */
  update(mask: Mask): void {
    elements.brushClear.disabled = mask.length === 0;
  }

  #toggle(isOn: boolean): void {
    const { brushOpen, brushBar, viewer } = elements;
    brushOpen.setAttribute("aria-pressed", String(isOn));
    brushBar.hidden = !isOn;
    viewer.classList.toggle("painting", isOn);
    this.#options.viewport.isDragging = !isOn;
    this.#options.onDraw(this.#options.mask());
  }

  #listen(pane: HTMLElement): void {
    let points: (readonly [number, number])[] | undefined;
    const stroke = (): Stroke => ({
      kind: elements.brushErase.getAttribute("aria-pressed") === "true" ? "erase" : "paint",
      // As wide on the screen, whatever the zoom.
      radius: elements.brushSize.valueAsNumber / 2 / this.#options.viewport.transform.k,
      points: [...points!],
    });
    const add = ({ clientX, clientY }: PointerEvent): void => {
      const { left, top } = pane.getBoundingClientRect();
      points!.push(this.#options.viewport.transform.invert([clientX - left, clientY - top]));
      this.#options.onDraw([...this.#options.mask(), stroke()]);
    };
    pane.addEventListener("pointerdown", (event) => {
      if (!this.isOn || event.button > 0 || !event.isPrimary) return;
      pane.setPointerCapture(event.pointerId);
      points = [];
      add(event);
    });
    pane.addEventListener("pointermove", (event) => {
      if (points !== undefined) add(event);
    });
    const end = (): void => {
      if (points === undefined) return;
      const painted = stroke();
      points = undefined;
      this.#options.onChange([...this.#options.mask(), painted]);
    };
    pane.addEventListener("pointerup", end);
    // A second finger zooms: what the first one painted is taken back.
    pane.addEventListener("pointercancel", () => {
      points = undefined;
      this.#options.onDraw(this.#options.mask());
    });
  }
}
