import type { Analysis, PixelImage, RestoreProgress } from "limpid";
import { announceComparison } from "../../shared/comparison.js";
import { nameOf } from "../../shared/expert-chips.js";
import { draw } from "../../shared/pictures.js";
import { elements } from "./elements.js";
import { drawHeatMap, heatMapOf } from "./heat-map.js";

/** Longest side of a shown picture in pixels: enough for a wide, dense screen. */
const shownSide = 1800;

/** The views of one photo: before and after side by side, or what the router sees where. */
export class Stage {
  readonly #repaired = document.createElement("canvas");
  #result: PixelImage | undefined;
  #size = { width: 1, height: 1 };
  #analysis: Analysis | undefined;

  constructor() {
    const { viewCompare, viewHeat, heatFault, heatView, comparison } = elements;
    announceComparison(comparison);
    viewCompare.addEventListener("click", () => this.#choose(false));
    viewHeat.addEventListener("click", () => this.#choose(true));
    heatFault.addEventListener("change", () => this.#drawHeat());
    // The numbers in it are drawn at the size that people see.
    new ResizeObserver(() => this.#drawHeat()).observe(heatView);
  }

  /** Shows a photo that was just opened. */
  open(image: PixelImage): void {
    const { empty, toolbar, before, heatPhoto, canvas, comparison } = elements;
    this.#size = image;
    this.#analysis = undefined;
    empty.hidden = true;
    toolbar.hidden = false;
    canvas.classList.add("has-photo");
    canvas.style.setProperty("--ratio", String(image.width / image.height));
    draw(before, image, shownSide);
    draw(heatPhoto, image, shownSide);
    this.showAfter(image);
    comparison.value = 50;
    this.#choose(false);
    this.showAnalysis(undefined);
  }

  /**
   * Shows how the photo looks now.
   *
   * @param result - the whole repair that it has some of
   */
  showAfter(image: PixelImage, result?: PixelImage): void {
    draw(elements.after, image, shownSide);
    if (result !== undefined && result !== this.#result) draw(this.#repaired, result, shownSide);
    this.#result = result;
  }

  /** Shows at once how it would look with more or less of the repair, while a slider moves. */
  showMixed(strength: number): void {
    if (this.#result === undefined) return;
    const { after, before } = elements;
    const context = after.getContext("2d")!;
    context.clearRect(0, 0, after.width, after.height);
    context.drawImage(before, 0, 0);
    context.globalAlpha = strength;
    context.drawImage(this.#repaired, 0, 0);
    context.globalAlpha = 1;
  }

  /** Shows a tile while the others are still being repaired. */
  showTile({ tile, preview }: RestoreProgress): void {
    const { after } = elements;
    const scale = after.width / this.#size.width;
    const drawn = new OffscreenCanvas(preview.width, preview.height);
    drawn.getContext("2d")!.putImageData(preview.toImageData(), 0, 0);
    after
      .getContext("2d")!
      .drawImage(drawn, tile.x * scale, tile.y * scale, tile.width * scale, tile.height * scale);
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
    this.#drawHeat();
  }

  #choose(isHeat: boolean): void {
    const { viewCompare, viewHeat, compareView, heatView } = elements;
    viewCompare.setAttribute("aria-pressed", String(!isHeat));
    viewHeat.setAttribute("aria-pressed", String(isHeat));
    compareView.hidden = isHeat;
    heatView.hidden = !isHeat;
    this.#drawHeat();
  }

  #drawHeat(): void {
    const { heat, heatFault, heatCaption, heatView } = elements;
    if (this.#analysis === undefined || heatView.hidden) return;
    const map = heatMapOf(this.#analysis, heatFault.value, this.#size);
    drawHeatMap(heat, map, this.#size);
    heatCaption.textContent = map.caption;
  }
}
