import type { EditorHost } from "../../../src/sdk/host/index.js";
import { PixelImage } from "../../../src/sdk/image/index.js";
import type { HostFixture, HostUnderTest } from "../../../src/testing/host-conformance/index.js";
import type { FakePhotopea, SeenDocument } from "../../fakes/photopea/index.js";

/** Does what a method of a fake Photopea does, there or in another window. */
export type DoThere = <
  Name extends
    "closeDocument" | "paint" | "removeLowest" | "arrange" | "select" | "addLayer" | "undo" | "redo",
>(
  method: Name,
  ...values: Parameters<FakePhotopea[Name]>
) => unknown;

/** Checks that no host of Photopea can pass. */
export const exclusions: NonNullable<HostFixture["exclusions"]> = {
  "adds a layer with a layer mask": "a mask is made of what is selected, so that a whole layer gets none",
  "brings a larger result to the same place at the same displayed size": "a layer has the document's pixels",
  "keeps 16 bits, or says that they were reduced":
    "scripts cannot tell a document's depth, and it comes out with 8 bits",
  "tells when the active layer changes": "Photopea tells nobody; refresh() asks",
};

/** A document of a fake Photopea, and what a person does there. */
export function underTest(
  host: EditorHost,
  look: () => SeenDocument[] | Promise<SeenDocument[]>,
  doThere: DoThere,
): HostUnderTest {
  const active = async (): Promise<SeenDocument> => (await look()).find(({ isActive }) => isActive)!;
  let isRemoved = false;
  return {
    host,
    layers: async () => {
      const { layers } = await active();
      return [...layers].reverse().map(({ image, mask, geometry: [left, top, opacity] }, index) => {
        const { width, height } = image!;
        const [right, bottom] = [left + width, top + height];
        return {
          isOpened: index === 0 && !isRemoved,
          pixels: image!,
          corners: [left, top, right, top, right, bottom, left, bottom],
          crop: undefined,
          opacity: opacity / 100,
          mask: mask && new PixelImage({ width, height, channels: 1, data: mask }),
          filters: [],
        };
      });
    },
    edit: async () => {
      await doThere("paint");
    },
    remove: async () => {
      await doThere("removeLowest");
      isRemoved = true;
    },
    arrange: async () => {
      await doThere("arrange", { left: -7, top: 5, opacity: 60 });
    },
    select: async (rect) => {
      await doThere("select", rect);
    },
    changeSelection: async () => {
      await doThere("addLayer");
    },
    closeDocument: () => doThere("closeDocument"),
    undo: async () => {
      await doThere("undo");
    },
    redo: async () => {
      await doThere("redo");
    },
  };
}
