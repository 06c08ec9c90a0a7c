import type { Viewport } from "./viewport.js";

/** Steps of the keys, in per cent of the photo's width. */
const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: -100,
  End: 100,
};

/**
 * The line between before and after. It stands at a place of the photo, so that it stays there while the photo is zoomed and
 * moved; where that place is out of sight its handle waits at the edge.
 */
export class Split {
  readonly #handle: HTMLElement;
  readonly #viewport: Viewport;
  readonly #onMove: () => void;
  #width = 1;
  #percent = 50;

  /**
   * @param handle - a slider over the photo
   * @param viewport - where the photo lies
   * @param onMove - told when the line stands elsewhere
   */
  constructor(handle: HTMLElement, viewport: Viewport, onMove: () => void) {
    this.#handle = handle;
    this.#viewport = viewport;
    this.#onMove = onMove;
    handle.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.#set(this.#percent + step);
    });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      handle.setPointerCapture(event.pointerId);
      handle.focus({ preventScroll: true });
      event.preventDefault();
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { left } = handle.parentElement!.getBoundingClientRect();
      this.#set((100 * this.#viewport.transform.invertX(event.clientX - left)) / this.#width);
    });
  }

  /** The first column of the photo that shows what it became, in pixels. */
  get column(): number {
    return (this.#percent / 100) * this.#width;
  }

  /** Begins in the middle of another photo. */
  open(width: number): void {
    this.#width = width;
    this.#set(50);
  }

  /** Puts the handle where the line is. */
  place(): void {
    const { width } = this.#viewport.paneSize;
    const x = this.#viewport.transform.applyX(this.column);
    this.#handle.style.left = `${Math.min(width, Math.max(0, x))}px`;
    this.#handle.classList.toggle("away", x < 0 || x > width);
  }

  #set(percent: number): void {
    this.#percent = Math.min(100, Math.max(0, percent));
    this.#handle.setAttribute("aria-valuenow", String(Math.round(this.#percent)));
    this.#onMove();
  }
}
