import type { Placement } from "../../sdk/host/index.js";
import {
  fabricElement,
  fabricImagesIn,
  fabricPlacement,
  likeFabricObject,
  rememberFabric,
  replaceFabricElement,
  type FabricImageLike,
} from "./fabric-object.js";
import { naturalSize, ObjectHost, type DrawnElement, type RecordedStep } from "./object-host.js";

/** A host of an editor that draws with Fabric: its image objects are read, changed and copied alike in each. */
export abstract class FabricObjectHost extends ObjectHost<FabricImageLike> {
  /** What is active: an image, what holds one, or something else; nothing if nothing is. */
  protected abstract pickedObject(): object | undefined | null;

  /** Draws an object that was changed, and tells who listens. */
  protected abstract show(object: FabricImageLike): void;

  /** Puts a layer right above an object, or on top of all if that is gone, and draws it. */
  protected abstract insertLayer(layer: FabricImageLike, below: FabricImageLike): void;

  /** Takes a layer out, and draws what is left. */
  protected abstract removeLayer(layer: FabricImageLike): void;

  /** An object like another one, with another element. */
  protected makeLayer(
    object: FabricImageLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
    label: string,
  ): FabricImageLike {
    return likeFabricObject(object, element, horizontal, vertical, label);
  }

  protected override pickedObjects(): readonly FabricImageLike[] {
    return fabricImagesIn(this.pickedObject());
  }

  protected activeObject(): FabricImageLike | undefined {
    const images = this.pickedObjects();
    return images.length === 1 ? images[0] : undefined;
  }

  protected elementOf(object: FabricImageLike): DrawnElement | undefined {
    return fabricElement(object);
  }

  protected placementOf(object: FabricImageLike): Pick<Placement, "crop" | "transform" | "isFiltered"> {
    return fabricPlacement(object, naturalSize(fabricElement(object)!));
  }

  protected replaceElement(
    object: FabricImageLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
  ): void {
    replaceFabricElement(object, element, horizontal, vertical);
    this.show(object);
  }

  protected remember(object: FabricImageLike): () => void {
    const restore = rememberFabric(object);
    return () => {
      restore();
      this.show(object);
    };
  }

  protected addAbove(
    object: FabricImageLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
    label: string,
  ): Promise<RecordedStep> {
    const layer = this.makeLayer(object, element, horizontal, vertical, label);
    const insert = () => this.insertLayer(layer, object);
    insert();
    return this.record({ label, redo: insert, undo: () => this.removeLayer(layer) });
  }
}
