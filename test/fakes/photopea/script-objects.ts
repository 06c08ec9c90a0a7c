import type { FakeApp } from "./fake-app.js";
import { emptyLayer, selectPolygon, type FakeDocument } from "./fake-document.js";
import { findLayerState, type FakeLayerState } from "./layer-state.js";
import { ScriptAborted, ScriptLength } from "./script-engine.js";

/** One member of an object of the editor's, as a script uses it. */
interface Member {
  readonly get: () => unknown;
  readonly set?: (value: never) => void;
}

type Members = Readonly<Record<string, Member>>;

const value = (get: () => unknown): Member => ({ get });

const method = (run: (...values: never[]) => unknown): Member => ({ get: () => run });

const layerKinds: Readonly<Record<string, number>> = {
  NORMAL: 0,
  SMARTOBJECT: 1,
  TEXT: 2,
  SOLIDFILL: 3,
  GRADIENTFILL: 4,
  PATTERNFILL: 5,
  CURVES: 6,
};

/** A descriptor or a reference of the editor's actions: what was put into it, in order. */
class FakeActionValues {
  readonly values: unknown[] = [];

  putClass(...values: unknown[]): void {
    this.values.push(values);
  }

  putEnumerated(...values: unknown[]): void {
    this.values.push(values);
  }

  putReference(key: string, { values }: FakeActionValues): void {
    this.values.push([key, values]);
  }
}

/** The one action that the fake does: a new layer mask that reveals the selection. */
const madeMask = JSON.stringify([
  "Mk  ",
  [
    ["Nw  ", "Chnl"],
    ["At  ", [["Chnl", "Chnl", "Msk "]]],
    ["Usng", "UsrM", "RvlS"],
  ],
]);

/** What a script's object stands for. */
const behind = new WeakMap<object, FakeDocument | { document: FakeDocument; id: number }>();

/**
 * What scripts see of the editor: those members, and no others, of which somebody has seen that the real one has them, or read it
 * in its documentation. A member that is read without being there is undefined, and noted in {@link FakeApp.strange}.
 */
export class ScriptObjects {
  readonly #app: FakeApp;
  readonly #known = new Map<string, object>();

  constructor(app: FakeApp) {
    this.#app = app;
  }

  /** The global names, and what is behind them. */
  globals(): Readonly<Record<string, unknown>> {
    return {
      app: this.#host("app", {
        echoToOE: method((what: unknown) => this.#app.say(what)),
        documents: value(() => this.#documents()),
        activeDocument: {
          get: () => this.#document(this.#app.activeDocument),
          set: (document: object) => (this.#app.activeDocument = documentBehind(document)),
        },
        open: method((url: string, _as: unknown, asSmart: unknown) =>
          this.#app.openUrl(url, asSmart === true),
        ),
      }),
      SaveOptions: { DONOTSAVECHANGES: "DONOTSAVECHANGES" },
      ElementPlacement: { PLACEATBEGINNING: "PLACEATBEGINNING", PLACEBEFORE: "PLACEBEFORE" },
      BlendMode: { NORMAL: "NORMAL" },
      SelectionType: { REPLACE: "REPLACE" },
      // Read by a plugin of July 2026; the numbers were told by the maintainer, of adjustments none was.
      LayerKind: layerKinds,
      // What a plugin of July 2026 makes layer masks with; that a mask can be of the selection is only in the editor's menu.
      DialogModes: { NO: "NO" },
      charIDToTypeID: (id: string) => id,
      ActionReference: FakeActionValues,
      ActionDescriptor: FakeActionValues,
      executeAction: this.#guarded("executeAction", (id: string, descriptor: FakeActionValues) => {
        const made = JSON.stringify([id, descriptor.values]);
        if (made !== madeMask) throw new Error(`the fake does not do ${made}`);
        this.#app.makeMask();
      }),
      SolidColor: class {
        rgb = { red: 0, green: 0, blue: 0 };
      },
    };
  }

  #documents(): object {
    const documents = this.#app.documents.map((document) => this.#document(document));
    const add = (width: number, height: number, _resolution: number, name: string): unknown =>
      this.#made(this.#document(this.#app.addEmpty(width, height, name)));
    return Object.assign(documents, { add: this.#guarded("documents.add", add) });
  }

  #document(document: FakeDocument): object {
    const app = this.#app;
    const layers = (states: readonly FakeLayerState[]): object[] =>
      states.map(({ id }) => this.#layer(document, id));
    return this.#host(
      "Document",
      {
        name: { get: () => document.name, set: (name: string) => (document.name = name) },
        source: { get: () => document.source, set: (source: string) => (document.source = source) },
        width: value(() => document.width),
        height: value(() => document.height),
        resolution: value(() => 72),
        mode: value(() => 7),
        layers: value(() => layers(document.states)),
        activeLayer: {
          get: () => (document.activeId === undefined ? null : this.#layer(document, document.activeId)),
          set: (layer: object) => (document.chosen = [layerBehind(layer).id]),
        },
        artLayers: value(() =>
          this.#host("artLayers", {
            add: method(() => {
              document.insert(emptyLayer(document, app.nextId()));
              return this.#made(this.#layer(document, document.activeId!));
            }),
          }),
        ),
        selection: value(() => this.#selection(document)),
        duplicate: method((name: string) => this.#made(this.#document(app.copyDocument(document, name)))),
        close: method((how: string) => {
          if (how !== "DONOTSAVECHANGES") throw new Error("a dialog asks whether to save");
          app.removeDocument(document);
        }),
        saveToOE: method((format: string) => app.exportDocument(document, format)),
      },
      document,
      `document ${app.numberOf(document)}`,
    );
  }

  #layer(document: FakeDocument, id: number): object {
    const app = this.#app;
    const state = (): FakeLayerState => document.state(id);
    const set =
      <Name extends keyof FakeLayerState>(name: Name, isFree = false) =>
      (value: FakeLayerState[Name]): void => {
        if (!isFree && state().allLocked) throw new Error("the layer is locked");
        document.change(id, (layer) => ({ ...layer, [name]: value }));
      };
    const members: Members = {
      name: { get: () => state().name, set: set("name", true) },
      kind: value(() => layerKinds[state().kind]),
      typename: value(() => (state().children === undefined ? "ArtLayer" : "LayerSet")),
      layers: value(() => state().children?.map((child) => this.#layer(document, child.id))),
      visible: { get: () => state().visible, set: set("visible", true) },
      opacity: { get: () => state().opacity, set: set("opacity") },
      blendMode: { get: () => state().blendMode, set: set("blendMode") },
      allLocked: { get: () => state().allLocked, set: set("allLocked", true) },
      fillOpacity: { get: () => 100, set: () => undefined },
      grouped: { get: () => false, set: () => undefined },
      selected: {
        get: () => document.chosen.includes(id),
        set: (isChosen: boolean) => {
          const others = document.chosen.filter((other) => other !== id);
          document.chosen = isChosen ? [...others, id] : others;
        },
      },
      bounds: value(() => {
        // Nobody can read them while something is selected.
        if (document.mask !== undefined) throw new Error("bounds are not there while something is selected");
        const { left, top, width, height } = state();
        return lengths(left, top, left + width, top + height);
      }),
      translate: method((x: number, y: number) => {
        const { left, top, allLocked } = state();
        if (allLocked) throw new Error("the layer is locked");
        document.change(id, (layer) => ({ ...layer, left: left + x, top: top + y }));
      }),
      duplicate: method((target: object, placement: string) => {
        if (placement !== "PLACEATBEGINNING") throw new Error(`the fake does not place ${placement}`);
        app.copyLayer(document, state(), documentBehind(target));
      }),
      move: method((reference: object, placement: string) => {
        if (placement !== "PLACEBEFORE") throw new Error(`the fake does not move ${placement}`);
        app.moveLayer(document, id, layerBehind(reference).id);
      }),
      remove: method(() => {
        if (state().allLocked) throw new Error("the layer is locked");
        document.change(id, () => undefined);
      }),
    };
    const all = app.unknowns.layerIds ? { ...members, id: value(() => id) } : members;
    const gone = (): void => {
      if (findLayerState(document.states, id) === undefined) throw new Error("the layer does not exist");
    };
    return this.#host("Layer", all, { document, id }, `layer ${app.numberOf(document)} ${id}`, gone);
  }

  /** The object is always there, whether anything is selected or not. */
  #selection(document: FakeDocument): object {
    return this.#host("Selection", {
      bounds: value(() => {
        const rect = document.selectedBounds();
        if (rect !== undefined) return lengths(rect.x, rect.y, rect.x + rect.width, rect.y + rect.height);
        if (this.#app.unknowns.emptySelection === "throws") throw new Error("nothing is selected");
        return null;
      }),
      select: method((corners: readonly (readonly [number, number])[], type: string) => {
        if (type !== "REPLACE") throw new Error(`the fake does not select ${type}`);
        document.mask = selectPolygon(document, corners);
      }),
      deselect: method(() => {
        document.mask = undefined;
      }),
      fill: method(({ rgb }: { readonly rgb: { red: number; green: number; blue: number } }) => {
        const { mask, activeId } = document;
        if (mask === undefined || activeId === undefined) throw new Error("nothing is selected");
        document.change(activeId, (layer) => {
          const image = layer.image!.clone();
          mask.forEach((alpha, index) => {
            if (alpha > 0) image.data.set([rgb.red, rgb.green, rgb.blue, alpha], index * 4);
          });
          return { ...layer, image };
        });
      }),
    });
  }

  #made(object: object): object | undefined {
    return this.#app.unknowns.returnsMade ? object : undefined;
  }

  /** An object of the editor's with these members. Reading the same thing twice gives the same one, or it does not. */
  #host(
    kind: string,
    members: Members,
    thing?: FakeDocument | { document: FakeDocument; id: number },
    key?: string,
    check: () => void = () => undefined,
  ): object {
    const known = key === undefined || !this.#app.unknowns.sameObjects ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const member = (name: string | symbol): Member | undefined => {
      if (typeof name === "symbol") return undefined;
      const full = `${kind}.${name}`;
      if (Object.hasOwn(members, name) && !this.#app.vices.lacks.includes(full)) return members[name];
      this.#app.strange.add(full);
      return undefined;
    };
    const object = new Proxy(
      {},
      {
        get: (_, name) => {
          const found = member(name);
          if (found === undefined) return undefined;
          const got = this.#guarded(`${kind}.${String(name)}`, () => (check(), found.get()))();
          return typeof got === "function"
            ? this.#guarded(`${kind}.${String(name)}`, got as (...values: never[]) => unknown)
            : got;
        },
        set: (_, name, next: never) => {
          const found = member(name);
          this.#guarded(`${kind}.${String(name)}`, () => (check(), found?.set?.(next)))();
          return true;
        },
      },
    );
    if (thing !== undefined) behind.set(object, thing);
    if (key !== undefined) this.#known.set(key, object);
    return object;
  }

  /** An error of the editor's own reaches the script's `catch`, or ends the script. */
  #guarded<V extends unknown[], R>(member: string, run: (...values: V) => R): (...values: V) => R {
    return (...values) => {
      if (this.#app.isAborted) throw new ScriptAborted("the script has ended");
      try {
        return run(...values);
      } catch (error) {
        if (this.#app.unknowns.hostErrors === "abort" || error instanceof ScriptAborted) {
          this.#app.isAborted = true;
        }
        throw new Error(`${member}: ${String(error)}`, { cause: error });
      }
    };
  }
}

function lengths(...values: number[]): ScriptLength[] {
  return values.map((length) => new ScriptLength(length));
}

function documentBehind(object: object): FakeDocument {
  const thing = behind.get(object);
  if (thing === undefined || "document" in thing) throw new Error("that is no document");
  return thing;
}

function layerBehind(object: object): { document: FakeDocument; id: number } {
  const thing = behind.get(object);
  if (thing === undefined || !("document" in thing)) throw new Error("that is no layer");
  return thing;
}
