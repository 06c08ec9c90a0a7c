import type { Canvas, FabricImage } from "fabric";
import { FabricHost, type DrawnElement, type FabricImageLike } from "../../../src/adapters/canvas/index.js";

type Host = typeof FabricHost;
type Placement = ReturnType<FabricHost["placementOf"]>;

/** A host whose new layers are spoilt. */
const withLayer = (spoil: (layer: FabricImage, source: FabricImage) => void) => (Base: Host) =>
  class extends Base {
    protected override makeLayer(...values: Parameters<FabricHost["makeLayer"]>): FabricImageLike {
      const layer = super.makeLayer(...values) as FabricImage;
      spoil(layer, values[0] as FabricImage);
      layer.setCoords();
      return layer;
    }
  };

/** A host that tells another placement. */
const withPlacement = (spoil: (placement: Placement) => Placement) => (Base: Host) =>
  class extends Base {
    protected override placementOf(object: FabricImageLike): Placement {
      return spoil(super.placementOf(object));
    }
  };

/** A host that replaces otherwise. */
const withReplacement = (replace: (object: FabricImage, element: DrawnElement) => void) => (Base: Host) =>
  class extends Base {
    protected override replaceElement(...values: Parameters<FabricHost["replaceElement"]>): void {
      super.replaceElement(...values);
      replace(values[0] as FabricImage, values[1]);
      this.show(values[0]);
    }
  };

/** Faults that an adapter can have, each in an adapter that has no other. The conformance suite must find all of them. */
export const mutants: Readonly<Record<string, (Base: Host) => Host>> = {
  "puts a new layer below its source": (Base) =>
    class extends Base {
      protected override insertLayer(layer: FabricImageLike, source: FabricImageLike): void {
        super.insertLayer(layer, source);
        ((layer as FabricImage).canvas!).sendObjectToBack(layer as FabricImage);
      }
    },
  "puts a new layer at the origin": withLayer((layer) => layer.set({ left: 0, top: 0 })),
  "puts a new layer there unturned": withLayer((layer) => layer.set({ angle: 0 })),
  "puts a new layer there unmirrored": withLayer((layer) => layer.set({ flipX: false })),
  "puts a new layer there at full opacity": withLayer((layer) => layer.set({ opacity: 1 })),
  "puts a new layer there with filters": withLayer((layer, source) => {
    layer.filters = [...source.filters];
  }),
  "puts a new layer there uncropped": withLayer((layer) => layer.set({ cropX: 0 })),
  "puts a copy of its source there": withLayer((layer, source) => {
    const { width, height, cropX } = layer;
    layer.setElement((source as unknown as { _originalElement: HTMLImageElement })._originalElement);
    layer.set({ width, height, cropX });
  }),
  "tells no crop": withPlacement((placement) => ({ ...placement, crop: undefined })),
  "tells another crop": withPlacement(({ crop, ...placement }) => ({
    ...placement,
    crop: crop && { ...crop, x: crop.x - 1 },
  })),
  "tells another place": withPlacement(({ transform: [a, b, c, d, e, f], ...placement }) => ({
    ...placement,
    transform: [a, b, c, d, e + 1, f],
  })),
  "tells no turn": withPlacement(({ transform: [a, b, c, d, e, f], ...placement }) => ({
    ...placement,
    transform: [Math.hypot(a, b), 0, 0, Math.hypot(c, d), e, f],
  })),
  "tells no filters": withPlacement((placement) => ({ ...placement, isFiltered: false })),
  "takes what the filters show": (Base) =>
    class extends Base {
      protected override elementOf(object: FabricImageLike): DrawnElement {
        return object.getElement() as DrawnElement;
      }
    },
  "writes into a document that was closed": (Base) =>
    class extends Base {
      protected override isOpen(): boolean {
        return true;
      }
    },
  "replaces what was removed": (Base) =>
    class extends Base {
      protected override contains(): boolean {
        return true;
      }
    },
  "shows all of a replacement": withReplacement((object, element) => object.setElement(element as never)),
  "drops the filters of what it replaces": withReplacement((object) => {
    object.filters = [];
  }),
  "undoes nothing": (Base) =>
    class extends Base {
      protected override remember(): () => void {
        return () => undefined;
      }
    },
};
