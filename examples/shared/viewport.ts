import type { Rect } from "limpid";
import { pointer, select, type Selection } from "d3-selection";
import { zoom, zoomIdentity, type D3ZoomEvent, type ZoomBehavior, type ZoomTransform } from "d3-zoom";
import type { Size } from "./size.js";

/** Most screen pixels a side that one pixel of a photo is shown as. */
const largestZoom = 32;

/** How far a photo is moved by one press of an arrow key, in CSS pixels. */
const panStep = 60;

/**
 * Where a photo lies in its panes, by wheel, pinch, drag and keys. All panes show the same part of it. 100 % is one pixel of the
 * photo on one pixel of the screen. d3-zoom does the gestures: it is kept up by D3's own authors, under the ISC licence, 18 kB compressed
 * with what it needs, and it knows nothing but a transform, so that canvases can be drawn by it.
 */
export class Viewport {
  /** Whether a drag moves the photo; else the wheel, keys and two fingers do. */
  isDragging = true;
  readonly #panes: readonly HTMLElement[];
  readonly #behavior: ZoomBehavior<HTMLElement, unknown>;
  readonly #selection: Selection<HTMLElement, unknown, null, undefined>;
  readonly #onMove: () => void;
  #size: Size = { width: 1, height: 1 };
  #transform: ZoomTransform = zoomIdentity;
  #isFit = true;

  /**
   * @param panes - elements of one size, one over the photo and perhaps one beside it; the first one is always shown
   * @param onMove - told after every move
   */
  constructor(panes: readonly [HTMLElement, ...HTMLElement[]], onMove: () => void) {
    this.#panes = panes;
    this.#onMove = onMove;
    this.#selection = select(panes[0]);
    this.#behavior = zoom<HTMLElement, unknown>()
      .extent(() => [
        [0, 0],
        [this.paneSize.width, this.paneSize.height],
      ])
      // At fit one finger scrolls the page, and a drag has nothing to move.
      .filter((event: Event) => this.#isGesture(event))
      .on("zoom", (event: D3ZoomEvent<HTMLElement, unknown>) => this.#moved(event));
    for (const pane of panes) {
      select<HTMLElement, unknown>(pane)
        .call(this.#behavior)
        .on("dblclick.zoom", (event: MouseEvent) => this.#toggle(pointer(event, pane)));
    }
    new ResizeObserver(() => this.#resized()).observe(panes[0]);
  }

  /** From pixels of the photo to CSS pixels of a pane. */
  get transform(): ZoomTransform {
    return this.#transform;
  }

  /** 1 is 100 %. */
  get zoom(): number {
    return this.#transform.k * density();
  }

  /** Whether the whole photo is shown, as large as it can be. */
  get isFit(): boolean {
    return this.#isFit;
  }

  /** Of one pane, in CSS pixels. */
  get paneSize(): Size {
    const { clientWidth, clientHeight } = this.#panes[0]!;
    return { width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) };
  }

  /** The part of the photo that is seen, in its pixels. */
  get visible(): Rect {
    const { width, height } = this.paneSize;
    const { transform } = this;
    const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));
    const left = Math.floor(clamp(transform.invertX(0), this.#size.width));
    const top = Math.floor(clamp(transform.invertY(0), this.#size.height));
    return {
      x: left,
      y: top,
      width: Math.ceil(clamp(transform.invertX(width), this.#size.width)) - left,
      height: Math.ceil(clamp(transform.invertY(height), this.#size.height)) - top,
    };
  }

  /**
   * What is seen and a margin of it, in whole pixels of the photo that the reduced copy has too.
   *
   * @param level - screen pixels for one of the photo's
   */
  around(level: number): Rect {
    const { x, y, width, height } = this.visible;
    const step = level < 1 ? 64 : 1;
    const left = Math.max(0, Math.floor(x / step - 1) * step);
    const top = Math.max(0, Math.floor(y / step - 1) * step);
    const right = Math.min(this.#size.width, Math.ceil((x + width) / step + 1) * step);
    const bottom = Math.min(this.#size.height, Math.ceil((y + height) / step + 1) * step);
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  /** Shows a whole photo of another size. */
  open(size: Size): void {
    this.#size = size;
    this.#isFit = true;
    this.#resized();
  }

  /** Shows all of the photo. */
  fit(): void {
    this.#isFit = true;
    const { width, height } = this.paneSize;
    const k = this.#fitScale;
    const transform = zoomIdentity
      .translate((width - this.#size.width * k) / 2, (height - this.#size.height * k) / 2)
      .scale(k);
    this.#behavior.transform(this.#selection, transform);
  }

  /**
   * Shows the photo at a zoom.
   *
   * @param level - 1 is 100 %
   * @param at - what stays where it is, in CSS pixels of the pane; its middle if left out
   */
  zoomTo(level: number, at?: [number, number]): void {
    this.#isFit = false;
    this.#behavior.scaleTo(this.#selection, level / density(), at);
  }

  /** Shows a point of the photo in the middle of the pane, at a zoom: 1 is 100 %. */
  showAt({ x, y }: { readonly x: number; readonly y: number }, level: number): void {
    this.zoomTo(level);
    this.#behavior.translateTo(this.#selection, x, y);
  }

  /** Zooms in or out by a factor. */
  zoomBy(factor: number): void {
    this.zoomTo(this.zoom * factor);
  }

  /** Moves the view by so many presses of an arrow key. */
  pan(right: number, down: number): void {
    const { k } = this.#transform;
    this.#behavior.translateBy(this.#selection, (-right * panStep) / k, (-down * panStep) / k);
  }

  get #fitScale(): number {
    const { width, height } = this.paneSize;
    const scale = Math.min(width / this.#size.width, height / this.#size.height);
    const level = scale * density();
    // Small photos are enlarged by whole numbers, so that each of their pixels is as large as the next.
    return level < 1 ? scale : Math.min(8, Math.floor(level)) / density();
  }

  #isGesture(event: Event): boolean {
    if (event.type === "wheel") return true;
    if ((event as MouseEvent).button > 0 || (event as MouseEvent).ctrlKey) return false;
    const { touches } = event as Partial<TouchEvent>;
    if (touches !== undefined && touches.length > 1) return true;
    return this.isDragging && (touches === undefined || !this.#isFit);
  }

  #toggle(at: [number, number]): void {
    if (!this.isDragging) return;
    if (this.#isFit) this.zoomTo(this.zoom < 1 ? 1 : 2, at);
    else this.fit();
  }

  #resized(): void {
    const { width, height } = this.#size;
    const k = this.#fitScale;
    this.#behavior
      .translateExtent([
        [0, 0],
        [width, height],
      ])
      .scaleExtent([Math.min(k, 1 / density()), Math.max(k, largestZoom / density())]);
    if (this.#isFit) this.fit();
    else this.#behavior.translateBy(this.#selection, 0, 0);
  }

  #moved({ transform, sourceEvent }: D3ZoomEvent<HTMLElement, unknown>): void {
    this.#transform = transform;
    if (sourceEvent !== null) this.#isFit = Math.abs(transform.k / this.#fitScale - 1) < 1e-6;
    for (const pane of this.#panes) {
      select<HTMLElement, unknown>(pane).property("__zoom", transform);
      pane.style.touchAction = this.#isFit && this.isDragging ? "pan-y" : "none";
    }
    this.#onMove();
  }
}

/** What keys do while the photo, or its line between before and after, has the focus. */
const keys: Readonly<Record<string, (viewport: Viewport) => void>> = {
  "0": (viewport) => viewport.fit(),
  "1": (viewport) => viewport.zoomTo(1),
  "2": (viewport) => viewport.zoomTo(2),
  "+": (viewport) => viewport.zoomBy(1.5),
  "=": (viewport) => viewport.zoomBy(1.5),
  "-": (viewport) => viewport.zoomBy(1 / 1.5),
  ArrowLeft: (viewport) => viewport.pan(-1, 0),
  ArrowRight: (viewport) => viewport.pan(1, 0),
  ArrowUp: (viewport) => viewport.pan(0, -1),
  ArrowDown: (viewport) => viewport.pan(0, 1),
};

/** Does what a key means for a viewport, if it means something and no other key is held with it. */
export function pressKey(viewport: Viewport, event: KeyboardEvent): void {
  const act = keys[event.key];
  if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act(viewport);
}

/** Screen pixels for one CSS pixel. */
export const density = (): number => globalThis.devicePixelRatio || 1;
