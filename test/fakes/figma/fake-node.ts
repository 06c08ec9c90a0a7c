import { refusing } from "./refusing.js";
import type {
  Effect,
  ImagePaint,
  NodeType,
  Paint,
  RectangleNode,
  Transform,
} from "@figma/plugin-typings/plugin-api-standalone.js";

/** What one moment of a node is; never changed, only replaced. */
export interface NodeState {
  /** What people call it. */
  readonly name: string;
  /** Whether it is drawn. */
  readonly visible: boolean;
  /** Whether people cannot change it. */
  readonly locked: boolean;
  /** In its own units. */
  readonly width: number;
  /** In its own units. */
  readonly height: number;
  /** Where it stands in the nearest node around it that is no group. */
  readonly relativeTransform: Transform;
  /** Its paints, lowest first; `figma.mixed` if they differ within it. */
  readonly fills: readonly Paint[] | symbol;
  /** The style of its fills; empty if there is none. */
  readonly fillStyleId: string;
  /** Paints of its outline. */
  readonly strokes: readonly Paint[];
  /** Shadows and blurs. */
  readonly effects: readonly Effect[];
  /** Of its corners: upper left, upper right, lower left, lower right. */
  readonly radii: readonly [number, number, number, number];
  /** Whether it masks what is above it. */
  readonly isMask: boolean;
  /** How its children are laid out. */
  readonly layoutMode: "NONE" | "HORIZONTAL" | "VERTICAL";
  /** Whether an auto layout around it leaves it alone. */
  readonly layoutPositioning: "AUTO" | "ABSOLUTE";
  /** What Figma offers on it. */
  readonly relaunchData: Readonly<Record<string, string>>;
  /** The node around it. */
  readonly parent: FakeNode | null;
  /** The nodes in it, lowest first. */
  readonly children: readonly FakeNode[];
}

/** What a node needs of its file. */
export interface FakeFile {
  /** Told before a node is changed. */
  change(member: string): void;
  /** Adds a node to the page. */
  makeNode(type: NodeType, state: Partial<NodeState>): FakeNode;
  /** Draws a node as a PNG file. */
  exportNode(node: FakeNode, settings: unknown): Promise<Uint8Array>;
  /** Whether there is such an image. */
  hasImage(hash: string): boolean;
}

const unit: Transform = [
  [1, 0, 0],
  [0, 1, 0],
];

const initial: NodeState = {
  name: "Layer",
  visible: true,
  locked: false,
  width: 100,
  height: 100,
  relativeTransform: unit,
  fills: [],
  fillStyleId: "",
  strokes: [],
  effects: [],
  radii: [0, 0, 0, 0],
  isMask: false,
  layoutMode: "NONE",
  layoutPositioning: "AUTO",
  relaunchData: {},
  parent: null,
  children: [],
};

const groupTypes: readonly NodeType[] = ["GROUP", "BOOLEAN_OPERATION"];

/** Kinds of nodes that hold others. */
export const containerTypes: readonly NodeType[] = [
  ...groupTypes,
  "PAGE",
  "FRAME",
  "COMPONENT",
  "COMPONENT_SET",
  "INSTANCE",
  "SECTION",
];

/** What the compiler compares with Figma's own types. */
type NodeMembers = Pick<
  RectangleNode,
  | "id"
  | "name"
  | "visible"
  | "locked"
  | "removed"
  | "width"
  | "height"
  | "relativeTransform"
  | "absoluteTransform"
  | "absoluteBoundingBox"
  | "absoluteRenderBounds"
  | "strokes"
  | "effects"
  | "isMask"
  | "topLeftRadius"
  | "topRightRadius"
  | "bottomLeftRadius"
  | "bottomRightRadius"
  | "layoutPositioning"
  | "resize"
  | "remove"
  | "setRelaunchData"
  | "getRelaunchData"
>;

/** A node of a fake file, which refuses what Figma refuses. */
export class FakeNode implements NodeMembers {
  /** Unique in the file. */
  readonly id: string;
  /** What kind of node. */
  readonly type: NodeType;
  readonly #file: FakeFile;
  #state: NodeState;
  #removed = false;

  constructor(file: FakeFile, id: string, type: NodeType, state: Partial<NodeState>) {
    this.#file = file;
    this.id = id;
    this.type = type;
    this.#state = { ...initial, ...state };
  }

  /** The present moment, for the history. */
  get state(): NodeState {
    return this.#state;
  }

  /** Brings a moment back; undefined for one at which the node was not there. */
  restore(state: NodeState | undefined): void {
    this.#removed = state === undefined;
    if (state !== undefined) this.#state = state;
  }

  /** Changes it as a person would, without the limits of plugins. */
  update(change: Partial<NodeState>): void {
    this.#state = { ...this.#state, ...change };
  }

  get removed(): boolean {
    return this.#removed;
  }

  get name(): string {
    return this.#get("name");
  }
  set name(value: string) {
    this.#set("name", { name: value });
  }

  get visible(): boolean {
    return this.#get("visible");
  }
  set visible(value: boolean) {
    this.#set("visible", { visible: value });
  }

  get locked(): boolean {
    return this.#get("locked");
  }
  set locked(value: boolean) {
    this.#set("locked", { locked: value });
  }

  get width(): number {
    return this.#get("width");
  }

  get height(): number {
    return this.#get("height");
  }

  get isMask(): boolean {
    return this.#get("isMask");
  }
  set isMask(value: boolean) {
    this.#set("isMask", { isMask: value });
  }

  get layoutPositioning(): NodeState["layoutPositioning"] {
    return this.#get("layoutPositioning");
  }
  set layoutPositioning(value: NodeState["layoutPositioning"]) {
    if (value === "ABSOLUTE" && this.#state.parent?.state.layoutMode === "NONE") {
      throw new Error("in set_layoutPositioning: only children of an auto layout can be placed absolutely");
    }
    this.#set("layoutPositioning", { layoutPositioning: value });
  }

  get strokes(): readonly Paint[] {
    return this.#get("strokes");
  }
  set strokes(value: readonly Paint[]) {
    this.#set("strokes", { strokes: frozen(value) });
  }

  get effects(): readonly Effect[] {
    return this.#get("effects");
  }
  set effects(value: readonly Effect[]) {
    this.#set("effects", { effects: frozen(value) });
  }

  get topLeftRadius(): number {
    return this.#get("radii")[0];
  }
  set topLeftRadius(value: number) {
    this.#setRadius(0, value);
  }

  get topRightRadius(): number {
    return this.#get("radii")[1];
  }
  set topRightRadius(value: number) {
    this.#setRadius(1, value);
  }

  get bottomLeftRadius(): number {
    return this.#get("radii")[2];
  }
  set bottomLeftRadius(value: number) {
    this.#setRadius(2, value);
  }

  get bottomRightRadius(): number {
    return this.#get("radii")[3];
  }
  set bottomRightRadius(value: number) {
    this.#setRadius(3, value);
  }

  /** A frozen copy: fills are replaced, not changed. */
  get fills(): readonly Paint[] | symbol {
    return this.#get("fills");
  }
  set fills(value: readonly Paint[] | symbol) {
    if (typeof value === "symbol") throw new TypeError("in set_fills: Cannot unwrap symbol");
    for (const paint of value) if (paint.type === "IMAGE") this.#checkPaint(paint);
    this.#set("fills", { fills: frozen(value), fillStyleId: "" });
  }

  get fillStyleId(): string {
    return this.#get("fillStyleId");
  }
  set fillStyleId(_: string) {
    throw new Error("in set_fillStyleId: use setFillStyleIdAsync with documentAccess dynamic-page");
  }

  get parent(): FakeNode | null {
    return this.#get("parent");
  }

  get relativeTransform(): Transform {
    return this.#get("relativeTransform");
  }
  set relativeTransform(value: Transform) {
    const [[a, c], [b, d]] = value;
    const isUnscaled = [Math.hypot(a, b), Math.hypot(c, d)].every((length) => Math.abs(length - 1) < 1e-4);
    if (!isUnscaled || !value.flat().every(Number.isFinite)) {
      throw new Error("in set_relativeTransform: a transform does not scale; use resize");
    }
    this.#set("relativeTransform", { relativeTransform: frozen(value) });
  }

  get absoluteTransform(): Transform {
    this.check("absoluteTransform");
    let transform = this.#state.relativeTransform;
    for (let at = this.#state.parent; at !== null; at = at.state.parent) {
      if (!groupTypes.includes(at.type)) transform = multiply(at.state.relativeTransform, transform);
    }
    return transform;
  }

  get absoluteBoundingBox(): { x: number; y: number; width: number; height: number } {
    this.check("absoluteBoundingBox");
    if (groupTypes.includes(this.type)) {
      return around(this.#state.children.map((child) => child.absoluteBoundingBox));
    }
    const [[a, c, e], [b, d, f]] = this.absoluteTransform;
    const { width, height } = this.#state;
    const points = [
      [0, 0],
      [width, 0],
      [0, height],
      [width, height],
    ] as const;
    return around(
      points.map(([x, y]) => ({ x: a * x + c * y + e, y: b * x + d * y + f, width: 0, height: 0 })),
    );
  }

  get absoluteRenderBounds(): { x: number; y: number; width: number; height: number } | null {
    this.check("absoluteRenderBounds");
    return this.isDrawn ? this.absoluteBoundingBox : null;
  }

  /** Whether it and everything around it is visible. */
  get isDrawn(): boolean {
    return this.#state.visible && (this.#state.parent?.isDrawn ?? true);
  }

  /** Whether it stands in an instance, whose children nobody can add to or take from. */
  get isInInstance(): boolean {
    for (let at = this.#state.parent; at !== null; at = at.state.parent) {
      if (at.type === "INSTANCE") return true;
    }
    return false;
  }

  resize(width: number, height: number): void {
    if (!(width >= 0.01 && height >= 0.01)) throw new Error(`in resize: ${width} x ${height} is too small`);
    this.#set("resize", { width, height });
  }

  remove(): void {
    this.check("remove");
    if (this.isInInstance) throw new Error("in remove: Removing this node is not allowed");
    this.#file.change("remove");
    this.detach();
  }

  /** Takes it out of its parent; a group that is empty then goes with it. */
  detach(): void {
    const { parent } = this.#state;
    for (const child of [...this.#state.children]) child.detach();
    this.#removed = true;
    if (parent === null) return;
    parent.update({ children: parent.state.children.filter((child) => child !== this) });
    if (groupTypes.includes(parent.type) && parent.state.children.length === 0) parent.detach();
  }

  clone(): FakeNode {
    this.check("clone");
    this.#file.change("clone");
    const { children: _, parent: __, ...state } = this.#state;
    return this.#file.makeNode(this.type, state);
  }

  setRelaunchData(data: Record<string, string>): void {
    if (this.isInInstance)
      throw new Error("in setRelaunchData: Cannot set relaunch data on an instance's layer");
    for (const [command, description] of Object.entries(data)) {
      if (description.length > 1_000) {
        throw new Error(`in setRelaunchData: the description of ${command} has more than 1000 characters`);
      }
    }
    this.#set("setRelaunchData", { relaunchData: frozen({ ...data }) });
  }

  getRelaunchData(): Record<string, string> {
    return { ...this.#get("relaunchData") };
  }

  exportAsync(settings?: unknown): Promise<Uint8Array> {
    this.check("exportAsync");
    return this.#file.exportNode(this, settings);
  }

  /** Before it is changed. */
  protected changing(member: string): void {
    this.check(member);
    this.#file.change(member);
  }

  #checkPaint({ imageHash, scaleMode, imageTransform, rotation = 0 }: ImagePaint): void {
    if (imageHash !== null && !this.#file.hasImage(imageHash)) {
      throw new Error(`in set_fills: there is no image ${imageHash}`);
    }
    if (imageTransform !== undefined && scaleMode !== "CROP") {
      throw new Error("in set_fills: imageTransform is of the scale mode CROP");
    }
    if (rotation % 90 !== 0) throw new Error("in set_fills: a fill is turned by multiples of 90 degrees");
  }

  #setRadius(corner: number, value: number): void {
    const radii = this.#state.radii.map((radius, index) => (index === corner ? value : radius));
    this.#set("cornerRadius", { radii: radii as unknown as NodeState["radii"] });
  }

  #get<Name extends keyof NodeState>(name: Name): NodeState[Name] {
    this.check(name);
    return this.#state[name];
  }

  #set(member: string, change: Partial<NodeState>): void {
    this.check(member);
    this.#file.change(member);
    this.update(change);
  }

  /** Refuses a node that is gone. */
  check(member: string): void {
    if (this.#removed) throw new Error(`in get_${member}: The node with id "${this.id}" does not exist`);
  }
}

// What a node does not have here ends in an error that says so.
Object.setPrototypeOf(FakeNode.prototype, refusing("a node", {}));

/** A node of a kind that holds others; the rest have no `children` at all. */
export class FakeContainerNode extends FakeNode {
  get children(): readonly FakeNode[] {
    this.check("children");
    return [...this.state.children];
  }

  get layoutMode(): NodeState["layoutMode"] {
    return this.state.layoutMode;
  }

  insertChild(index: number, child: FakeNode): void {
    child.check("insertChild");
    if (this.type === "INSTANCE" || this.isInInstance) {
      throw new Error(
        "in insertChild: Cannot move node. New parent is an instance or is inside of an instance",
      );
    }
    if (this.type === "COMPONENT_SET") throw new Error("in insertChild: only components can be added to it");
    if (!(index >= 0 && index <= this.state.children.length)) {
      throw new Error(`in insertChild: there is no place ${index}`);
    }
    this.changing("insertChild");
    const { parent } = child.state;
    parent?.update({ children: parent.state.children.filter((other) => other !== child) });
    const children = this.state.children.filter((other) => other !== child);
    const at = Math.min(index, children.length);
    this.update({ children: [...children.slice(0, at), child, ...children.slice(at)] });
    child.update({ parent: this });
  }
}

/** One map after another: `inner` first. */
function multiply([[a, c, e], [b, d, f]]: Transform, [x, y]: Transform): Transform {
  return [
    [a * x[0] + c * y[0], a * x[1] + c * y[1], a * x[2] + c * y[2] + e],
    [b * x[0] + d * y[0], b * x[1] + d * y[1], b * x[2] + d * y[2] + f],
  ];
}

/** The map back. */
export function inverse([[a, c, e], [b, d, f]]: Transform): Transform {
  const determinant = a * d - b * c;
  return [
    [d / determinant, -c / determinant, (c * f - d * e) / determinant],
    [-b / determinant, a / determinant, (b * e - a * f) / determinant],
  ];
}

function around(boxes: readonly { x: number; y: number; width: number; height: number }[]): {
  x: number;
  y: number;
  width: number;
  height: number;
} {
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** A deep copy that nobody can write to. */
export function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const copy = Array.isArray(value)
    ? (value as unknown[]).map(frozen)
    : Object.fromEntries(Object.entries(value).map(([name, item]) => [name, frozen(item)]));
  return Object.freeze(copy) as T;
}
