import { displayedCorners } from "./displayed-corners.js";
import { applyOrientation, type ExifOrientation, type PixelImage, type Rect } from "../../sdk/image/index.js";
import { closing, withDocument, type CheckDefinition } from "./check.js";
import {
  expectRejection,
  expectSameGeometry,
  expectSamePixels,
  expectThat,
  expectUnchanged,
  lookAt,
} from "./expectations.js";
import { makeOrientedPhoto } from "./oriented-photo.js";
import { makeAlphaRamp, makePicture, thinSizes } from "./pictures.js";

/** As numbers; none for all of the pixels. */
function cropOf(crop: Rect | undefined): number[] {
  return crop === undefined ? [] : [crop.x, crop.y, crop.width, crop.height];
}

/** What a capture gives. */
export const captureChecks: readonly CheckDefinition[] = [
  {
    name: "captures opaque pixels bit for bit",
    run: (fixture) => {
      const picture = makePicture(33, 17);
      return withDocument(fixture, picture, async ({ host }) => {
        const capture = await host.capture();
        expectSamePixels(capture.image, picture, "captured");
        expectThat(capture.target === "layer" && capture.mask === undefined, "a layer without a mask");
        const { naturalWidth, naturalHeight } = capture.placement;
        expectThat(naturalWidth === 33 && naturalHeight === 17, "the placement has the natural size");
      });
    },
  },
  {
    name: "captures straight alpha bit for bit, with the colour under transparent pixels",
    run: (fixture) => {
      const ramp = makeAlphaRamp();
      return withDocument(fixture, ramp, async ({ host }) => {
        expectSamePixels((await host.capture()).image, ramp, "captured");
      });
    },
  },
  {
    name: "captures single pixels, rows and columns",
    run: async (fixture) => {
      for (const [width, height] of thinSizes) {
        const picture = makePicture(width, height);
        await withDocument(fixture, picture, async ({ host }) => {
          expectSamePixels((await host.capture()).image, picture, `${width} x ${height}`);
        });
      }
    },
  },
  {
    name: "captures what is visible as a picture of its own",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        if (opened.host.capabilities.commit.image.length === 0) return;
        const { target, mask, image, placement } = await opened.host.capture({ target: "image" });
        expectThat(target === "image" && mask === undefined, "it is said to be something else");
        const { naturalWidth, naturalHeight } = placement;
        const isSame = naturalWidth === image.width && naturalHeight === image.height;
        expectThat(isSame, "its placement has another size than its picture");
      }),
  },
  {
    name: "says where the pixels stand, what of them is shown, and whether through filters",
    run: (fixture) =>
      withDocument(fixture, makePicture(64, 32), async (opened) => {
        for (const prepare of [undefined, () => opened.arrange?.()]) {
          await prepare?.();
          const layer = (await opened.layers()).find(({ isOpened }) => isOpened)!;
          const { placement } = await opened.host.capture();
          const corners = displayedCorners(placement).flatMap(({ x, y }) => [x, y]);
          expectSameGeometry(corners, layer.corners, "the corners");
          expectSameGeometry(cropOf(placement.crop), cropOf(layer.crop), "the crop");
          const isFiltered = layer.filters.length > 0;
          expectThat(placement.isFiltered === isFiltered, `isFiltered is ${placement.isFiltered}`);
        }
      }),
  },
  {
    name: "keeps Display P3",
    run: (fixture) => {
      const picture = makePicture(9, 5, { colorSpace: "display-p3" });
      return withDocument(fixture, picture, async (opened) => {
        const capture = await opened.host.capture();
        expectThat(capture.image.colorSpace === "display-p3", `captured as ${capture.image.colorSpace}`);
        expectSamePixels(capture.image, picture, "captured");
        await opened.host.commit(capture, capture.image, {
          mode: "replace",
          label: "Identity",
          onConflict: "refuse",
        });
        const after = (await lookAt(opened)).pixels;
        expectThat(after.colorSpace === "display-p3", `brought back as ${after.colorSpace}`);
        expectSamePixels(after, picture, "brought back");
      });
    },
  },
  {
    name: "keeps 16 bits, or says that they were reduced",
    run: (fixture) => {
      const picture = makePicture(9, 5, { bitDepth: 16 });
      return withDocument(fixture, picture, async (opened) => {
        const { host } = opened;
        const capture = await host.capture();
        expectSamePixels(capture.image, picture, "captured");
        expectThat(
          capture.image.bitDepth >= 16 || capture.notes.length > 0,
          `captured at ${capture.image.bitDepth} bits without a note`,
        );
        const commit = await host.commit(capture, picture, {
          mode: "replace",
          label: "Deep",
          onConflict: "refuse",
        });
        const after = (await lookAt(opened)).pixels;
        expectSamePixels(after, picture, "brought back");
        expectThat(after.bitDepth >= 16 || commit.notes.length > 0, "brought back at 8 bits without a note");
      });
    },
  },
  {
    name: "captures photos upright, whatever their EXIF orientation",
    run: async (fixture) => {
      const open = fixture.openFile?.bind(fixture);
      expectThat(open !== undefined, "the fixture opens no files");
      const captureOriented = async (orientation: number): Promise<PixelImage> => {
        const captured: PixelImage[] = [];
        await closing(await open(makeOrientedPhoto(orientation)), async ({ host }) => {
          captured.push((await host.capture()).image);
        });
        return captured[0]!;
      };
      const upright = await captureOriented(1);
      for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8] as ExifOrientation[]) {
        const image = await captureOriented(orientation);
        expectSamePixels(image, applyOrientation(upright, orientation), `orientation ${orientation}`);
      }
    },
  },
  {
    name: "changes nothing by capturing",
    run: (fixture) =>
      withDocument(fixture, makePicture(8, 6), async (opened) => {
        const before = await lookAt(opened);
        const first = await opened.host.capture();
        const second = await opened.host.capture();
        await expectUnchanged(opened, before, "after two captures");
        expectThat(first.revision === second.revision, "the revision changed by itself");
        first.image.data.fill(0);
        await expectUnchanged(opened, before, "after writing to the captured pixels");
        expectSamePixels((await opened.host.capture()).image, before.pixels, "captured afterwards");
      }),
  },
  {
    name: "gives another revision after an edit",
    run: (fixture) =>
      withDocument(fixture, makePicture(8, 6), async (opened) => {
        const before = await opened.host.capture();
        await opened.edit();
        const after = await opened.host.capture();
        expectThat(before.revision !== after.revision, "the revision is the same after an edit");
        const isSame = before.documentId === after.documentId && before.layerId === after.layerId;
        expectThat(isSame, "the document or the layer has another id after an edit");
      }),
  },
  {
    name: "captures the selection as a mask",
    run: (fixture) =>
      withDocument(fixture, makePicture(8, 6), async (opened) => {
        expectThat(opened.select !== undefined, "the fixture has no selections");
        await expectRejection(
          () => opened.host.capture({ target: "selection" }),
          "NothingSelected",
          "no selection",
        );
        await opened.select({ x: 2, y: 1, width: 3, height: 4 });
        const { image, mask } = await opened.host.capture({ target: "selection" });
        expectThat(mask !== undefined && mask.isGray && mask.bitDepth === 8, "the mask is 8-bit grey");
        expectThat(
          mask.width === image.width && mask.height === image.height,
          "the mask has the image's size",
        );
        for (let y = 0; y < 6; y++) {
          for (let x = 0; x < 8; x++) {
            const inside = x >= 2 && x < 5 && y >= 1 && y < 5;
            const value = mask.data[(y * 8 + x) * mask.channels];
            expectThat(value === (inside ? 255 : 0), `the mask is ${value} at ${x}, ${y}`);
          }
        }
      }),
  },
  {
    name: "says when nothing is active",
    run: (fixture) =>
      withDocument(fixture, undefined, async ({ host }) => {
        await expectRejection(() => host.capture(), "NothingSelected", "capture");
      }),
  },
  {
    name: "gives up a capture whose signal has fired",
    run: (fixture) =>
      withDocument(fixture, makePicture(4, 4), async ({ host }) => {
        await expectRejection(() => host.capture({ signal: AbortSignal.abort() }), "Aborted", "capture");
      }),
  },
];
