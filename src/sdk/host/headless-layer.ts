import type { PixelImage } from "../image/index.js";
import { identityTransform, type Placement } from "./placement.js";

/** A layer of a {@link HeadlessHost}. Never changed: an edit puts another one in its place. */
export interface HeadlessLayer {
  /** Unique in the document. */
  readonly id: string;
  readonly name: string;
  readonly image: PixelImage;
  /** Its layer mask: grey, of the image's size; undefined if all of it shows. */
  readonly mask: PixelImage | undefined;
  /** Where the pixels stand. */
  readonly placement: Placement;
  /** Whether it is drawn. */
  readonly isVisible: boolean;
}

/** What a layer is made from. */
export interface HeadlessLayerInit {
  readonly image: PixelImage;
  /** What people call it; `"Layer"` if left out. */
  readonly name?: string;
  /** Its layer mask: grey, of the image's size. */
  readonly mask?: PixelImage;
  /** Crop, transform and filters; whole, at the document's origin and unfiltered if left out. */
  readonly placement?: Partial<Pick<Placement, "crop" | "transform" | "isFiltered">>;
  /** Whether it is drawn; true if left out. */
  readonly isVisible?: boolean;
}

/** A layer with everything that its maker left out. */
export function makeHeadlessLayer(id: string, init: HeadlessLayerInit): HeadlessLayer {
  const { image, name = "Layer", mask, placement = {}, isVisible = true } = init;
  return {
    id,
    name,
    image,
    mask,
    placement: {
      naturalWidth: image.width,
      naturalHeight: image.height,
      crop: placement.crop,
      transform: placement.transform ?? identityTransform,
      isFiltered: placement.isFiltered ?? false,
    },
    isVisible,
  };
}
