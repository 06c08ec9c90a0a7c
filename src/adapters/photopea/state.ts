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
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** What it loses on the way out, each in a few words for a person. */
  readonly notes: readonly string[];
  /** Whether an empty document, which is sRGB, would have another colour space. */
  readonly hasOtherColorSpace: boolean;
  /** How many of its topmost layers and groups are shown. */
  readonly visibleCount: number;
}

/** A layer or a group. */
export interface PhotopeaLayer {
  /** Unique in its document. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Whether it is a group. */
  readonly isGroup: boolean;
  /** Whether everything of it is locked. */
  readonly isLocked: boolean;
}

const text = v.pipe(v.string(), v.maxLength(100_000));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31));
const index = v.pipe(v.number(), v.integer(), v.minValue(0));
const edge = v.pipe(v.number(), v.finite());
const bounds = v.tuple([edge, edge, edge, edge]);

const keyEntries = { source: text, name: text, index };

const keySchema = v.strictObject(keyEntries);

const stateSchema = v.object({
  count: index,
  document: v.nullable(
    v.object({
      ...keyEntries,
      width: side,
      height: side,
      mode: text,
      depth: text,
      profile: text,
      visible: index,
    }),
  ),
  layer: v.nullable(
    v.object({
      id: v.pipe(text, v.notValue("undefined")),
      name: text,
      type: text,
      isLocked: v.boolean(),
    }),
  ),
  selection: v.nullable(bounds),
});

const exportSchema = v.object({ bounds, shown: bounds, isTop: v.boolean() });

/**
 * Reads what the script `readState` told.
 *
 * @param value - whatever it told
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parseState(value: unknown): PhotopeaState {
  const { count, document, layer, selection } = parse(stateSchema, value);
  return {
    count,
    document: document === null ? undefined : describeDocument(document),
    layer:
      layer === null
        ? undefined
        : {
            id: layer.id,
            name: layer.name,
            isGroup: layer.type === "LayerSet",
            isLocked: layer.isLocked,
          },
    selection: selection === null ? undefined : rectOf(selection),
  };
}

/** Where an exported layer stands. */
export interface ExportedLayer {
  /** The layer in its document; may reach past the canvas. */
  readonly bounds: Rect;
  /** What of the document the exported file shows. */
  readonly shown: Rect;
  /** Whether the layer is the topmost one of its document, and in no group. */
  readonly isTop: boolean;
}

/**
 * Reads where an exported layer stands.
 *
 * @param value - what the script `exportLayer` told
 * @throws {@link LimpidError} `HostFailed` if it is not of that form
 */
export function parseExport(value: unknown): ExportedLayer {
  const told = parse(exportSchema, value);
  return { bounds: rectOf(told.bounds), shown: rectOf(told.shown), isTop: told.isTop };
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

function describeDocument(
  document: NonNullable<v.InferOutput<typeof stateSchema>["document"]>,
): PhotopeaDocument {
  const { source, name, index: at, width, height, mode, depth, profile, visible } = document;
  const notes: string[] = [];
  if (/16|32|SIXTEEN|THIRTY/i.test(depth)) notes.push("reduced to 8 bits per channel");
  if (/CMYK|LAB|INDEXED|MULTICHANNEL|DUOTONE/i.test(mode)) notes.push("converted to RGB");
  return {
    key: { source, name, index: at },
    width,
    height,
    notes,
    hasOtherColorSpace:
      profile !== "" && profile !== "undefined" && profile !== "null" && !/sRGB/i.test(profile),
    visibleCount: visible,
  };
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
