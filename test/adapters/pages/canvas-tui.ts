// Runs the conformance suite on a real TOAST UI image editor.
import ImageEditor from "tui-image-editor";
import { TuiHost, type CanvasLimits } from "../../../src/adapters/canvas/index.js";
import { runHostConformance, type HostFixture } from "../../../src/testing/index.js";
import { makePicture } from "../../../src/testing/host-conformance/pictures.js";
import { badMoments, offerCommands, type OpenedInPage } from "./bad-moments.js";
import { loadImg, paintedCopy, pixelsOf, toImg } from "./page-documents.js";
import { seenFabric, type FabricLike } from "./seen-fabric.js";

/** What the tests look at inside of the editor. */
interface Photo extends FabricLike {
  readonly angle: number;
  setElement(element: HTMLCanvasElement): void;
}
interface Inner {
  readonly _graphics: {
    getCanvasImage(): Photo | null;
    getCanvas(): { getObjects(): object[]; backgroundImage: unknown };
  };
}

async function open(
  element: HTMLImageElement | undefined,
  limits?: CanvasLimits,
): Promise<OpenedInPage & { readonly editor: ImageEditor; readonly photo: () => Photo | null }> {
  const container = document.body.appendChild(document.createElement("div"));
  const editor = new ImageEditor(container, { cssMaxWidth: 400, cssMaxHeight: 300, usageStatistics: false });
  if (element) await editor.loadImageFromURL(element.src, "photo");
  const graphics = (editor as unknown as Inner)._graphics;
  const photo = graphics.getCanvasImage();
  const host = new TuiHost(editor, limits && { limits });
  let isClosed = false;
  return {
    editor,
    photo: () => graphics.getCanvasImage(),
    host,
    layers: () => {
      const objects = graphics
        .getCanvas()
        .getObjects()
        .filter((object) => "_originalElement" in object);
      const all = [photo!, ...(objects as Photo[])];
      return Promise.all(all.map((object) => seenFabric(object, object === photo)));
    },
    edit: () => photo!.setElement(paintedCopy(photo!._originalElement)),
    arrange: async () => {
      await editor.rotate(30);
      await editor.flipX();
      await editor.applyFilter("Grayscale", undefined);
    },
    changeSelection: async () => {
      await editor.addImageObject(element!.src);
    },
    undo: async () => {
      await editor.undo();
    },
    redo: async () => {
      await editor.redo();
    },
    pickVector: () => editor.addShape("rect", { width: 9, height: 9, left: 9, top: 9 }),
    closeDocument: () => {
      editor.destroy();
      isClosed = true;
    },
    close: () => {
      if (!isClosed) editor.destroy();
      container.remove();
    },
  };
}

const fixture: HostFixture = {
  open: async (image) => open(image && (await toImg(image))),
  openFile: async (bytes) => open(await loadImg(bytes, "image/jpeg")),
  exclusions: {
    "captures the selection as a mask": "the editor selects objects, not pixels",
    "restores only what is selected": "the editor selects objects, not pixels",
    "adds a layer with a layer mask": "the editor has no layer masks",
    "refuses, or adds a layer, when the layer was removed meanwhile": "the photo cannot be removed",
  },
};

/** A commit between two of the editor's own steps: what the photo is like after each undo, and each redo. */
async function undoAmongOwnSteps(): Promise<readonly string[]> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [40, 20];
  canvas.getContext("2d")!.fillRect(0, 0, 20, 20);
  const element = document.createElement("img");
  element.src = canvas.toDataURL();
  await element.decode();
  const opened = await open(element);
  const { editor, host } = opened;
  const states: string[] = [];
  const look = async () => {
    const { angle, flipX, _originalElement: drawn } = opened.photo()!;
    states.push(`${angle} ${Number(flipX)} ${(await pixelsOf(drawn)).data[0]}`);
  };
  await look();
  await editor.rotate(90);
  await look();
  const capture = await host.capture();
  capture.image.data[0] = 77;
  await host.commit(capture, capture.image, { mode: "replace", label: "Restore", onConflict: "refuse" });
  await look();
  await editor.flipX();
  await look();
  for (let step = 0; step < 3; step++) {
    await editor.undo();
    await look();
  }
  for (let step = 0; step < 3; step++) {
    await editor.redo();
    await look();
  }
  host.dispose();
  await opened.close?.();
  return states;
}

const cases = {
  undoAmongOwnSteps,
  badMoments: () => badMoments(async (limits) => open(await toImg(makePicture(8, 6)), limits)),
  offerCommands: async () => offerCommands((await open(await toImg(makePicture(8, 6)))).host),
};

Object.assign(globalThis, { conform: () => runHostConformance(fixture), cases });
