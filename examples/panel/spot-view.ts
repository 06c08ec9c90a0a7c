import type { PixelImage, Rect } from "limpid";
import { clearToScreen, drawPicture, placeOf, type Placement } from "../shared/draw-picture.js";
import { PaintedPicture } from "../shared/picture.js";
import { Split } from "../shared/split.js";
import { pressKey, Viewport } from "../shared/viewport.js";
import { elements } from "./elements.js";

/** How long the photo must lie still until another spot counts as looked at, in milliseconds. */
const restTime = 300;

/**
 * A photo before and after, one pixel of it on one pixel of the screen at first. People move it to the spot that they want to
 * judge; what is not restored yet is shown as it was.
 */
export class SpotView {
  readonly #viewport: Viewport;
  readonly #split: Split;
  readonly #context: CanvasRenderingContext2D;
  readonly #onRest: () => void;
  #before: PaintedPicture | undefined;
  #after: PaintedPicture | undefined;
  /** The parts of the photo that are restored, in its pixels. */
  #restored: Rect[] = [];
  #strength = 1;
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** @param onRest - told when the photo has been moved or zoomed, and lies still */
  constructor(onRest: () => void) {
    const { canvas, pane, split, view, zoomFit, zoomWhole } = elements;
    this.#onRest = onRest;
    this.#context = canvas.getContext("2d")!;
    this.#viewport = new Viewport([pane], () => this.#moved());
    this.#split = new Split(split, this.#viewport, () => this.#redraw());
    zoomFit.addEventListener("click", () => this.#viewport.fit());
    zoomWhole.addEventListener("click", () => this.#viewport.zoomTo(1));
    view.addEventListener("keydown", (event) => pressKey(this.#viewport, event));
  }

  /** What is seen of the photo, in its pixels. */
  get visible(): Rect {
    return this.#viewport.visible;
  }

  /** 1 is 100 %. */
  get zoom(): number {
    return this.#viewport.zoom;
  }

  /** Whether a part is shown as it becomes. */
  covers(part: Rect): boolean {
    return this.#restored.some((restored) => contains(restored, part));
  }

  /**
   * Shows another photo.
   *
   * @param middle - what is shown in the middle, in its pixels
   */
  open(image: PixelImage, middle: { readonly x: number; readonly y: number }): void {
    const { view } = elements;
    view.style.setProperty("--ratio", String(image.width / image.height));
    view.style.setProperty("--height", String(image.height));
    this.#before = new PaintedPicture(image, undefined);
    this.#after = new PaintedPicture(image, undefined);
    this.#restored = [];
    void this.#before.paint(image, () => this.#redraw());
    this.#split.open(image.width);
    this.#viewport.open(image);
    if (this.#viewport.zoom < 1) this.#viewport.showAt(middle, 1);
    this.#redraw();
  }

  /** Shows a part as it becomes. */
  async showPart(part: Rect, pixels: PixelImage): Promise<void> {
    const after = this.#after;
    await after?.paintPart(part, pixels);
    if (after !== this.#after) return;
    this.#restored.push(part);
    this.#redraw();
  }

  /** Shows all of the photo as it becomes. */
  async showWhole(image: PixelImage): Promise<void> {
    const after = this.#after;
    if (!(await after?.paint(image, () => this.#redraw())) || after !== this.#after) return;
    this.#restored = [{ x: 0, y: 0, width: image.width, height: image.height }];
    this.#redraw();
  }

  /** Shows the photo as it was: what was restored of it is not wanted any more. */
  clear(): void {
    this.#after?.clear();
    this.#restored = [];
    this.#redraw();
  }

  /** Shows at once how it looks with more or less of the repair, 0 to 1. */
  showStrength(strength: number): void {
    this.#strength = strength;
    this.#redraw();
  }

  #moved(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(this.#onRest, restTime);
    this.#redraw();
  }

  /** Draws before the next frame, however often it is asked to. */
  #redraw(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    const { zoomValue, zoomFit, zoomWhole } = elements;
    const { zoom, isFit, transform } = this.#viewport;
    const context = this.#context;
    clearToScreen(context);
    this.#split.place();
    zoomValue.textContent = `${Math.round(zoom * 100)} %`;
    zoomFit.setAttribute("aria-pressed", String(isFit));
    zoomWhole.setAttribute("aria-pressed", String(!isFit && zoom === 1));
    const place = placeOf(transform);
    context.imageSmoothingEnabled = place.level < 1;
    this.#drawPicture(this.#before, place);
    this.#drawAfter(place);
  }

  /** Light adds up, so that transparency comes out right at any strength. */
  #drawAfter(place: Placement): void {
    const context = this.#context;
    const column = Math.round(this.#split.column);
    const parts = this.#restored.map((part) => rightOf(part, column)).filter(({ width }) => width > 0);
    if (parts.length === 0) return;
    context.save();
    context.beginPath();
    for (const part of parts) {
      const [left, top] = [place.x + part.x * place.level, place.y + part.y * place.level].map(Math.round);
      const right = Math.round(place.x + (part.x + part.width) * place.level);
      const bottom = Math.round(place.y + (part.y + part.height) * place.level);
      context.rect(left!, top!, right - left!, bottom - top!);
    }
    context.clip();
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.globalAlpha = 1 - this.#strength;
    this.#drawPicture(this.#before, place);
    context.globalCompositeOperation = "lighter";
    context.globalAlpha = this.#strength;
    this.#drawPicture(this.#after, place);
    context.restore();
  }

  #drawPicture(picture: PaintedPicture | undefined, place: Placement): void {
    if (picture === undefined || this.#context.globalAlpha === 0) return;
    drawPicture(this.#context, picture, place, this.#viewport.around(place.level));
  }
}

function rightOf(part: Rect, column: number): Rect {
  const x = Math.max(part.x, column);
  return { ...part, x, width: part.x + part.width - x };
}

function contains(outer: Rect, inner: Rect): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}
