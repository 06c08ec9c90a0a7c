import type {
  ArgFreeEventType,
  BaseNode,
  EllipseNode,
  GroupNode,
  Image,
  MessageEventHandler,
  NodeType,
  NotificationOptions,
  Paint,
  ParameterInputEvent,
  PluginAPI,
  RectangleNode,
  RunEvent,
  ShowUIOptions,
  Transform,
  UIPostMessageOptions,
} from "@figma/plugin-typings/plugin-api-standalone.js";
import type { FigmaGlobal } from "../../../src/adapters/figma/main/index.js";
import { decodePng, encodePng, type PixelImage } from "../../../src/sdk/image/index.js";
import { sha256Hex } from "../../../src/sdk/weights/index.js";
import { copyAcrossBridge } from "./bridge-copy.js";
import {
  containerTypes,
  FakeContainerNode,
  FakeNode,
  frozen,
  type FakeFile,
  type NodeState,
} from "./fake-node.js";
import { sizeOfImage } from "./image-header.js";
import { refusing } from "./refusing.js";
import { renderNode } from "./render-node.js";

/** Longest side of an image that Figma takes. */
const maximumSide = 4096;

/** A layer for a fake Figma to open. */
export interface FakeFigmaLayer {
  /** What kind of node; `RECTANGLE` if left out. */
  readonly type?: string;
  /** What people call it. */
  readonly name?: string;
  /** In its parent's units; 100 if left out. */
  readonly width?: number;
  /** In its parent's units; 100 if left out. */
  readonly height?: number;
  /** Where it stands in its parent, as Figma writes it; at the origin if left out. */
  readonly relativeTransform?: readonly [
    readonly [number, number, number],
    readonly [number, number, number],
  ];
  /** Its fills, as Figma's own paints; `"mixed"` for fills that differ within it. */
  readonly fills?: readonly object[] | "mixed";
  /** Id of a style that its fills are of. */
  readonly fillStyleId?: string;
  /** Whether it is drawn; true if left out. */
  readonly visible?: boolean;
  /** Whether people cannot change it; false if left out. */
  readonly locked?: boolean;
  /** How its children are laid out; `NONE` if left out. */
  readonly layoutMode?: "NONE" | "HORIZONTAL" | "VERTICAL";
  /** The layers in it, lowest first. */
  readonly children?: readonly FakeFigmaLayer[];
}

/** What a person sees of a layer. */
export interface SeenFigmaLayer {
  /** Unique in the file. */
  readonly id: string;
  /** What kind of node. */
  readonly type: string;
  /** What people call it. */
  readonly name: string;
  /** In its own units. */
  readonly width: number;
  /** In its own units. */
  readonly height: number;
  /** Where it stands on the page. */
  readonly absoluteTransform: readonly (readonly number[])[];
  /** Its fills, as Figma's own paints; undefined if they differ within it. */
  readonly fills: readonly object[] | undefined;
  /** The style that its fills are of; empty if of none. */
  readonly fillStyleId: string;
  /** Whether it is locked. */
  readonly locked: boolean;
  /** Whether an auto layout leaves it alone. */
  readonly isAbsolute: boolean;
  /** What Figma offers on it. */
  readonly relaunchData: Readonly<Record<string, string>>;
  /** The layers in it, lowest first. */
  readonly children: readonly SeenFigmaLayer[];
}

/** Where a fake Figma shows the plugin's page, and sends messages to. */
export interface FakeFigmaWindow {
  /** Shows a page. */
  readonly showUI?: (html: string, options: { readonly width?: number; readonly height?: number }) => void;
  /** Sends the page a message, if it has the origin. */
  readonly postMessage?: (pluginMessage: unknown, origin: string) => void;
}

/** A line of text that a plugin has shown. */
export interface FakeFigmaNotification {
  /** What people read. */
  readonly text: string;
  /** Whether it is shown as an error. */
  readonly isError: boolean;
}

type Snapshot = ReadonlyMap<FakeNode, NodeState>;

/**
 * Figma's plugin API without Figma: a page with layers, fills, images, a selection and a history, with the limits that the real
 * one has, for tests of what runs in a plugin's sandbox. It refuses images with a side above 4096 pixels and files of other
 * types, messages with anything binary but a `Uint8Array`, changes of fills in place, the calls that `documentAccess:
 * "dynamic-page"` forbids, children in instances, transforms that scale, and everything on a node that was removed.
 *
 * {@link FakeFigma.api} is the `figma` of the sandbox; the other members are what a person at the editor does.
 *
 * @example
 * ```ts
 * const figma = new FakeFigma({ postMessage: (pluginMessage) => frame.postMessage({ pluginMessage }, "*") });
 * serveFigma(figma.api, { page: { html: "" } });
 * figma.run();
 * const photo = figma.addPhoto(await encodePng(image));
 * figma.select([photo]);
 * ```
 */
export class FakeFigma {
  /** What the sandbox has as `figma`. */
  readonly api: FigmaGlobal;
  /** What plugins have shown. */
  readonly notifications: FakeFigmaNotification[] = [];
  /** Called before a plugin changes anything or makes an image, with the member's name: a test can do something just then. */
  beforeCall: (member: string) => void = () => undefined;
  readonly #window: FakeFigmaWindow;
  readonly #nodes = new Map<string, FakeNode>();
  readonly #images = new Map<string, Uint8Array>();
  readonly #decoded = new Map<string, PixelImage>();
  readonly #page: FakeContainerNode;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #mixed: PluginAPI["mixed"] = Symbol("figma.mixed") as PluginAPI["mixed"];
  readonly #messageListeners = new Set<MessageEventHandler>();
  readonly #inputListeners = new Set<(event: ParameterInputEvent) => void>();
  readonly #file: FakeFile = {
    change: (member) => {
      this.#calling(member);
      this.#isDirty = true;
    },
    makeNode: (type, state) => this.#makeOnPage(type, state),
    exportNode: (node, settings) => this.#export(node, settings),
    hasImage: (hash) => this.#images.has(hash),
  };
  #selection: readonly FakeNode[] = [];
  #failing: { readonly member: string; readonly message: string } | undefined;
  #history: Snapshot[];
  #step = 0;
  #isDirty = false;
  #isClosed = false;
  #onMessage: MessageEventHandler | undefined;
  #lastId = 0;

  /** @param window - where the plugin's page is; nowhere if left out */
  constructor(window: FakeFigmaWindow = {}) {
    this.#window = window;
    this.#page = this.#makeContainer("PAGE", { name: "Page 1" });
    Object.defineProperty(this.#page, "selection", { get: () => [...this.#selection] });
    this.#history = [this.#snapshot()];
    this.api = this.#makeApi() as FigmaGlobal;
  }

  /** How many steps people could undo. */
  get undoSteps(): number {
    return this.#step + (this.#isDirty ? 1 : 0);
  }

  /** Whether the plugin has ended itself. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many images plugins have made. */
  get imageCount(): number {
    return this.#images.size;
  }

  /** Starts the plugin: what the sandbox registered for `run` is called. */
  run(command = "", parameters?: Readonly<Record<string, unknown>>): void {
    const event = { command, parameters } as RunEvent;
    for (const listener of [...this.#listenersOf("run")]) listener(event as never);
  }

  /**
   * Types into a parameter's field.
   *
   * @param key - of the parameter
   * @param query - what was typed so far
   * @returns what the plugin suggests
   */
  typeParameter(key: string, query: string): readonly string[] {
    let suggested: readonly string[] = [];
    const result: ParameterInputEvent["result"] = {
      setSuggestions: (suggestions) => {
        suggested = suggestions.map((one) => (typeof one === "string" ? one : one.name));
      },
      setError: (message) => void this.notifications.push({ text: message, isError: true }),
      setLoadingMessage: () => undefined,
    };
    for (const listener of [...this.#inputListeners]) listener({ key, query, parameters: {}, result });
    return suggested;
  }

  /**
   * Hands the sandbox a message of the page's.
   *
   * @param pluginMessage - as the page has posted it
   * @param origin - of the page; `"null"` if left out
   * @throws TypeError if it holds what does not cross the bridge
   */
  receive(pluginMessage: unknown, origin = "null"): void {
    const copy = copyAcrossBridge(pluginMessage);
    if (this.#isClosed) return;
    this.#onMessage?.(copy, { origin });
    for (const listener of [...this.#messageListeners]) listener(copy, { origin });
  }

  /** Lets a plugin's next call of a member fail. */
  failNext(member: string, message = "in test: it failed"): void {
    this.#failing = { member, message };
  }

  /** Puts an image into the file, whatever size it has, as Figma's own import would have let it in. */
  importImage(bytes: Uint8Array): string {
    const hash = sha256Hex(bytes).slice(0, 40);
    this.#images.set(hash, bytes.slice());
    return hash;
  }

  /** Adds a layer on top of the page: one step of the history. */
  add(layer: FakeFigmaLayer): string {
    const node = this.#build(layer, this.#page);
    this.#page.update({ children: [...this.#page.state.children, node] });
    this.#commit();
    return node.id;
  }

  /**
   * Adds a rectangle that shows a photo at its own size: one step of the history.
   *
   * @param bytes - a PNG, JPEG or GIF
   * @param paint - how it lies in the rectangle; `FILL` if left out
   * @returns the layer's id
   */
  addPhoto(bytes: Uint8Array, paint: Readonly<Record<string, unknown>> = {}): string {
    const { width, height } = sizeOfImage(bytes)!;
    return this.add({
      name: "Photo",
      width,
      height,
      fills: [{ type: "IMAGE", scaleMode: "FILL", imageHash: this.importImage(bytes), ...paint }],
    });
  }

  /** Selects layers, by id. Not a step of the history. */
  select(ids: readonly string[]): void {
    this.#selection = ids.map((id) => this.#node(id));
    this.#emit("selectionchange");
  }

  /** Puts another image into a layer's fills: one step of the history. */
  replaceImage(id: string, bytes: Uint8Array): void {
    const imageHash = this.importImage(bytes);
    const { fills } = this.#node(id).state;
    if (typeof fills === "symbol") throw new Error("the fills differ within the layer");
    this.update(id, {
      fills: fills.map((paint) => (paint.type === "IMAGE" ? { ...paint, imageHash } : paint)),
    });
  }

  /** Changes a layer: one step of the history. */
  update(id: string, change: Omit<FakeFigmaLayer, "type" | "children">): void {
    this.#node(id).update(stateOf(change));
    this.#commit();
  }

  /** Deletes a layer: one step of the history. */
  remove(id: string): void {
    const node = this.#node(id);
    node.detach();
    this.#selection = this.#selection.filter((other) => !other.removed);
    this.#commit();
    this.#emit("selectionchange");
  }

  /** Takes the last step back; false if there is none. */
  undo(): boolean {
    if (this.#isDirty) this.#commit();
    if (this.#step === 0) return false;
    this.#show(this.#history[--this.#step]!);
    return true;
  }

  /** Does the step again that was taken back last; false if there is none. */
  redo(): boolean {
    const next = this.#history[this.#step + 1];
    if (next === undefined) return false;
    this.#step++;
    this.#show(next);
    return true;
  }

  /** What is on the page, lowest first. */
  look(): readonly SeenFigmaLayer[] {
    return this.#page.state.children.map(seen);
  }

  /** The file behind an image. */
  imageBytes(hash: string): Uint8Array {
    const bytes = this.#images.get(hash);
    if (bytes === undefined) throw new Error(`there is no image ${hash}`);
    return bytes.slice();
  }

  /** A layer as it is drawn, with all that is in it. Its images must be PNG files. */
  async render(id: string, scale = 1): Promise<PixelImage> {
    const node = this.#node(id);
    await this.#decode(node);
    return renderNode(node, scale, (hash) => this.#decoded.get(hash)!);
  }

  #makeApi(): unknown {
    const setOnMessage = (listener: MessageEventHandler | undefined): void => {
      this.#onMessage = listener;
    };
    const getOnMessage = (): MessageEventHandler | undefined => this.#onMessage;
    const api = {
      apiVersion: "1.0.0",
      editorType: "figma",
      mixed: this.#mixed,
      skipInvisibleInstanceChildren: false,
      ui: refusing("figma.ui", {
        get onmessage() {
          return getOnMessage();
        },
        set onmessage(listener: MessageEventHandler | undefined) {
          setOnMessage(listener);
        },
        show: () => undefined,
        hide: () => undefined,
        close: () => undefined,
        reposition: () => undefined,
        getPosition: () => ({ windowSpace: { x: 0, y: 0 }, canvasSpace: { x: 0, y: 0 } }),
        resize: (width: number, height: number): void => {
          if (!(width >= 70 && height >= 0)) throw new Error(`in resize: ${width} x ${height} is too small`);
          this.#calling("ui.resize");
        },
        postMessage: (message: unknown, options: UIPostMessageOptions = {}): void => {
          this.#calling("ui.postMessage");
          this.#window.postMessage?.(copyAcrossBridge(message), options.origin ?? "*");
        },
        on: (_: "message", listener: MessageEventHandler): void => void this.#messageListeners.add(listener),
        once: (_: "message", listener: MessageEventHandler): void =>
          void this.#messageListeners.add(listener),
        off: (_: "message", listener: MessageEventHandler): void =>
          void this.#messageListeners.delete(listener),
      }),
      parameters: {
        on: (_: "input", listener: (event: ParameterInputEvent) => void): void =>
          void this.#inputListeners.add(listener),
        once: (_: "input", listener: (event: ParameterInputEvent) => void): void =>
          void this.#inputListeners.add(listener),
        off: (_: "input", listener: (event: ParameterInputEvent) => void): void =>
          void this.#inputListeners.delete(listener),
      },
      on: ((type: string, listener: (event: never) => void): void => {
        this.#listenersOf(type).add(listener);
      }) as PluginAPI["on"],
      off: ((type: string, listener: (event: never) => void): void => {
        this.#listenersOf(type).delete(listener);
      }) as PluginAPI["off"],
      showUI: (html: string, options: ShowUIOptions = {}): void => {
        if ((options.width ?? 300) < 70) throw new Error("in showUI: the width is below 70");
        this.#calling("showUI");
        this.#window.showUI?.(html, options);
      },
      notify: (message: string, options: NotificationOptions = {}) => {
        if (message.length > 100)
          throw new Error(`in notify: ${message.length} characters are more than 100`);
        this.#calling("notify");
        this.notifications.push({ text: message, isError: options.error ?? false });
        return { cancel: () => undefined };
      },
      commitUndo: (): void => {
        this.#calling("commitUndo");
        if (this.#isDirty) this.#commit();
      },
      getNodeByIdAsync: async (id: string): Promise<BaseNode | null> => {
        await later();
        const node = this.#nodes.get(id);
        return node === undefined || node.removed ? null : (node as unknown as BaseNode);
      },
      getImageByHash: (hash: string): Image | null => {
        const bytes = this.#images.get(hash);
        return bytes === undefined ? null : imageOf(hash, bytes);
      },
      createImage: (data: Uint8Array): Image => {
        if (Object.prototype.toString.call(data) !== "[object Uint8Array]") {
          throw new Error("in createImage: Argument is not a Uint8Array");
        }
        const size = sizeOfImage(data);
        if (size === undefined) throw new Error("in createImage: Image type is unsupported");
        if (Math.min(size.width, size.height) < 1) throw new Error("in createImage: Image is too small");
        if (Math.max(size.width, size.height) > maximumSide) {
          throw new Error("in createImage: Image is too large");
        }
        this.#calling("createImage");
        return imageOf(this.importImage(data), data);
      },
      closePlugin: (message?: string): void => {
        if (message !== undefined) this.notifications.push({ text: message, isError: false });
        this.#isClosed = true;
      },
      createRectangle: () => this.#createShape("createRectangle", "RECTANGLE", "Rectangle") as RectangleNode,
      createEllipse: () => this.#createShape("createEllipse", "ELLIPSE", "Ellipse") as EllipseNode,
      group: (nodes: readonly BaseNode[], parent: BaseNode, index?: number): GroupNode =>
        this.#group(
          nodes as unknown as readonly FakeNode[],
          parent as unknown as FakeContainerNode,
          index,
        ) as unknown as GroupNode,
    } satisfies Partial<PluginAPI> & Pick<PluginAPI, RequiredMembers>;
    // What `documentAccess: "dynamic-page"` forbids.
    Object.defineProperty(api, "getNodeById", {
      value: () => {
        throw new Error("in getNodeById: Cannot call with documentAccess: dynamic-page");
      },
    });
    Object.defineProperty(api, "currentPage", {
      get: () => this.#page,
      set: () => {
        throw new Error("in set_currentPage: Use figma.setCurrentPageAsync with documentAccess dynamic-page");
      },
    });
    return refusing("figma", api);
  }

  #createShape(member: string, type: NodeType, name: string): unknown {
    this.#calling(member);
    this.#isDirty = true;
    return this.#makeOnPage(type, { name });
  }

  #group(nodes: readonly FakeNode[], parent: FakeContainerNode, index?: number): FakeNode {
    this.#calling("group");
    if (nodes.length === 0) throw new Error("in group: First argument must be an array of at least one node");
    const group = this.#makeContainer("GROUP", { name: "Group" });
    parent.insertChild(Math.min(index ?? parent.state.children.length, parent.state.children.length), group);
    nodes.forEach((node, at) => {
      const container = containerAround(node);
      group.insertChild(at, node);
      // A group keeps where its layers stand; their container must be the same for that here.
      if (containerAround(node) !== container) throw new Error("the fake groups only within one container");
    });
    return group;
  }

  #makeNode(type: NodeType, state: Partial<NodeState>): FakeNode {
    if (containerTypes.includes(type)) return this.#makeContainer(type, state);
    return this.#keep(new FakeNode(this.#file, this.#nextId(), type, state));
  }

  #makeContainer(type: NodeType, state: Partial<NodeState>): FakeContainerNode {
    return this.#keep(new FakeContainerNode(this.#file, this.#nextId(), type, state));
  }

  #keep<T extends FakeNode>(node: T): T {
    this.#nodes.set(node.id, node);
    return node;
  }

  #nextId(): string {
    return `1:${++this.#lastId}`;
  }

  #makeOnPage(type: NodeType, state: Partial<NodeState>): FakeNode {
    const node = this.#makeNode(type, { ...state, parent: this.#page, children: [] });
    this.#page.update({ children: [...this.#page.state.children, node] });
    return node;
  }

  #build({ type = "RECTANGLE", children = [], ...layer }: FakeFigmaLayer, parent: FakeNode): FakeNode {
    const state = layer.fills === "mixed" ? { ...stateOf(layer), fills: this.#mixed } : stateOf(layer);
    const node = this.#makeNode(type as NodeType, { ...state, parent });
    node.update({ children: children.map((child) => this.#build(child, node)) });
    return node;
  }

  async #export(node: FakeNode, settings: unknown): Promise<Uint8Array> {
    this.#calling("exportAsync");
    const { format, constraint, colorProfile } = settings as {
      format: string;
      constraint?: { type: string; value: number };
      colorProfile?: string;
    };
    if (format !== "PNG" || constraint?.type !== "SCALE" || colorProfile !== "SRGB") {
      throw new Error("the fake exports PNG by scale in sRGB only");
    }
    return encodePng(await this.render(node.id, constraint.value));
  }

  async #decode(node: FakeNode): Promise<void> {
    const { fills, children } = node.state;
    const images = typeof fills === "symbol" ? [] : fills.filter((paint) => paint.type === "IMAGE");
    for (const { imageHash } of images) {
      if (imageHash === null || this.#decoded.has(imageHash)) continue;
      this.#decoded.set(imageHash, (await decodePng(this.imageBytes(imageHash))).image);
    }
    for (const child of children) await this.#decode(child);
  }

  #calling(member: string): void {
    this.beforeCall(member);
    const failing = this.#failing;
    if (failing?.member !== member) return;
    this.#failing = undefined;
    throw new Error(failing.message);
  }

  #commit(): void {
    this.#history = [...this.#history.slice(0, this.#step + 1), this.#snapshot()];
    this.#step++;
    this.#isDirty = false;
  }

  #snapshot(): Snapshot {
    const there = [...this.#nodes.values()].filter((node) => !node.removed);
    return new Map(there.map((node) => [node, node.state]));
  }

  #show(snapshot: Snapshot): void {
    for (const node of this.#nodes.values()) node.restore(snapshot.get(node));
    this.#selection = this.#selection.filter((node) => !node.removed);
    this.#isDirty = false;
  }

  #listenersOf(type: string): Set<(event: never) => void> {
    const known = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, known);
    return known;
  }

  #emit(type: ArgFreeEventType): void {
    for (const listener of [...this.#listenersOf(type)]) listener(undefined as never);
  }

  #node(id: string): FakeNode {
    const node = this.#nodes.get(id);
    if (node === undefined || node.removed) throw new Error(`there is no layer ${id}`);
    return node;
  }
}

/** What of Figma's own types the compiler must find in the fake. */
type RequiredMembers =
  | "apiVersion"
  | "mixed"
  | "skipInvisibleInstanceChildren"
  | "ui"
  | "parameters"
  | "on"
  | "off"
  | "showUI"
  | "notify"
  | "commitUndo"
  | "getNodeByIdAsync"
  | "getImageByHash"
  | "createImage"
  | "closePlugin"
  | "createRectangle"
  | "createEllipse"
  | "group";

function imageOf(hash: string, bytes: Uint8Array): Image {
  return {
    hash,
    getBytesAsync: async () => {
      await later();
      return bytes.slice();
    },
    getSizeAsync: async () => {
      await later();
      return sizeOfImage(bytes)!;
    },
  };
}

/** Figma's promises take a turn of its own loop. */
function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function stateOf(layer: Omit<FakeFigmaLayer, "type" | "children">): Partial<NodeState> {
  const { relativeTransform, fills, ...rest } = layer;
  return {
    ...rest,
    ...(relativeTransform && { relativeTransform: relativeTransform as unknown as Transform }),
    ...(Array.isArray(fills) && { fills: frozen(fills) as readonly Paint[] }),
  };
}

function containerAround(node: FakeNode): FakeNode | null {
  let at = node.state.parent;
  while (at !== null && (at.type === "GROUP" || at.type === "BOOLEAN_OPERATION")) at = at.state.parent;
  return at;
}

function seen(node: FakeNode): SeenFigmaLayer {
  const { name, width, height, fills, fillStyleId, locked, layoutPositioning, relaunchData, children } =
    node.state;
  return {
    id: node.id,
    type: node.type,
    name,
    width,
    height,
    absoluteTransform: node.absoluteTransform,
    fills: typeof fills === "symbol" ? undefined : fills,
    fillStyleId,
    locked,
    isAbsolute: layoutPositioning === "ABSOLUTE",
    relaunchData,
    children: children.map(seen),
  };
}
