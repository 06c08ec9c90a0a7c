import * as v from "valibot";
import type { BridgeMethod } from "./bridge.js";
import { pixelBytes } from "./plain-value.js";

/** How large the code of an extension may be, in bytes. */
export const maximumCodeBytes = 8 << 20;

const nothing = v.undefined();
/** A result that says only that it is done. */
const done = v.void();
const commandId = v.pipe(v.string(), v.regex(/^[A-Za-z_][\w.-]*$/), v.maxLength(128));
const args = v.array(v.unknown());
const progressId = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const settingValue = v.union([v.boolean(), v.number(), v.string()]);
const scalar = v.union([v.boolean(), v.number(), v.string()]);
const degradations = v.array(v.strictObject({ degradation: v.string(), probability: v.number() }));
const mixture = v.array(v.strictObject({ expert: v.string(), weight: v.number() }));

/** A typed array of one of some kinds, of whatever realm. */
function typedArray<T>(...kinds: readonly string[]): v.CustomSchema<T, string> {
  return v.custom<T, string>(
    (value) => kinds.includes(Object.prototype.toString.call(value).slice(8, -1)),
    `expected ${kinds.join(" or ")}`,
  );
}

const image = v.strictObject({
  width: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  height: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  channels: v.picklist([1, 2, 3, 4]),
  data: typedArray<Uint8Array | Uint16Array | Float32Array>("Uint8Array", "Uint16Array", "Float32Array"),
  colorSpace: v.optional(v.picklist(["srgb", "display-p3", "icc"])),
  iccProfile: v.optional(typedArray<Uint8Array>("Uint8Array")),
});

/** An image on its way over the bridge. */
export type WireImage = v.InferOutput<typeof image>;

const pixels = { bytes: pixelBytes } as const;

/** What the host asks an extension's worker for. */
export const workerMethods = {
  /** Loads the code and calls its `activate`. */
  activate: {
    bytes: maximumCodeBytes,
    params: v.strictObject({
      /** The module's code, UTF-8. */
      code: typedArray<Uint8Array>("Uint8Array"),
      id: v.string(),
      version: v.string(),
      displayName: v.string(),
      limpidVersion: v.string(),
      baseUri: v.string(),
      mode: v.picklist(["production", "development", "test"]),
      /** Hosts that it may talk to; none without the capability. */
      domains: v.array(v.string()),
      pixels: v.boolean(),
      proposals: v.array(v.string()),
      state: v.record(v.string(), v.unknown()),
      settings: v.record(v.string(), settingValue),
    }),
    result: done,
  },
  /** Calls its `deactivate` and disposes what it subscribed. */
  deactivate: { params: nothing, result: done },
  /** Asks for a sign of life. */
  ping: { params: nothing, result: done },
  /** Runs a command that it registered. */
  executeCommand: {
    params: v.strictObject({ id: commandId, args, caller: v.optional(v.string()) }),
    result: v.unknown(),
  },
  /** Tells of new values of its settings. */
  settingsChanged: { params: v.record(v.string(), settingValue), result: done },
  /** Tells what an analysis found: the proposal `analysisEvents`. */
  analyzed: { params: degradations, result: done },
} satisfies Readonly<Record<string, BridgeMethod>>;

/** What an extension's worker asks the host for. */
export const hostMethods = {
  /** Adds a command of the extension's own. */
  registerCommand: { params: v.strictObject({ id: commandId }), result: done },
  /** Takes it away. */
  unregisterCommand: { params: v.strictObject({ id: commandId }), result: done },
  /** Executes any command. */
  executeCommand: { params: v.strictObject({ id: commandId, args }), result: v.unknown() },
  /** Sets a context key of the extension's own; without a value takes it away. */
  setContext: {
    params: v.strictObject({ key: v.string(), value: v.optional(v.union([scalar, v.array(scalar)])) }),
    result: done,
  },
  /** Changes one of its settings. */
  updateSetting: {
    params: v.strictObject({ key: v.string(), value: v.optional(settingValue) }),
    result: done,
  },
  /** Changes what it remembers. */
  updateState: {
    params: v.strictObject({ key: v.pipe(v.string(), v.maxLength(256)), value: v.unknown() }),
    result: done,
  },
  listExperts: {
    params: nothing,
    result: v.array(v.strictObject({ id: v.string(), degradations: v.array(v.string()) })),
  },
  /** Writes a line for whoever looks for a fault. */
  log: {
    params: v.strictObject({
      level: v.picklist(["debug", "info", "warn", "error"]),
      text: v.pipe(v.string(), v.maxLength(4000)),
    }),
    result: done,
  },
  /** Shows that something runs, under a number of the extension's; answers once it has ended or people cancelled it. */
  showProgress: {
    params: v.strictObject({ id: progressId, title: v.pipe(v.string(), v.maxLength(200)) }),
    result: v.picklist(["ended", "cancelled"]),
  },
  /** Says how far it is. */
  reportProgress: {
    params: v.strictObject({
      id: progressId,
      fraction: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
      message: v.optional(v.pipe(v.string(), v.maxLength(200))),
    }),
    result: done,
  },
  endProgress: { params: v.strictObject({ id: progressId }), result: done },
  /** Takes the pixels of the active image. Needs `pixels`, as do the following. */
  readImage: { ...pixels, params: nothing, result: image },
  /** Replaces them. */
  writeImage: { ...pixels, params: image, result: done },
  /** Says what is wrong with an image. */
  analyze: { ...pixels, params: image, result: degradations },
  /** Repairs an image. */
  restore: {
    ...pixels,
    params: v.strictObject({
      image,
      experts: v.optional(
        v.union([
          v.literal("auto"),
          v.array(v.strictObject({ id: v.string(), weight: v.optional(v.number()) })),
        ]),
      ),
      strength: v.optional(v.number()),
    }),
    result: v.strictObject({ image, degradations, mixture, backend: v.string() }),
  },
} satisfies Readonly<Record<string, BridgeMethod>>;

/** What the host asks an extension's worker for. */
export type WorkerMethods = typeof workerMethods;

/** What an extension's worker asks the host for. */
export type HostMethods = typeof hostMethods;

/** The host's methods that bring image bytes: without the capability `pixels` they are refused. */
export const pixelMethods: readonly (keyof HostMethods)[] = ["readImage", "writeImage", "analyze", "restore"];
