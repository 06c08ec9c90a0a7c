import * as v from "valibot";

/** The version of the messages between a plugin's page and its sandbox. Both sides are built together, and must agree. */
export const protocolVersion = 1;

/** Most bytes that one message carries. Figma names no limit, and copies every message. */
export const chunkLength = 2 ** 20;

/** Longest side of an image that Figma takes, in pixels. */
export const figmaMaximumSide = 4096;

/** Bytes of the largest encoded image that crosses the bridge: 4096 x 4096 pixels that cannot be compressed, with room to spare. */
export const maximumFileLength = 80 * 2 ** 20;

/** Why the sandbox refuses: a word that the page's side turns into a code. */
export const failureReasons = [
  "changed",
  "empty",
  "locked",
  "malformed",
  "missing",
  "not-supported",
  "too-large",
  "unsupported-image",
  "figma",
] as const;

/** A word of {@link failureReasons}. */
export type FailureReason = (typeof failureReasons)[number];

const text = v.pipe(v.string(), v.maxLength(10_000));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
const index = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31));
const finite = v.pipe(v.number(), v.finite());
const length = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maximumFileLength));
const row = v.tuple([finite, finite, finite]);
const matrix = v.tuple([row, row]);
const bytes = v.pipe(
  v.custom<Uint8Array>((value) => value instanceof Uint8Array, "Expected a Uint8Array"),
  v.check((value) => value.length <= chunkLength, `Expected ${chunkLength} bytes at most`),
);

const fillKey = { nodeId: id, index };

const scaleMode = v.picklist(["FILL", "FIT", "CROP", "TILE"]);

/** A fill in the selection. */
const fill = v.object({
  ...fillKey,
  name: text,
  hash: id,
  scaleMode,
  isFiltered: v.boolean(),
  isLocked: v.boolean(),
});

/** What is selected. */
const state = v.object({
  pageId: id,
  layers: v.pipe(v.array(v.object({ id, name: text, type: text })), v.maxLength(1_000)),
  fills: v.pipe(v.array(fill), v.maxLength(1_000)),
  isCut: v.boolean(),
});

/** Where a node stands: its size in its own units, and how they map to the page. */
const frame = v.object({ width: finite, height: finite, transform: matrix });

/** How an image lies in its layer. */
const geometry = v.object({
  frame,
  scaleMode,
  /** Of `CROP`: maps the layer to the image, both as unit squares. */
  imageTransform: v.nullable(matrix),
  /** Of `TILE`: the layer's units for one pixel. */
  scalingFactor: v.nullable(finite),
  /** Of the others: a multiple of 90 degrees. */
  rotation: finite,
});

const tile = v.object({
  image: id,
  /** In the node's own units. */
  x: finite,
  y: finite,
  width: finite,
  height: finite,
  /** The part of the image that is shown, in shares of its sides. */
  shown: v.object({ x: finite, y: finite, width: finite, height: finite }),
});

/** Most that is given out. */
const limits = { maximumSide: side, maximumPixels: side };

/** By method: what the page asks with, and what the sandbox answers. */
export const methods = {
  /** Begins a session: nothing before it counts. */
  hello: {
    params: v.object({ version: v.literal(protocolVersion) }),
    result: v.object({
      version: v.literal(protocolVersion),
      command: text,
      parameters: v.record(text, text),
      state,
    }),
  },
  /** What is selected now. */
  look: { params: v.object({}), result: state },
  /** Begins to read the file behind a fill. */
  openFill: {
    params: v.object({ ...fillKey, ...limits }),
    result: v.object({
      transfer: index,
      length,
      width: side,
      height: side,
      fill,
      pageId: id,
      geometry,
    }),
  },
  /** Draws a node and begins to read the result. */
  openRendering: {
    params: v.object({
      nodeId: id,
      scale: v.pipe(finite, v.minValue(0.01), v.maxValue(100)),
      ...limits,
    }),
    result: v.object({ transfer: index, length, name: text, pageId: id, frame }),
  },
  /** The next bytes of what is being read. */
  read: {
    params: v.object({ transfer: index, offset: v.pipe(finite, v.integer(), v.minValue(0)) }),
    result: v.object({ bytes }),
  },
  /** Begins an upload. */
  begin: { params: v.object({ length }), result: v.object({ transfer: index }) },
  /** The next bytes of an upload. */
  write: {
    params: v.object({ transfer: index, offset: v.pipe(finite, v.integer(), v.minValue(0)), bytes }),
    result: v.object({}),
  },
  /** Makes an uploaded file an image of Figma's. */
  finish: { params: v.object({ transfer: index }), result: v.object({ hash: id }) },
  /** Ends a transfer, whatever became of it. */
  close: { params: v.object({ transfer: index }), result: v.object({}) },
  /** Whether a fill is still what it was. */
  inspect: {
    params: v.object({ ...fillKey, hash: id }),
    result: v.object({
      isSame: v.boolean(),
      isLocked: v.boolean(),
      /** Null if the layer is gone. */
      geometry: v.nullable(geometry),
    }),
  },
  /** Puts another image into a fill, and nothing else of it: one step of undo. */
  replaceFill: {
    params: v.object({
      ...fillKey,
      hash: id,
      image: id,
      /** Pixels of the new image for one of the old. */
      factor: v.pipe(finite, v.minValue(1e-6)),
    }),
    result: v.object({ detachedStyle: v.boolean() }),
  },
  /** Adds a layer with the image above a fill: one step of undo. */
  addFill: {
    params: v.object({
      ...fillKey,
      hash: id,
      image: id,
      factor: v.pipe(finite, v.minValue(1e-6)),
      label: text,
    }),
    result: v.object({ nodeId: id }),
  },
  /** Adds a layer for each tile above a node, grouped if there are several: one step of undo. */
  addTiles: {
    params: v.object({
      /** Above which node; if it is gone, on top of the page. */
      nodeId: id,
      frame,
      tiles: v.pipe(v.array(tile), v.minLength(1), v.maxLength(400)),
      label: text,
    }),
    result: v.object({ nodeId: id }),
  },
  /** Shows a line of text in Figma. */
  notify: {
    params: v.object({ text: v.pipe(v.string(), v.maxLength(100)), isError: v.boolean() }),
    result: v.object({}),
  },
  /** Makes the plugin's window another size. */
  resize: {
    params: v.object({
      width: v.pipe(finite, v.minValue(70), v.maxValue(4_000)),
      height: v.pipe(finite, v.minValue(0), v.maxValue(4_000)),
    }),
    result: v.object({}),
  },
} as const;

/** What can be asked. */
export type Method = keyof typeof methods;

/** What a method is asked with. */
export type Params<M extends Method> = v.InferOutput<(typeof methods)[M]["params"]>;

/** What a method answers. */
export type Result<M extends Method> = v.InferOutput<(typeof methods)[M]["result"]>;

/** What is selected in Figma. */
export type SelectionState = v.InferOutput<typeof state>;

/** A fill with an image, of a layer that is selected or stands in one that is. */
export type FillState = v.InferOutput<typeof fill>;

/** Where a node stands. */
export type NodeFrame = v.InferOutput<typeof frame>;

/** How an image lies in its layer. */
export type FillGeometry = v.InferOutput<typeof geometry>;

/** Two rows of three numbers, as Figma writes an affine map. */
export type FigmaMatrix = v.InferOutput<typeof matrix>;

/** A part of a large result. */
export type PlacedTile = v.InferOutput<typeof tile>;

const session = v.pipe(v.string(), v.regex(/^[0-9a-f]{24}$/));
const call = v.pipe(v.number(), v.integer(), v.minValue(1));

/** From the page to the sandbox. */
export const requestSchema = v.object({
  limpid: v.literal(protocolVersion),
  session,
  call,
  method: v.picklist(Object.keys(methods) as [Method, ...Method[]]),
  params: v.unknown(),
});

/** A question of the page's. */
export type Request = v.InferOutput<typeof requestSchema>;

const envelope = { limpid: v.literal(protocolVersion), session };

/** From the sandbox to the page. */
export const replySchema = v.union([
  v.object({ ...envelope, call, error: v.object({ reason: v.picklist(failureReasons), message: text }) }),
  v.object({ ...envelope, call, result: v.unknown() }),
  v.object({ ...envelope, selection: state }),
]);

/** What the sandbox says. */
export type Reply = v.InferOutput<typeof replySchema>;

/** What is wrong with a value that failed its schema, for people. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  const [issue] = issues;
  if (issue === undefined) return "unknown";
  return `${v.getDotPath(issue) ?? "message"}: ${issue.message}`.slice(0, 300);
}
