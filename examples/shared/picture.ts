import { crop, type PixelImage, type Rect } from "limpid";
import { breathe } from "./breathe.js";
import { imageDataOf } from "./image-data.js";
import type { Size } from "./size.js";
import { reductionOf } from "./reduction.js";

/** Rows that are painted at once, a multiple of every reduction: some milliseconds of a wide photo. */
const bandHeight = 64;

/**
 * Side of a painted piece in pixels, a multiple of `bandHeight`. A canvas that was drawn from is copied whole when it is painted the next
 * time, which for one as large as a photo takes longer than a frame.
 */
const pieceSide = 1024;

/** Something that a rectangle of a photo is drawn from; it may have fewer pixels. */
export interface Piece extends Rect {
  readonly source: ImageBitmap | OffscreenCanvas;
}

/** A photo to draw at any zoom. */
export interface Picture extends Size {
  /**
   * What it is drawn from.
   *
   * @param level - screen pixels for one pixel of the photo
   */
  pieces(level: number): Iterable<Piece>;
}

/** A picture of one piece, with a reduced one for when it is shown small, or with fewer pixels than the photo has. */
export function wholePicture(
  { width, height }: Size,
  full: ImageBitmap,
  reduced?: ImageBitmap,
): Picture & { close(): void } {
  const reduction = reductionOf({ width, height });
  return {
    width,
    height,
    pieces: (level) => {
      const source = reduced !== undefined && level * reduction <= 1 ? reduced : full;
      return [{ source, x: 0, y: 0, width, height }];
    },
    close() {
      full.close();
      reduced?.close();
    },
  };
}

/** A piece that is painted. */
interface PaintedPiece extends Piece {
  readonly source: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
}

/** A picture whose parts come one after the other. What has not come yet is transparent. */
export class PaintedPicture implements Picture {
  readonly width: number;
  readonly height: number;
  readonly #colorSpace: "srgb" | "display-p3";
  readonly #reduction: number;
  readonly #shape: Picture | undefined;
  readonly #pieces = new Map<string, PaintedPiece>();
  #reduced: PaintedPiece | undefined;
  #painting = 0;

  /**
   * @param image - the photo, for its size and colours
   * @param shape - whose transparency painted parts take on; undefined for opaque photos
   */
  constructor(image: PixelImage, shape: Picture | undefined) {
    this.width = image.width;
    this.height = image.height;
    this.#reduction = reductionOf(image);
    this.#shape = shape;
    this.#colorSpace = image.colorSpace === "display-p3" ? "display-p3" : "srgb";
  }

  /** Whether some of the photo shows through. */
  get isTransparent(): boolean {
    return this.#shape !== undefined;
  }

  pieces(level: number): Iterable<Piece> {
    if (this.#reduction === 1 || level * this.#reduction > 1) return this.#pieces.values();
    return this.#reduced === undefined ? [] : [this.#reduced];
  }

  /** Takes everything away, a painting under way too. */
  clear(): void {
    this.#painting++;
    this.#pieces.clear();
    this.#reduced = undefined;
  }

  /** Paints one part, pixels of its size, piece by piece, so that the page stays smooth. */
  async paintPart(part: Rect, pixels: PixelImage): Promise<void> {
    const painting = this.#painting;
    for (let y = 0; y < pixels.height; y += 4 * bandHeight) {
      const height = Math.min(4 * bandHeight, pixels.height - y);
      const rows = crop(pixels, { x: 0, y, width: pixels.width, height }).toImageData();
      this.#put(rows, part.x, part.y + y);
      await breathe();
      if (painting !== this.#painting) return;
    }
  }

  /**
   * Paints a whole photo, a few rows at a time, so that the page stays smooth.
   *
   * @param onBand - told after each of them
   * @returns false if another painting took its place
   */
  async paint(image: PixelImage, onBand: () => void): Promise<boolean> {
    const painting = ++this.#painting;
    for (let y = 0; y < image.height; y += bandHeight) {
      const height = Math.min(bandHeight, image.height - y);
      this.#put(imageDataOf(image, y, height), 0, y, true);
      onBand();
      await breathe();
      if (painting !== this.#painting) return false;
    }
    return true;
  }

  /** Puts pixels where they lie in the photo; `hasAlpha` says whether they are as transparent as the photo. */
  #put(pixels: ImageData, x: number, y: number, hasAlpha = false): void {
    const right = Math.min(this.width, x + pixels.width);
    const bottom = Math.min(this.height, y + pixels.height);
    const first = (at: number): number => Math.floor(at / pieceSide) * pieceSide;
    for (let top = first(y); top < bottom; top += pieceSide) {
      for (let left = first(x); left < right; left += pieceSide) {
        const piece = this.#pieceAt(left, top);
        const part = intersect(piece, { x, y, width: right - x, height: bottom - y });
        const { context } = piece;
        context.putImageData(pixels, x - left, y - top, part.x - x, part.y - y, part.width, part.height);
        if (!hasAlpha && this.#shape !== undefined) this.#cut(piece, part, this.#shape);
        this.#reduce(piece, part);
      }
    }
  }

  #pieceAt(x: number, y: number): PaintedPiece {
    const key = `${x} ${y}`;
    const known = this.#pieces.get(key);
    if (known !== undefined) return known;
    const rect = intersect(
      { x, y, width: pieceSide, height: pieceSide },
      { x: 0, y: 0, width: this.width, height: this.height },
    );
    const piece = { ...rect, ...this.#canvas(rect.width, rect.height) };
    this.#pieces.set(key, piece);
    return piece;
  }

  #canvas(width: number, height: number): Pick<PaintedPiece, "source" | "context"> {
    const source = new OffscreenCanvas(width, height);
    const context = source.getContext("2d", { colorSpace: this.#colorSpace });
    if (context === null) throw new Error("this browser has no memory for the repaired photo");
    context.imageSmoothingQuality = "medium";
    return { source, context };
  }

  /** Gives a part the transparency of the photo. */
  #cut({ context, x, y }: PaintedPiece, part: Rect, shape: Picture): void {
    context.save();
    context.beginPath();
    context.rect(part.x - x, part.y - y, part.width, part.height);
    context.clip();
    context.globalCompositeOperation = "destination-in";
    for (const { source } of shape.pieces(1)) context.drawImage(source, -x, -y);
    context.restore();
  }

  #reduce({ source, x, y }: PaintedPiece, part: Rect): void {
    const reduction = this.#reduction;
    if (reduction === 1) return;
    this.#reduced ??= {
      ...{ x: 0, y: 0, width: this.width, height: this.height },
      ...this.#canvas(Math.ceil(this.width / reduction), Math.ceil(this.height / reduction)),
    };
    const target = [part.x, part.y, part.width, part.height].map((value) => value / reduction) as Four;
    const { context } = this.#reduced;
    context.clearRect(...target);
    context.drawImage(source, part.x - x, part.y - y, part.width, part.height, ...target);
  }
}

type Four = [number, number, number, number];

/** What two rectangles share. */
export function intersect(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x);
  const height = Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y);
  return { x, y, width, height };
}
