// Runs the conformance suite on a scene of the real PixiJS. Nothing draws it: a scene and its textures need no renderer.
import { ColorMatrixFilter, Container, Graphics, Rectangle, Sprite, Texture } from "pixi.js";
import { PixiHost, UndoHistory, type CanvasLimits } from "../../../src/adapters/canvas/index.js";
import { runHostConformance, type HostFixture, type SeenLayer } from "../../../src/testing/index.js";
import { makePicture } from "../../../src/testing/host-conformance/pictures.js";
import { badMoments, offerCommands, type OpenedInPage } from "./bad-moments.js";
import { loadImg, paintedCopy, pixelsOf, stripedCanvas, toImg } from "./page-documents.js";
import { severalObjects } from "./several-objects.js";

const drawn = (sprite: Sprite) => sprite.texture.source.resource as HTMLImageElement;

async function seen(sprite: Sprite, isOpened: boolean): Promise<SeenLayer> {
  const pixels = await pixelsOf(drawn(sprite));
  const { x, y, width, height } = sprite.texture.frame;
  const [left, top] = [-sprite.anchor.x * width, -sprite.anchor.y * height];
  const corners = [
    { x: left, y: top },
    { x: left + width, y: top },
    { x: left + width, y: top + height },
    { x: left, y: top + height },
  ].map((corner) => sprite.toGlobal(corner));
  const isWhole = width === pixels.width && height === pixels.height;
  return {
    isOpened,
    pixels,
    corners: corners.flatMap((corner) => [corner.x, corner.y]),
    crop: isWhole ? undefined : { x, y, width, height },
    opacity: sprite.alpha,
    filters: sprite.filters && sprite.filters.length > 0 ? [sprite.filters.length] : [],
  };
}

function open(element: HTMLImageElement | undefined, limits?: CanvasLimits): OpenedInPage {
  const stage = new Container();
  const group = stage.addChild(new Container({ x: 3, rotation: 0.1 }));
  const sprite = new Sprite(element && Texture.from(element, true));
  sprite.position.set(40, 30);
  let active: Container | undefined = element && sprite;
  if (element) group.addChild(sprite);
  const history = new UndoHistory();
  const host = new PixiHost({ stage, active: () => active, history, ...(limits && { limits }) });
  return {
    host,
    layers: () =>
      Promise.all(
        group.children
          .filter((child) => child instanceof Sprite)
          .map((child) => seen(child, child === sprite)),
      ),
    edit: () => {
      sprite.texture = Texture.from(paintedCopy(drawn(sprite)), true);
    },
    remove: () => {
      sprite.removeFromParent();
    },
    arrange: () => {
      const { source } = sprite.texture;
      sprite.texture = new Texture({ source, frame: new Rectangle(8, 0, 48, 32) });
      sprite.anchor.set(0.5, 0.25);
      sprite.scale.set(-2, 1.5);
      sprite.rotation = 0.5;
      sprite.skew.set(0.1, 0.2);
      sprite.pivot.set(4, 2);
      sprite.alpha = 0.6;
      sprite.filters = [new ColorMatrixFilter()];
    },
    changeSelection: () => {
      active = active ? undefined : sprite;
      host.selectionChanged();
    },
    undo: async () => {
      await history.undo();
    },
    redo: async () => {
      await history.redo();
    },
    pickVector: () => {
      active = stage.addChild(new Graphics().rect(0, 0, 9, 9).fill("red"));
    },
    closeDocument: () => stage.destroy({ children: true }),
  };
}

const fixture: HostFixture = {
  open: async (image) => open(image && (await toImg(image))),
  openFile: async (bytes) => open(await loadImg(bytes, "image/jpeg")),
  exclusions: {
    "captures the selection as a mask": "PixiJS has no selections",
    "restores only what is selected": "PixiJS has no selections",
    "adds a layer with a layer mask": "the host makes no masks",
  },
};

/** Two sprites at once and a container with one; one of them cannot be read. */
async function restoreSeveral(): Promise<unknown> {
  const sprite = (label: string, element: HTMLCanvasElement | HTMLImageElement): Sprite =>
    new Sprite({ texture: Texture.from(element, true), label });
  const stage = new Container();
  const alone = stage.addChild(sprite("Alone", stripedCanvas()));
  const empty = stage.addChild(sprite("Empty", document.createElement("img")));
  const group = stage.addChild(new Container({ x: 3, rotation: 0.1 }));
  group.addChild(new Graphics());
  const grouped = group.addChild(sprite("Grouped", stripedCanvas()));
  let active: Container[] = [alone, empty, group];
  const messages: string[] = [];
  const shown = (_: string, progress?: { message?: string }) => messages.push(progress?.message ?? "");
  const host = new PixiHost({ stage, active: () => active, interface: { progress: shown } });
  const outcome = await severalObjects(
    host,
    () => [alone, grouped].map(drawn),
    messages,
    () => (active = []),
  );
  host.dispose();
  return outcome;
}

const cases = {
  severalObjects: restoreSeveral,
  badMoments: () => badMoments(async (limits) => open(await toImg(makePicture(8, 6)), limits)),
  offerCommands: async () => offerCommands(open(await toImg(makePicture(8, 6))).host),
};

Object.assign(globalThis, { conform: () => runHostConformance(fixture), cases });
