import { LimpidError } from "../../sdk/base/index.js";
import {
  fitResult,
  PanelHost,
  resolveCommitMode,
  type Capture,
  type CaptureOptions,
  type CaptureTarget,
  type Commit,
  type CommitMode,
  type CommitOptions,
  type EditorHost,
  type HostCapabilities,
  type HostPanel,
  type HostSelection,
} from "../../sdk/host/index.js";
import type { PixelImage, Rect } from "../../sdk/image/index.js";
import { nothingSelected } from "../frame/index.js";
import { failed, reasonOf, translateFailure } from "./failure.js";
import { readDocument, readLayer, readMask, type KnownProfiles, type ReadPixels } from "./read.js";
import { findMissing } from "./scripts/find-missing.js";
import { readSelection } from "./scripts/read-selection.js";
import { readState } from "./scripts/read-state.js";
import type { PhotopeaSession, PhotopeaTurn } from "./session.js";
import {
  formatKey,
  missingSchema,
  parseKey,
  parseLayerKey,
  parseTold,
  selectionSchema,
  stateSchema,
  type DocumentKey,
  type LayerKey,
  type PhotopeaDocument,
  type PhotopeaLayer,
  type PhotopeaLayerKind,
  type PhotopeaState,
} from "./state.js";
import { writeLayer } from "./write.js";

/** What a {@link PhotopeaHost} is told. */
export interface PhotopeaHostOptions {
  /** What shows progress, notifications and questions; if left out, nobody sees them. */
  readonly panel?: HostPanel;
  /** Most pixels that are taken out or brought back; 100 million if left out. */
  readonly maximumPixels?: number;
  /** Longest side that is taken out or brought back, in pixels; 30,000 if left out. */
  readonly maximumSide?: number;
}

/** What to take from Photopea. */
export interface PhotopeaCaptureOptions extends CaptureOptions {
  /** Which layer of the active document: the `id` of a {@link PhotopeaLayer}; the active one if left out. */
  readonly layerId?: string;
}

const captured: Readonly<Record<CaptureTarget, readonly CommitMode[]>> = {
  image: ["new-layer"],
  layer: ["replace", "new-layer"],
  selection: ["replace", "new-layer", "mask"],
};

/**
 * Photopea, from a plugin panel in it or from a page around it; made by {@link connectPhotopea} or {@link embedPhotopea}.
 *
 * A capture works on copies and leaves the document and its history as they are. A result comes in as one layer, right above
 * the captured one or in its place, with a layer mask of what was selected if that is wanted and Photopea makes one. Masks and
 * effects of a layer are in its captured pixels; opacity and blending are not. What is no layer of pixels is not replaced by one
 * unless the panel's `ask` says so.
 * Photopea tells nobody when people choose another layer: {@link PhotopeaHost.refresh}, a capture and a commit find out.
 *
 * @example
 * ```ts
 * const host = await connectPhotopea();
 * const limpid = await createLimpid({ model: "./models/" });
 * button.onclick = () => void limpid.restoreOn(host, { mode: "new-layer" });
 * ```
 */
export class PhotopeaHost extends PanelHost implements EditorHost {
  /** Always `photopea`. */
  readonly id = "photopea";
  /** What Photopea can do, and what the panel shows. */
  readonly capabilities: HostCapabilities;
  readonly #session: PhotopeaSession;
  readonly #profiles: KnownProfiles = new Map();
  #selection = "";
  #missing: string | undefined;
  #isProbed = false;
  /** Whether Photopea did not come back from making a layer mask: it is not asked for one again. */
  #masksHang = false;

  /** @internal To be made by {@link connectPhotopea} or {@link embedPhotopea}. Owns the session from here on. */
  constructor(session: PhotopeaSession, options: PhotopeaHostOptions = {}) {
    const { panel = {}, maximumPixels = 100_000_000, maximumSide = 30_000 } = options;
    super(panel);
    this.#session = this.owned.add(session);
    this.capabilities = {
      commit: captured,
      undoSteps: { replace: 4, "new-layer": 3, mask: 3 },
      bitDepths: [8],
      colorSpaces: ["srgb", "display-p3", "icc"],
      alpha: "straight",
      maximumSide,
      maximumPixels,
      canResize: false,
      progress: panel.withProgress !== undefined,
      notifications: panel.notify !== undefined,
      questions: panel.ask !== undefined,
      commands: true,
      menus: true,
      selectionEvents: false,
    };
  }

  /**
   * What this Photopea lacks, in one sentence for a person; undefined if nothing, or if no document was open yet. It is also
   * notified, once.
   */
  get missing(): string | undefined {
    return this.#missing;
  }

  /**
   * Looks what is open and active; fires {@link PhotopeaHost.onDidChangeSelection} if it is something else than before.
   *
   * @param signal - gives up when it fires
   * @returns what there is
   * @throws {@link LimpidError} `HostFailed`, also if this Photopea lacks what nothing works without; `Aborted`, `Disposed`
   */
  async refresh(signal?: AbortSignal): Promise<PhotopeaState> {
    return this.#turn((turn) => this.#look(turn), signal);
  }

  /**
   * Looks whether this Photopea has what the host needs.
   *
   * @internal done by {@link connectPhotopea}
   */
  async probe(signal?: AbortSignal): Promise<void> {
    await this.#turn((turn) => this.#probe(turn), signal);
  }

  async capture({ target = "layer", layerId, signal }: PhotopeaCaptureOptions = {}): Promise<Capture> {
    return this.#turn(async (turn) => {
      const state = await this.#look(turn);
      const { document } = state;
      if (document === undefined) throw nothingSelected(target, "no document is open");
      if (target === "image") return this.#captureImage(turn, document);
      if (layerId === undefined) {
        return this.#captureLayer(turn, document, state.layer, state.selection, target);
      }
      const { layer } = parseTold(
        stateSchema,
        await turn.tell(readState(document.key, parseLayerKey(layerId))),
      );
      return this.#captureLayer(turn, document, layer, state.selection, target);
    }, signal);
  }

  async commit(capture: Capture, result: PixelImage, options: CommitOptions): Promise<Commit> {
    this.throwIfDisposed();
    const fitted = fitResult(this.capabilities, capture, result, options);
    const key = parseKey(capture.documentId);
    const source = capture.layerId === undefined ? undefined : parseLayerKey(capture.layerId);
    const wanted = await this.#askMode(capture, key, options);
    const write = (): Promise<Commit> =>
      this.#turn(async (turn) => {
        const state = parseTold(stateSchema, await turn.tell(readState(key)));
        const now = await this.#readAgain(turn, state.document!, capture.target, source);
        const isConflict = now?.revision !== capture.revision;
        const mode = resolveCommitMode(this.capabilities, capture, wanted.options, isConflict);
        const [, , , , left, top] = capture.placement.transform;
        const place = isConflict ? { x: left, y: top } : now.frame;
        const mask = mode === "mask" ? capture.mask : undefined;
        const { undoSteps, isAbove, hasMask } = await writeLayer(this.#session, turn, state, {
          image: mask === undefined ? fitted.image : mixByMask(capture.image, fitted.image, mask),
          masked: mask && !this.#masksHang ? { image: fitted.image, mask } : undefined,
          label: options.label,
          left: place.x,
          top: place.y,
          source: now === undefined ? undefined : source,
          replaces: mode === "replace",
          copiesDocument: now?.hasOtherColorSpace ?? capture.image.colorSpace !== "srgb",
        });
        const notes = [
          ...wanted.notes,
          ...(isAbove ? [] : ["the new layer is on top of all layers"]),
          ...(mode !== "mask" || hasMask
            ? []
            : ["no layer mask could be made of the selection, so it is in the pixels"]),
        ];
        const done = mode === "mask" && !hasMask ? "new-layer" : mode;
        return { mode: done, isConflict, undoSteps, notes: [...fitted.notes, ...notes] };
      });
    try {
      return await write();
    } catch (error) {
      if (reasonOf(error) !== "mask-hangs") throw error;
      // The next turn finds Photopea again, and closes what was left open on the way.
      this.#masksHang = true;
      return await write();
    }
  }

  async #turn<T>(task: (turn: PhotopeaTurn) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await this.#session.turn(task, signal);
    } catch (error) {
      throw translateFailure(error);
    }
  }

  async #look(turn: PhotopeaTurn): Promise<PhotopeaState> {
    if (!this.#isProbed) await this.#probe(turn);
    const read = parseTold(stateSchema, await turn.tell(readState()));
    const state = { ...read, selection: read.document && (await this.#readSelection(turn, read.document)) };
    const selection: HostSelection = {
      documentId: state.document && formatKey(state.document.key),
      layerId: state.layer?.isGroup === false ? state.layer.id : undefined,
      hasSelection: state.selection !== undefined,
    };
    const told = JSON.stringify(selection);
    if (told !== this.#selection) {
      this.#selection = told;
      this.fireSelection(selection);
    }
    return state;
  }

  /** What is not made of pixels is replaced by pixels only if the person wants that. */
  async #askMode(
    { layerId }: Capture,
    key: DocumentKey,
    options: CommitOptions,
  ): Promise<{ readonly options: CommitOptions; readonly notes: readonly string[] }> {
    if (options.mode !== "replace" || layerId === undefined) return { options, notes: [] };
    const source = parseLayerKey(layerId);
    const { layer } = await this.#turn(async (turn) =>
      parseTold(stateSchema, await turn.tell(readState(key, source))),
    );
    if (layer?.kind === undefined || layer.kind === "pixels") return { options, notes: [] };
    const title = `${JSON.stringify(layer.name)} is ${kindNames[layer.kind]}`;
    const answer = await this.panel.ask?.({
      text: `${title}. Replace it by a layer of pixels?`,
      detail: "What it is made of would be lost.",
      choices: [
        { id: "new-layer", title: "Add a layer above it" },
        { id: "replace", title: "Replace it" },
      ],
    });
    if (answer === "replace") return { options, notes: [] };
    return {
      options: { ...options, mode: "new-layer" },
      notes: [`${title}, so the result is a layer above it`],
    };
  }

  async #readSelection(turn: PhotopeaTurn, { key }: PhotopeaDocument): Promise<Rect | undefined> {
    try {
      return parseTold(selectionSchema, await turn.tell(readSelection(key))) ?? undefined;
    } catch (error) {
      if (reasonOf(error) === "aborted") return undefined;
      throw error;
    }
  }

  /** Looks what this Photopea can, at the start and again when the first document with a layer is open. */
  async #probe(turn: PhotopeaTurn): Promise<void> {
    const { needed, missed, isWhole } = parseTold(missingSchema, await turn.tell(findMissing()));
    if (needed.length > 0) {
      throw failed("missing", `this Photopea has no ${needed.join(", no ")}`, { needed });
    }
    this.#isProbed = isWhole;
    if (missed.length === 0 || !isWhole) return;
    this.#missing = `This Photopea has no ${missed.join(", no ")}: ${missed.map((name) => losses[name]).join("; ")}.`;
    this.notify({ text: this.#missing, level: "warning" });
  }

  async #captureImage(turn: PhotopeaTurn, document: PhotopeaDocument): Promise<Capture> {
    if (document.visibleCount === 0) throw nothingSelected("image", "all layers are hidden");
    const read = await readDocument(turn, document, this.capabilities, this.#profiles);
    return makeCapture("image", document, undefined, read, undefined, read.notes);
  }

  async #captureLayer(
    turn: PhotopeaTurn,
    document: PhotopeaDocument,
    layer: PhotopeaLayer | undefined,
    selection: Rect | undefined,
    target: "layer" | "selection",
  ): Promise<Capture> {
    if (layer === undefined) throw nothingSelected(target, "no such layer is active");
    if (layer.isGroup) throw nothingSelected(target, "a group is active, not one of its layers");
    if (layer.kind === "adjustment") {
      throw nothingSelected(
        target,
        `${JSON.stringify(layer.name)} is ${kindNames[layer.kind]}, without pixels of its own`,
      );
    }
    const key = parseLayerKey(layer.id);
    const read = await readLayer(this.#session, turn, document, key, this.capabilities, this.#profiles);
    if (target === "layer") return makeCapture(target, document, layer, read, undefined, read.notes);
    if (selection === undefined) throw nothingSelected(target, "nothing is selected");
    const { mask, notes } = await readMask(this.#session, turn, document, selection, read.frame);
    if (!mask.data.some((value) => value > 0))
      throw nothingSelected(target, "nothing of the layer is selected");
    return makeCapture(target, document, layer, read, mask, [...read.notes, ...notes]);
  }

  /** What the captured pixels are now; undefined if they are gone. */
  async #readAgain(
    turn: PhotopeaTurn,
    document: PhotopeaDocument,
    target: CaptureTarget,
    layer: LayerKey | undefined,
  ): Promise<ReadPixels | undefined> {
    const { capabilities: limits } = this;
    if (target === "image" || layer === undefined)
      return readDocument(turn, document, limits, this.#profiles);
    try {
      return await readLayer(this.#session, turn, document, layer, limits, this.#profiles);
    } catch (error) {
      const gone = translateFailure(error);
      if (LimpidError.is(gone, "DocumentChanged") || LimpidError.is(gone, "NothingSelected"))
        return undefined;
      throw error;
    }
  }
}

/** What people call layers that are not made of pixels. */
const kindNames: Readonly<Record<Exclude<PhotopeaLayerKind, "pixels">, string>> = {
  "smart-object": "a smart object",
  text: "a text layer",
  fill: "a fill layer",
  adjustment: "an adjustment layer",
};

/** A result where a mask is white, and what it was made from where that is black. */
function mixByMask(before: PixelImage, after: PixelImage, mask: PixelImage): PixelImage {
  const { channels } = after;
  const data = after.data.map((sample, index) => {
    const pixel = Math.floor(index / channels);
    const channel = index % channels;
    const from = channel < before.channels ? before.data[pixel * before.channels + channel]! : sample;
    return Math.round(from + ((sample - from) * mask.data[pixel]!) / 255);
  });
  return after.withData(data);
}

/** What does not work without a member that a Photopea may lack. */
const losses: Readonly<Record<string, string>> = {
  "Document.duplicate": "selections are taken as rectangles, and only sRGB documents can be restored",
  "Document.selection": "selections are not seen",
  "Layer.move": "a new layer may stand on top of all layers",
  "Layer.id": "layers are found again by their names",
};

function makeCapture(
  target: CaptureTarget,
  document: PhotopeaDocument,
  layer: PhotopeaLayer | undefined,
  { image, frame, revision }: ReadPixels,
  mask: PixelImage | undefined,
  notes: readonly string[],
): Capture {
  return {
    target,
    image,
    mask,
    placement: {
      naturalWidth: image.width,
      naturalHeight: image.height,
      crop: undefined,
      transform: [1, 0, 0, 1, frame.x, frame.y],
      isFiltered: false,
    },
    documentId: formatKey(document.key),
    layerId: layer?.id,
    name: layer?.name ?? document.key.name,
    revision,
    notes,
  };
}
