import * as v from "valibot";
import { LimpidError } from "../../sdk/base/index.js";
import type { Rect } from "../../sdk/image/index.js";
import { failed } from "./failure.js";

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
const path = v.pipe(v.array(v.tuple([index, text])), v.minLength(1));

/** Photopea tells corners, which may lie between pixels while something is being transformed. */
const rect = v.pipe(
  v.tuple([edge, edge, edge, edge]),
  v.transform(([left, top, right, bottom]): Rect => {
    const [x, y] = [Math.floor(left), Math.floor(top)];
    return { x, y, width: Math.ceil(right) - x, height: Math.ceil(bottom) - y };
  }),
);

const keyEntries = { source: text, name: text, index };

const keySchema = v.strictObject(keyEntries);

const layer = v.object({
  id: text,
  path,
  name: text,
  isGroup: v.boolean(),
  isLocked: v.boolean(),
  kind: v.nullable(v.picklist(["pixels", "smart-object", "text", "fill", "adjustment"])),
});

/** What the script `readState` tells. */
export const stateSchema = v.pipe(
  v.object({
    count: index,
    document: v.nullable(v.object({ ...keyEntries, width: side, height: side, visible: index })),
    layers: v.array(layer),
  }),
  v.transform(({ count, document, layers }): Omit<PhotopeaState, "selection"> => {
    const chosen = layers.map(({ id, path, kind, ...told }) => {
      return { ...told, id: formatLayerKey({ id, path }), kind: kind ?? undefined };
    });
    return {
      count,
      document: document ? describeDocument(document) : undefined,
      layer: chosen[0],
      layers: chosen,
    };
  }),
);

/** What the script `readSelection` tells. */
export const selectionSchema = v.nullable(rect);

/**
 * What the script `exportLayer` tells: where the layer stands in its document, perhaps past the canvas, and what of the
 * document the exported file shows.
 */
export const exportSchema = v.object({ bounds: rect, shown: rect });

/** What the script `placeLayer` tells. */
export const placedSchema = v.object({
  before: v.array(text),
  source: v.nullable(path),
  name: text,
  label: text,
});

/** What the script `findAdded` tells: how the layer is found again. */
export const addedSchema = v.pipe(
  layer,
  v.transform(({ id, path }): LayerKey => ({ id, path })),
);

/** What the script `findMissing` tells. */
export const missingSchema = v.object({
  needed: v.array(text),
  missed: v.array(text),
  isWhole: v.boolean(),
});

/**
 * Reads what a script told.
 *
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parseTold<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? "answer"}: ${issue.message}`);
  throw failed("malformed", `Photopea told something else than was asked: ${problems[0]}`, { problems });
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
}: NonNullable<v.InferInput<typeof stateSchema>["document"]>): PhotopeaDocument {
  return { key: { source, name, index: at }, width, height, visibleCount: visible };
}
