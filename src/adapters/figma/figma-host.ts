import { LimpidError, throwIfAborted } from "../../sdk/base/index.js";
import {
  fitResult,
  PanelHost,
  resizePlacement,
  resolveCommitMode,
  type Capture,
  type CaptureOptions,
  type Commit,
  type CommitMode,
  type CommitOptions,
  type EditorHost,
  type HostCapabilities,
  type HostNotification,
  type HostPanel,
  type Placement,
} from "../../sdk/host/index.js";
import { crop, encodePng, resizeBicubic, type PixelImage } from "../../sdk/image/index.js";
import { sha256Hex } from "../../sdk/weights/index.js";
import { readPixels, type ReadPixels } from "../canvas/index.js";
import { nothingSelected } from "../frame/index.js";
import { isRectangular, placeFill } from "./fill-placement.js";
import {
  figmaMaximumSide,
  type FillState,
  type PlacedTile,
  type Result,
  type SelectionState,
} from "./protocol.js";
import { cutResult } from "./result-tiles.js";
import type { FigmaSession, FigmaTurn } from "./session.js";

/**
 * What becomes of a result with a side of more than 4096 pixels, which is the most that Figma takes.
 *
 * - `refuse`: `ImageTooLarge`.
 * - `tiles`: a group of layers beside each other, above the captured one, even if that was to be replaced.
 * - `downscale`: fewer pixels, which the commit's notes say.
 */
export type FigmaOversize = "refuse" | "tiles" | "downscale";

/** What a {@link FigmaHost} is told. */
export interface FigmaHostOptions {
  /** What shows progress, notifications and questions. Without it Figma shows the notifications, and nobody sees the rest. */
  readonly panel?: HostPanel;
  /** What becomes of results that are too large for Figma; `"refuse"` if left out. */
  readonly oversize?: FigmaOversize;
  /** Pixels for one unit of the page when a layer is captured as it is drawn, 0.01 to 100; 1 if left out. */
  readonly renderingScale?: number;
  /** Most pixels that are taken out or brought back; 100 million if left out. */
  readonly maximumPixels?: number;
}

/** A fill with an image. */
export interface FigmaFill {
  /** Names it as `layerId` of a capture does. */
  readonly id: string;
  /** What people call its layer. */
  readonly name: string;
  /** Stands for its image: fills with the same one have the same pixels. */
  readonly imageHash: string;
  /** How the image lies in the layer. */
  readonly scaleMode: "FILL" | "FIT" | "CROP" | "TILE";
  /** Whether Figma draws it through filters of its own, which a capture of the layer leaves out. */
  readonly isFiltered: boolean;
  /** Whether its layer, or one around it, is locked, so that it cannot be replaced. */
  readonly isLocked: boolean;
}

/** What is selected in Figma. */
export interface FigmaSelection {
  /** The page that is open. */
  readonly pageId: string;
  /** The layers that are selected, in Figma's order. */
  readonly layers: readonly {
    /** The node's id. */
    readonly id: string;
    /** The name that people see. */
    readonly name: string;
    /** The node's type, such as `RECTANGLE`. */
    readonly type: string;
  }[];
  /** Their image fills, and those of the layers in them. */
  readonly fills: readonly FigmaFill[];
  /** Whether there are more than are told: 1,000 fills, or those in 20,000 layers. */
  readonly isCut: boolean;
}

/** Why the plugin was started. */
export interface FigmaLaunch {
  /** The command of the manifest's `menu` or `relaunchButtons`; empty if there is none. */
  readonly command: string;
  /** What people chose for the manifest's parameters, by key. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What to take from Figma. */
export interface FigmaCaptureOptions extends CaptureOptions {
  /** Id of a fill, for the target `layer`, or of a layer, for `image`; the first one that is selected if left out. */
  readonly id?: string;
}

/** How to bring a result into Figma. */
export interface FigmaCommitOptions extends CommitOptions {
  /** An image that Figma has already, by the `imageHash` of an earlier commit of the same result: it is not sent again. */
  readonly imageHash?: string;
}

/** A result that is in Figma. */
export interface FigmaCommit extends Commit {
  /** Stands for the image that was put in; undefined if it was put in as tiles. */
  readonly imageHash: string | undefined;
}

/** Longest side of a result, in pixels, that is cut into tiles or made smaller. */
const maximumResultSide = 32_768;

/** Characters of a notification that Figma shows. */
const notificationLength = 100;

/**
 * Figma, from the page of a plugin whose sandbox runs `serveFigma` of `limpid/figma/main`; made by {@link connectFigma}.
 *
 * The target `layer` is the first image fill in the selection: the file behind it, without the layer's crop and filters, which
 * stay when the result replaces it. The target `image` is the first selected layer as it is drawn, in sRGB, with everything
 * in it; its result is a new layer. Each commit is one step of Figma's undo.
 *
 * @example
 * ```ts
 * const host = await connectFigma({ pluginId: "1234567890" });
 * const limpid = await createLimpid({ model: "./models/" });
 * button.onclick = () => void limpid.restoreOn(host);
 * ```
 */
export class FigmaHost extends PanelHost implements EditorHost {
  /** Always `figma`. */
  readonly id = "figma";
  /** Why the plugin was started. */
  readonly launch: FigmaLaunch;
  /** What becomes of results that are too large for Figma; may be changed between two runs. */
  oversize: FigmaOversize;
  /** Pixels for one unit of the page in the next capture of the target `image`. */
  renderingScale: number;
  readonly #session: FigmaSession;
  readonly #maximumPixels: number;
  #selection: FigmaSelection;
  /** What took the place of a capture's photo last: another result of it may take the place of that. */
  readonly #replaced = new WeakMap<Capture, { readonly hash: string; readonly factor: number }>();

  /** @internal To be made by {@link connectFigma}. Owns the session from here on. */
  constructor(session: FigmaSession, hello: Result<"hello">, options: FigmaHostOptions = {}) {
    const { panel = {}, oversize = "refuse", renderingScale = 1, maximumPixels = 100_000_000 } = options;
    super(panel);
    this.#session = this.owned.add(session);
    this.#maximumPixels = maximumPixels;
    this.oversize = oversize;
    this.renderingScale = renderingScale;
    this.launch = { command: hello.command, parameters: hello.parameters };
    this.#selection = describeSelection(hello.state);
    this.owned.add(
      session.onDidChangeSelection((state) => {
        this.#selection = describeSelection(state);
        this.fireSelection({
          documentId: this.#selection.pageId,
          layerId: this.#selection.fills[0]?.id,
          hasSelection: false,
        });
      }),
    );
  }

  /** What is selected, as Figma last said. */
  get selection(): FigmaSelection {
    return this.#selection;
  }

  /** What Figma can do, and what the page shows. */
  get capabilities(): HostCapabilities {
    return {
      commit: { image: ["new-layer"], layer: ["replace", "new-layer"], selection: [] },
      undoSteps: { replace: 1, "new-layer": 1, mask: 0 },
      bitDepths: [8],
      colorSpaces: ["srgb", "display-p3", "icc"],
      alpha: "straight",
      maximumSide: this.oversize === "refuse" ? figmaMaximumSide : maximumResultSide,
      maximumPixels: this.#maximumPixels,
      canResize: true,
      progress: this.panel.withProgress !== undefined,
      notifications: true,
      questions: this.panel.ask !== undefined,
      commands: true,
      menus: true,
      selectionEvents: true,
    };
  }

  /**
   * Asks Figma what is selected.
   *
   * @param signal - gives up when it fires
   * @returns what there is
   * @throws {@link LimpidError} `HostFailed`, `Aborted`, `Disposed`
   */
  async refresh(signal?: AbortSignal): Promise<FigmaSelection> {
    return this.#session.turn((turn) => this.#look(turn), signal);
  }

  async capture({ target = "layer", signal, id }: FigmaCaptureOptions = {}): Promise<Capture> {
    return this.#session.turn((turn) => {
      switch (target) {
        case "layer":
          return this.#captureFill(turn, id, signal);
        case "image":
          return this.#captureRendering(turn, id, signal);
        case "selection":
          throw new LimpidError("NotSupported", "in Figma layers are selected, not parts of them", {
            details: { target },
          });
      }
    }, signal);
  }

  async commit(capture: Capture, result: PixelImage, options: FigmaCommitOptions): Promise<FigmaCommit> {
    this.throwIfDisposed();
    const { image, notes } = fitResult(this.capabilities, capture, result, options);
    const fitted = this.#fitSide(image);
    return this.#session.turn(async (turn) => {
      const commit =
        capture.target === "image"
          ? await this.#commitRendering(turn, capture, fitted.image, options)
          : await this.#commitFill(turn, capture, fitted.image, options);
      return { ...commit, undoSteps: 1, notes: [...notes, ...fitted.notes, ...commit.notes] };
    });
  }

  override notify(notification: HostNotification): void {
    if (this.panel.notify !== undefined) return this.panel.notify(notification);
    const { text, level } = notification;
    const shown = text.length > notificationLength ? `${text.slice(0, notificationLength - 1)}…` : text;
    this.#session.tell("notify", { text: shown, isError: level === "error" });
  }

  /**
   * Makes the plugin's window another size.
   *
   * @param width - in pixels, 70 at least
   * @param height - in pixels
   */
  resizeWindow(width: number, height: number): void {
    this.#session.tell("resize", { width, height });
  }

  async #look(turn: FigmaTurn): Promise<FigmaSelection> {
    this.#selection = describeSelection(await turn.call("look", {}));
    return this.#selection;
  }

  async #captureFill(
    turn: FigmaTurn,
    id: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Capture> {
    const { layers, fills } = await this.#look(turn);
    throwIfAborted(signal);
    const wanted = id ?? fills[0]?.id;
    if (wanted === undefined) {
      const why = layers.length === 0 ? "nothing is selected" : "no selected layer has an image fill";
      throw nothingSelected("layer", why);
    }
    const opened = await turn.call("openFill", { ...parseFillId(wanted), ...this.#limits });
    const { transfer, length, pageId, geometry, fill } = opened;
    const { image, notes } = await this.#decode(await turn.download(transfer, length, signal), signal);
    return {
      target: "layer",
      image,
      mask: undefined,
      placement: placeFill(image.width, image.height, geometry, fill.isFiltered),
      documentId: pageId,
      layerId: formatFillId(fill),
      name: fill.name,
      revision: fill.hash,
      notes,
    };
  }

  async #captureRendering(
    turn: FigmaTurn,
    id: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Capture> {
    const { layers } = await this.#look(turn);
    throwIfAborted(signal);
    const nodeId = id ?? layers[0]?.id;
    if (nodeId === undefined) throw nothingSelected("image", "nothing is selected");
    const { file, name, pageId, frame } = await this.#render(turn, nodeId, this.renderingScale, signal);
    const { image, notes } = await this.#decode(file, signal);
    const [[, , x], [, , y]] = frame.transform;
    const step = 1 / this.renderingScale;
    return {
      target: "image",
      image,
      mask: undefined,
      placement: {
        naturalWidth: image.width,
        naturalHeight: image.height,
        crop: undefined,
        transform: [step, 0, 0, step, x, y],
        isFiltered: false,
      },
      documentId: pageId,
      layerId: nodeId,
      name,
      revision: sha256Hex(file),
      notes,
    };
  }

  async #render(
    turn: FigmaTurn,
    nodeId: string,
    scale: number,
    signal?: AbortSignal,
  ): Promise<Result<"openRendering"> & { readonly file: Uint8Array<ArrayBuffer> }> {
    const opened = await turn.call("openRendering", { nodeId, scale, ...this.#limits });
    return { ...opened, file: await turn.download(opened.transfer, opened.length, signal) };
  }

  async #decode(file: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined): Promise<ReadPixels> {
    const { image, notes } = await readPixels(new Blob([file]), { limits: this.#limits, signal });
    const isGif = file[0] === 0x47 && file[1] === 0x49 && file[2] === 0x46;
    return { image, notes: isGif ? [...notes, "only the first frame of the GIF was taken"] : notes };
  }

  get #limits(): { readonly maximumSide: number; readonly maximumPixels: number } {
    const { maximumSide, maximumPixels } = this.capabilities;
    return { maximumSide, maximumPixels };
  }

  /** Smaller, if that was asked for. */
  #fitSide(image: PixelImage): { readonly image: PixelImage; readonly notes: readonly string[] } {
    const { width, height } = image;
    const scale = figmaMaximumSide / Math.max(width, height);
    if (this.oversize !== "downscale" || scale >= 1) return { image, notes: [] };
    const smaller = resizeBicubic(
      image,
      Math.max(1, Math.round(width * scale)),
      Math.max(1, Math.round(height * scale)),
    );
    const note = `reduced from ${width} x ${height} to ${smaller.width} x ${smaller.height} pixels, the most that Figma takes`;
    return { image: smaller, notes: [note] };
  }

  async #commitFill(
    turn: FigmaTurn,
    capture: Capture,
    image: PixelImage,
    options: FigmaCommitOptions,
  ): Promise<Omit<FigmaCommit, "undoSteps">> {
    const { layerId = "" } = capture;
    const fill = parseFillId(layerId);
    let there = { hash: capture.revision, factor: 1 };
    let now = await turn.call("inspect", { ...fill, hash: there.hash });
    const earlier = this.#replaced.get(capture);
    if (!now.isSame && earlier !== undefined) {
      const again = await turn.call("inspect", { ...fill, hash: earlier.hash });
      if (again.isSame) [now, there] = [again, earlier];
    }
    const { hash } = there;
    let isConflict = !now.isSame;
    let mode = resolveCommitMode(this.capabilities, capture, options, isConflict);
    if (mode === "replace" && now.isLocked) throw locked(capture);
    if (isLarge(image)) {
      if (now.geometry !== null && !isRectangular(now.geometry)) throw notCut(capture);
      const { width, height } = capture.image;
      const placement =
        now.geometry === null ? capture.placement : placeFill(width, height, now.geometry, false);
      const notes = await addTiles(turn, fill.nodeId, placement, image, options.label);
      return { mode: "new-layer", isConflict, imageHash: undefined, notes };
    }
    const hashOfResult = options.imageHash ?? (await turn.upload(await encodePng(image)));
    const scale = image.width / capture.image.width;
    const factor = scale / there.factor;
    if (mode === "replace") {
      try {
        const { detachedStyle } = await turn.call("replaceFill", {
          ...fill,
          hash,
          image: hashOfResult,
          factor,
        });
        this.#replaced.set(capture, { hash: hashOfResult, factor: scale });
        const notes = detachedStyle ? ["the layer's fill is no longer that of its style"] : [];
        return { mode, isConflict, imageHash: hashOfResult, notes };
      } catch (error) {
        // Changed between the look at it and now.
        if (!LimpidError.is(error, "DocumentChanged")) throw error;
        isConflict = true;
        mode = resolveCommitMode(this.capabilities, capture, options, isConflict);
      }
    }
    await this.#addFill(turn, capture, hashOfResult, { ...fill, hash, factor, label: options.label });
    return { mode, isConflict, imageHash: hashOfResult, notes: [] };
  }

  /** Above the captured layer with its crop and shape; if that is gone, where it stood. */
  async #addFill(
    turn: FigmaTurn,
    { placement }: Capture,
    image: string,
    fill: { nodeId: string; index: number; hash: string; factor: number; label: string },
  ): Promise<void> {
    try {
      await turn.call("addFill", { ...fill, image });
    } catch (error) {
      if (!LimpidError.is(error, "DocumentChanged")) throw error;
      const { frame, tiles } = cutResult(placement, Infinity);
      await turn.call("addTiles", {
        nodeId: fill.nodeId,
        frame,
        tiles: tiles.map(({ place }): PlacedTile => ({ ...place, image })),
        label: fill.label,
      });
    }
  }

  async #commitRendering(
    turn: FigmaTurn,
    capture: Capture,
    image: PixelImage,
    options: FigmaCommitOptions,
  ): Promise<Omit<FigmaCommit, "undoSteps">> {
    const { layerId = "", revision } = capture;
    const { placement, revision: now } = await this.#renderAgain(turn, capture);
    const isConflict = now !== revision;
    const mode: CommitMode = resolveCommitMode(this.capabilities, capture, options, isConflict);
    const notes = await addTiles(turn, layerId, placement, image, options.label);
    return { mode, isConflict, imageHash: undefined, notes };
  }

  /** Where a layer that was drawn stands now, and what it looks like; as it was, if it is gone. */
  async #renderAgain(
    turn: FigmaTurn,
    { layerId = "", placement }: Capture,
  ): Promise<{ readonly placement: Placement; readonly revision: string | undefined }> {
    const [step] = placement.transform;
    try {
      const { file, frame } = await this.#render(turn, layerId, 1 / step);
      const [[, , x], [, , y]] = frame.transform;
      return {
        placement: { ...placement, transform: [step, 0, 0, step, x, y] },
        revision: sha256Hex(file),
      };
    } catch (error) {
      if (!LimpidError.is(error, "DocumentChanged") && !LimpidError.is(error, "NothingSelected")) throw error;
      return { placement, revision: undefined };
    }
  }
}

/** Puts a result above a layer, in as many parts as Figma needs. */
async function addTiles(
  turn: FigmaTurn,
  nodeId: string,
  captured: Placement,
  image: PixelImage,
  label: string,
): Promise<string[]> {
  const placement = resizePlacement(captured, image.width, image.height);
  const { frame, tiles } = cutResult(placement, figmaMaximumSide);
  const placed: PlacedTile[] = [];
  for (const { source, place } of tiles) {
    const part = tiles.length === 1 && !isLarge(image) ? image : crop(image, source);
    placed.push({ ...place, image: await turn.upload(await encodePng(part)) });
  }
  await turn.call("addTiles", { nodeId, frame, tiles: placed, label });
  if (!isLarge(image)) return [];
  return [`a group of ${placed.length} layers, since Figma takes ${figmaMaximumSide} pixels a side`];
}

function isLarge({ width, height }: PixelImage): boolean {
  return Math.max(width, height) > figmaMaximumSide;
}

function describeSelection({ pageId, layers, fills, isCut }: SelectionState): FigmaSelection {
  return {
    pageId,
    layers,
    fills: fills.map((fill) => ({
      id: formatFillId(fill),
      name: fill.name,
      imageHash: fill.hash,
      scaleMode: fill.scaleMode,
      isFiltered: fill.isFiltered,
      isLocked: fill.isLocked,
    })),
    isCut,
  };
}

/** A fill as one string, which a capture carries. */
function formatFillId({ nodeId, index }: Pick<FillState, "nodeId" | "index">): string {
  return `${nodeId}#${index}`;
}

function parseFillId(id: string): { nodeId: string; index: number } {
  const [, nodeId, index] = /^([^#]{1,300})#(\d{1,6})$/.exec(id) ?? [];
  if (nodeId !== undefined) return { nodeId, index: Number(index) };
  throw new LimpidError("InvalidArgument", `${JSON.stringify(id)} names no fill of Figma`);
}

function locked({ name, layerId }: Capture): LimpidError {
  return new LimpidError(
    "NotSupported",
    `${JSON.stringify(name)} is locked; unlock it, or add the result as a new layer`,
    { details: { reason: "locked", layerId } },
  );
}

function notCut({ name, layerId }: Capture): LimpidError {
  return new LimpidError(
    "NotSupported",
    `the image of ${JSON.stringify(name)} is turned or repeated in its layer, so that tiles cannot stand for it; downscale it`,
    { details: { layerId } },
  );
}
