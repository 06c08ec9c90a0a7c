import * as v from "valibot";
import { LimpidError } from "../../sdk/base/index.js";
import type { Rect } from "../../sdk/image/index.js";

/** What is open and active in Photopea at one moment. */
export interface PhotopeaState {
  /** Documents that are open. */
  readonly count: number;
  /** The active document; undefined if none is open. */
  readonly document: PhotopeaDocument | undefined;
  /** Its active layer or group. */
  readonly layer: PhotopeaLayer | undefined;
  /** All of its layers and groups that are chosen, the active one first. */
  readonly layers: readonly PhotopeaLayer[];
  /** The rectangle around what is selected, in the document's pixels; undefined if nothing is. */
  readonly selection: Rect | undefined;
}

/** How a document is found again. Photopea gives documents no id: their `source` comes nearest, which new ones lack. */
export type DocumentKey = Readonly<{
  /** Where it came from, as `local,3,NAME`; empty for a new one, which is then looked for by name. */
  source: string;
  /** What people call it; not unique. */
  name: string;
  /** Which of the open documents it was: decides between two that are alike otherwise. */
  index: number;
}>;

/** A document. */
export interface PhotopeaDocument {
  /** How it is found again. */
  readonly key: DocumentKey;
  readonly width: number;
  readonly height: number;
  /** How many of its topmost layers and groups are shown. */
  readonly visibleCount: number;
}

/** How a layer is found again. */
export type LayerKey = Readonly<{
  /** Photopea's own; empty if this Photopea gives layers no ids. */
  id: string;
  /** The places, counted from the top, and the names on the way to it, group by group. */
  path: readonly (readonly [index: number, name: string])[];
}>;

/**
 * What a layer is made of: its own pixels, what Photopea draws from something else, or, for `adjustment`, nothing that could be
 * restored.
 */
export type PhotopeaLayerKind = "pixels" | "smart-object" | "text" | "fill" | "adjustment";

/** A layer or a group. */
export interface PhotopeaLayer {
  /** How it is found again; what a capture carries as `layerId`. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Whether it is a group. */
  readonly isGroup: boolean;
  /** Whether everything of it is locked. */
  readonly isLocked: boolean;
  /** What it is made of; undefined for a group, and where Photopea does not say. */
  readonly kind: PhotopeaLayerKind | undefined;
}

const text = v.pipe(v.string(), v.maxLength(100_000));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31));
const index = v.pipe(v.number(), v.integer(), v.minValue(0));
const edge = v.pipe(v.number(), v.finite());
const bounds = v.tuple([edge, edge, edge, edge]);
const path = v.pipe(v.array(v.tuple([index, text])), v.minLength(1));

const keyEntries = { source: text, name: text, index };

const keySchema = v.strictObject(keyEntries);

const layerSchema = v.object({
  id: text,
  path,
  name: text,
  isGroup: v.boolean(),
  isLocked: v.boolean(),
  kind: v.nullable(v.picklist(["pixels", "smart-object", "text", "fill", "adjustment"])),
});

const stateSchema = v.object({
  count: index,
  document: v.nullable(v.object({ ...keyEntries, width: side, height: side, visible: index })),
  layers: v.array(layerSchema),
});

const selectionSchema = v.nullable(bounds);

const exportSchema = v.object({ bounds, shown: bounds });

const placedSchema = v.object({
  before: v.array(text),
  source: v.nullable(path),
  name: text,
  label: text,
});

const missingSchema = v.object({
  needed: v.array(text),
  missed: v.array(text),
  isWhole: v.boolean(),
});

/**
 * Reads what the script `readState` told.
 *
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parseState(value: unknown): Omit<PhotopeaState, "selection"> {
  const { count, document, layers } = parse(stateSchema, value);
  const chosen = layers.map(({ name, isGroup, isLocked, kind, ...key }): PhotopeaLayer => ({
    id: formatLayerKey(key),
    name,
    isGroup,
    isLocked,
    kind: kind ?? undefined,
  }));
  return {
    count,
    document: document === null ? undefined : describeDocument(document),
    layer: chosen[0],
    layers: chosen,
  };
}

/**
 * Reads what the script `readSelection` told.
 *
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parseSelection(value: unknown): Rect | undefined {
  const told = parse(selectionSchema, value);
  return told === null ? undefined : rectOf(told);
}

/**
 * Reads what the script `findMissing` told.
 *
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parseMissing(value: unknown): v.InferOutput<typeof missingSchema> {
  return parse(missingSchema, value);
}

/**
 * Reads what the script `placeLayer` told.
 *
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parsePlaced(value: unknown): v.InferOutput<typeof placedSchema> {
  return parse(placedSchema, value);
}

/**
 * Reads a layer that the script `findAdded` told.
 *
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parseAdded(value: unknown): LayerKey {
  const { id, path } = parse(layerSchema, value);
  return { id, path };
}

/** Where an exported layer stands. */
export interface ExportedLayer {
  /** The layer in its document; may reach past the canvas. */
  readonly bounds: Rect;
  /** What of the document the exported file shows. */
  readonly shown: Rect;
}

/**
 * Reads where an exported layer stands.
 *
 * @param value - what the script `exportLayer` told
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parseExport(value: unknown): ExportedLayer {
  const told = parse(exportSchema, value);
  return { bounds: rectOf(told.bounds), shown: rectOf(told.shown) };
}

/** A document's key as one string, which a capture carries. */
export function formatKey({ source, name, index: at }: DocumentKey): string {
  return JSON.stringify({ source, name, index: at });
}

/**
 * The key in a capture, which may have been through other hands.
 *
 * @throws {@link LimpidError} `InvalidArgument` if it is none
 */
export function parseKey(documentId: string): DocumentKey {
  try {
    return v.parse(keySchema, JSON.parse(documentId));
  } catch (error) {
    throw new LimpidError("InvalidArgument", "the capture is not of Photopea", { cause: error });
  }
}

/** A layer's key as one string, which a capture carries: its id, or the way to it. */
function formatLayerKey({ id, path }: LayerKey): string {
  return id === "" ? JSON.stringify(path) : id;
}

/**
 * The key in a capture's `layerId`, which may have been through other hands.
 *
 * @throws {@link LimpidError} `InvalidArgument` if it is none
 */
export function parseLayerKey(layerId: string): LayerKey {
  if (!layerId.startsWith("[")) return { id: layerId, path: [] };
  try {
    return { id: "", path: v.parse(path, JSON.parse(layerId)) };
  } catch (error) {
    throw new LimpidError("InvalidArgument", "the layer is not of Photopea", { cause: error });
  }
}

function describeDocument({
  source,
  name,
  index: at,
  width,
  height,
  visible,
}: NonNullable<v.InferOutput<typeof stateSchema>["document"]>): PhotopeaDocument {
  return { key: { source, name, index: at }, width, height, visibleCount: visible };
}

function parse<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? "answer"}: ${issue.message}`);
  throw new LimpidError("HostFailed", `Photopea told something else than was asked: ${problems[0]}`, {
    details: { reason: "malformed", problems },
  });
}

/** Photopea tells corners, which may lie between pixels while something is being transformed. */
function rectOf([left, top, right, bottom]: v.InferOutput<typeof bounds>): Rect {
  const [x, y] = [Math.floor(left), Math.floor(top)];
  return { x, y, width: Math.ceil(right) - x, height: Math.ceil(bottom) - y };
}
