import type { Size } from "../../shared/size.js";
import { reductionOf } from "../../shared/reduction.js";

/** A line that was painted or erased, in pixels of the photo. */
export interface Stroke {
  readonly kind: "paint" | "erase";
  /** Half of its width. */
  readonly radius: number;
  readonly points: readonly (readonly [number, number])[];
}

/** Where a photo is repaired: strokes, the later ones over the earlier ones. Without any it is repaired everywhere. */
export type Mask = readonly Stroke[];

/** A mask as a picture of alpha, not larger than a photo is shown. */
export class MaskPicture {
  /** Opaque where the photo is repaired. */
  readonly canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #scale: number;
  #mask: Mask = [];

  /** @param size - of the photo, in pixels */
  constructor(size: Size) {
    const reduction = reductionOf(size);
    this.#scale = 1 / reduction;
    this.canvas = new OffscreenCanvas(Math.ceil(size.width / reduction), Math.ceil(size.height / reduction));
    this.#context = this.canvas.getContext("2d")!;
    this.#context.scale(this.#scale, this.#scale);
    this.#context.lineCap = this.#context.lineJoin = "round";
  }

  /** Whether anything was painted: else the photo is repaired everywhere. */
  get isPainted(): boolean {
    return this.#mask.length > 0;
  }

  /** Shows a mask; one that goes on with the last stroke is not drawn anew. */
  show(mask: Mask): void {
    const isLonger = mask.length > this.#mask.length && this.#mask.every((stroke, at) => stroke === mask[at]);
    if (!isLonger)
      this.#context.clearRect(0, 0, this.canvas.width / this.#scale, this.canvas.height / this.#scale);
    for (const stroke of isLonger ? mask.slice(this.#mask.length) : mask) this.#draw(stroke);
    this.#mask = mask;
  }

  #draw({ kind, radius, points }: Stroke): void {
    const context = this.#context;
    context.globalCompositeOperation = kind === "paint" ? "source-over" : "destination-out";
    context.lineWidth = 2 * radius;
    context.beginPath();
    const [first, ...others] = points;
    context.moveTo(...first!);
    // A stroke of one point is a dot.
    for (const point of others.length === 0 ? points : others) context.lineTo(...point);
    context.stroke();
  }
}
