import type { Analysis, PixelImage, Rect } from "limpid";
import { nameOf } from "../../shared/fault-list.js";
import type { Size } from "../../shared/size.js";
import {
  clearToScreen,
  drawPicture,
  placeOf,
  type Context2D,
  type Placement,
} from "../../shared/draw-picture.js";
import { elements } from "./elements.js";
import { drawHeatMap, heatMapOf } from "./heat-map.js";
import { MaskPicture, type Mask } from "./mask.js";
import type { Photo } from "./photo.js";
import { PaintedPicture, wholePicture, type Picture } from "../../shared/picture.js";
import { reductionOf } from "../../shared/reduction.js";
import { Split } from "../../shared/split.js";
import { density, Viewport } from "../../shared/viewport.js";

/** How a photo is looked at. */
export type View = "split" | "sides" | "heat";

/** How long the photo is pressed until it shows how it was, in milliseconds: a double-click is shorter. */
const holdTime = 220;

/** Further than so many CSS pixels a press is a drag. */
const holdDistance = 5;

/** One photo as people look at it: before and after at any zoom, or what the router sees where. */
export class Stage {
  /** Where the photo lies. */
  readonly viewport: Viewport;
  readonly #split: Split;
  readonly #context: CanvasRenderingContext2D;
  #view: View = "split";
  #size: Size = { width: 1, height: 1 };
  #photo: Photo | undefined;
  #before: Picture | undefined;
  #after: PaintedPicture | undefined;
  #result: PixelImage | undefined;
  #isWhole = false;
  #strength = 1;
  #mask: MaskPicture | undefined;
  readonly #scratch = new OffscreenCanvas(1, 1);
  #isHeld = false;
  #analysis: Analysis | undefined;
  #frame = 0;

  constructor() {
    const { photoCanvas, paneBefore, paneAfter, splitHandle, heatFault } = elements;
    this.#context = photoCanvas.getContext("2d")!;
    this.viewport = new Viewport([paneBefore, paneAfter], () => this.#redraw());
    this.#split = new Split(splitHandle, this.viewport, () => this.#redraw());
    heatFault.addEventListener("change", () => this.#showHeat());
    for (const pane of [paneBefore, paneAfter]) this.#listenForPress(pane);
    for (const [button, view] of this.#buttons) button.addEventListener("click", () => this.choose(view));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
  }

  /** Whether it shows what little there was of a photo that is being opened. */
  get isPreview(): boolean {
    return this.#before !== undefined && this.#photo === undefined;
  }

  /** Shows at once what little there is of a photo that is being opened. */
  openPreview(size: Size, preview: ImageBitmap): void {
    this.#open(size);
    this.#before = wholePicture(size, preview);
    this.#redraw();
  }

  /** Shows no photo any more. */
  close(): void {
    const { empty, toolbar, canvas, viewer } = elements;
    this.#before = this.#after = this.#photo = this.#result = undefined;
    empty.hidden = false;
    toolbar.hidden = viewer.hidden = true;
    canvas.classList.remove("has-photo");
  }

  /** Shows a photo that was opened; the view stays where the preview of it has been looked at. */
  open(photo: Photo): void {
    const { image, picture } = photo;
    if (this.#photo !== undefined || this.#size.width !== image.width || this.#size.height !== image.height) {
      this.#open(image);
    }
    this.#photo = photo;
    this.#before = picture;
    this.#after = new PaintedPicture(image, photo.isTransparent ? picture : undefined);
    this.#mask = new MaskPicture(image);
    this.#redraw();
  }

  /** Shows how the photo looks now: a repair, at a strength of 0 to 1; as it was opened if there is none. */
  showAfter(result: PixelImage | undefined, strength: number): void {
    this.#strength = strength;
    if (result !== this.#result || !this.#isWhole) {
      this.#result = result;
      this.#isWhole = false;
      // Parts that a run has shown stay until the whole covers them.
      if (result === undefined) this.#after?.clear();
      else void this.#paint(result);
    }
    this.#redraw();
  }

  /** Shows at once how it would look with more or less of the repair, while a slider moves. */
  showStrength(strength: number): void {
    this.#strength = strength;
    this.#redraw();
  }

  /** Shows where the repair is applied. */
  showMask(mask: Mask): void {
    this.#mask?.show(mask);
    this.#redraw();
  }

  /** Shows a part while the others are still being repaired. */
  showPart(part: Rect, pixels: PixelImage): void {
    // Whatever the run comes to, the whole is painted over it.
    this.#isWhole = false;
    void this.#after?.paintPart(part, pixels).then(() => this.#redraw());
  }

  /** Shows what the router sees where; the most probable degradation first. */
  showAnalysis(analysis: Analysis | undefined): void {
    const { heatFault, viewHeat } = elements;
    const chosen = this.#analysis === undefined ? "" : heatFault.value;
    this.#analysis = analysis;
    viewHeat.disabled = analysis?.windows === undefined;
    heatFault.replaceChildren(
      ...(analysis?.degradations ?? []).map(
        ({ degradation }) => new Option(nameOf(degradation), degradation),
      ),
    );
    if ([...heatFault.options].some(({ value }) => value === chosen)) heatFault.value = chosen;
    this.#showHeat();
  }

  /** Looks at the photo in another way. */
  choose(view: View): void {
    const { viewer, heatBar, ends, splitHandle, photoCanvas } = elements;
    this.#view = view;
    photoCanvas.setAttribute("aria-labelledby", view === "heat" ? "heat-caption" : "file-name");
    for (const [button, named] of this.#buttons) button.setAttribute("aria-pressed", String(named === view));
    viewer.classList.toggle("sides", view === "sides");
    heatBar.hidden = elements.heatCaption.hidden = view !== "heat";
    ends.hidden = view === "heat";
    splitHandle.hidden = view !== "split";
    this.#showHeat();
  }

  /** Shows the photo as it was opened, for as long as that is wanted. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    elements.held.hidden = !isHeld;
    this.#redraw();
  }

  get #buttons(): readonly (readonly [HTMLButtonElement, View])[] {
    const { viewSplit, viewSides, viewHeat } = elements;
    return [
      [viewSplit, "split"],
      [viewSides, "sides"],
      [viewHeat, "heat"],
    ];
  }

  #open(size: Size): void {
    const { empty, toolbar, canvas, viewer } = elements;
    this.#size = { width: size.width, height: size.height };
    this.#photo = undefined;
    this.#after = this.#mask = this.#result = undefined;
    this.#isWhole = false;
    this.#strength = 1;
    empty.hidden = true;
    toolbar.hidden = false;
    viewer.hidden = false;
    canvas.classList.add("has-photo");
    canvas.style.setProperty("--ratio", String(size.width / size.height));
    canvas.style.setProperty("--height", String(size.height));
    this.#split.open(size.width);
    if (this.#view === "heat") this.choose("split");
    this.viewport.open(this.#size);
    this.showAnalysis(undefined);
  }

  async #paint(result: PixelImage): Promise<void> {
    const after = this.#after;
    if (after === undefined) return;
    const isPainted = await after.paint(result, () => this.#redraw());
    if (isPainted && result === this.#result) this.#isWhole = true;
    this.#redraw();
  }

  #listenForPress(pane: HTMLElement): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let start = { x: 0, y: 0 };
    const end = (): void => {
      clearTimeout(timer);
      this.hold(false);
    };
    pane.addEventListener("pointerdown", (event) => {
      end();
      if (event.button > 0 || !event.isPrimary) return;
      start = event;
      if (!this.viewport.isDragging) return;
      timer = setTimeout(() => this.hold(true), holdTime);
    });
    pane.addEventListener("pointermove", (event) => {
      if (Math.hypot(event.x - start.x, event.y - start.y) > holdDistance) clearTimeout(timer);
    });
    for (const type of ["pointerup", "pointercancel", "pointerleave"]) pane.addEventListener(type, end);
  }

  #showHeat(): void {
    const { heatFault, heatCaption } = elements;
    if (this.#analysis !== undefined && this.#view === "heat") {
      heatCaption.textContent = heatMapOf(this.#analysis, heatFault.value, this.#size).caption;
    }
    this.#redraw();
  }

  /** Draws before the next frame, however often it is asked to. */
  #redraw(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    const { zoomValue, zoomFit } = elements;
    const context = this.#context;
    clearToScreen(context);
    const { width, height } = context.canvas;
    this.#split.place();
    zoomValue.textContent = `${Math.round(this.viewport.zoom * 100)} %`;
    zoomFit.setAttribute("aria-pressed", String(this.viewport.isFit));
    if (this.#view === "sides") {
      const half = Math.floor(width / 2);
      this.#drawPane({ x: 0, y: 0, width: half, height }, 0, this.#size.width);
      this.#drawPane({ x: width - half, y: 0, width: half, height }, width - half, 0);
      return;
    }
    const column = this.#view === "heat" ? 0 : this.#split.column;
    this.#drawPane({ x: 0, y: 0, width, height }, 0, column);
    if (this.#view === "heat" && this.#analysis !== undefined) {
      const { cells } = heatMapOf(this.#analysis, elements.heatFault.value, this.#size);
      drawHeatMap(context, cells, this.viewport.transform, density());
    }
  }

  /**
   * Draws what one pane shows.
   *
   * @param pane - in pixels of the screen
   * @param origin - where the pane's coordinates begin
   * @param column - of the photo: those before it are shown as they were, the others as they became
   */
  #drawPane(pane: Rect, origin: number, column: number): void {
    const before = this.#before;
    if (before === undefined) return;
    const context = this.#context;
    const place = placeOf(this.viewport.transform, origin);
    context.save();
    context.beginPath();
    context.rect(pane.x, pane.y, pane.width, pane.height);
    context.clip();
    context.imageSmoothingEnabled = place.level < 1;
    context.imageSmoothingQuality = "medium";
    this.#drawPicture(before, place);
    const after = this.#after;
    if (after !== undefined && !this.#isHeld && column < this.#size.width) {
      const left = Math.round(place.x + column * place.level);
      context.beginPath();
      context.rect(left, 0, this.#context.canvas.width - left, this.#context.canvas.height);
      context.clip();
      this.#drawAfter(before, after, place);
      context.restore();
      context.save();
    }
    this.#drawTint(place);
    context.restore();
  }

  #drawAfter(before: Picture, after: PaintedPicture, place: Placement): void {
    const context = this.#context;
    const strength = this.#strength;
    if (this.#mask?.isPainted === true) {
      context.globalAlpha = strength;
      context.drawImage(this.#masked(after, place, this.#mask), 0, 0);
      return;
    }
    // Light adds up, so that transparency stays as it is; parts that are still missing would be dark.
    if (this.#isWhole && after.isTransparent) {
      context.clearRect(0, 0, context.canvas.width, context.canvas.height);
      context.globalAlpha = 1 - strength;
      this.#drawPicture(before, place);
      context.globalCompositeOperation = "lighter";
    }
    context.globalAlpha = strength;
    this.#drawPicture(after, place);
  }

  /** What is painted of a picture, as it lies on the canvas. */
  #masked(after: PaintedPicture, place: Placement, mask: MaskPicture): OffscreenCanvas {
    const { width, height } = this.#context.canvas;
    const scratch = this.#scratch;
    // Setting a size clears a canvas.
    scratch.width = width;
    scratch.height = height;
    const context = scratch.getContext("2d")!;
    context.imageSmoothingEnabled = place.level < 1;
    this.#drawPicture(after, place, context);
    context.globalCompositeOperation = "destination-in";
    context.imageSmoothingEnabled = true;
    this.#drawMask(mask, place, context);
    return scratch;
  }

  #drawMask({ canvas }: MaskPicture, { level, x, y }: Placement, context: Context2D): void {
    const scale = level * reductionOf(this.#size);
    context.drawImage(canvas, x, y, canvas.width * scale, canvas.height * scale);
  }

  /** Tints what is painted, while the brush is in the hand. */
  #drawTint(place: Placement): void {
    if (this.#mask?.isPainted !== true || !elements.viewer.classList.contains("painting")) return;
    const scratch = this.#scratch;
    scratch.width = this.#context.canvas.width;
    scratch.height = this.#context.canvas.height;
    const context = scratch.getContext("2d")!;
    this.#drawMask(this.#mask, place, context);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = "rgb(0 150 170 / 0.35)";
    context.fillRect(0, 0, scratch.width, scratch.height);
    this.#context.globalAlpha = 1;
    this.#context.drawImage(scratch, 0, 0);
  }

  #drawPicture(picture: Picture, place: Placement, context: Context2D = this.#context): void {
    drawPicture(context, picture, place, this.viewport.around(place.level));
  }
}
