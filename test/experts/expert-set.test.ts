import { expect, test } from "@jest/globals";
import { ExpertSet, routerRowProbability, type ExpertChange } from "../../src/sdk/experts/index.js";
import { colorStatisticsSize } from "../../src/sdk/image/index.js";
import { errorOf } from "../support/index.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { baseOf, makeExpert } from "../support/tiny-pack.js";

const model = makeTinyModel();
const base = baseOf(model);
const [rain, haze, moire] = ["rain", "haze", "moire"].map((name) =>
  makeExpert(model, `acme.${name}`, { degradations: [name] }),
) as [ReturnType<typeof makeExpert>, ReturnType<typeof makeExpert>, ReturnType<typeof makeExpert>];
const row = { degradation: "moire", weight: new Float32Array(8).fill(0.5), bias: -1, threshold: 0.4 };

function setOf(...experts: (typeof rain)[]): { set: ExpertSet; changes: ExpertChange[] } {
  const set = new ExpertSet(base);
  set.update({ add: experts.map((expert) => ({ expert })) });
  const changes: ExpertChange[] = [];
  set.onDidChange((change) => changes.push(change));
  return { set, changes };
}

const ids = (set: ExpertSet): string[] => set.list().map(({ id }) => id);

test("an expert is added with what is said of it, and found by its id", () => {
  const { set, changes } = setOf(rain);
  set.add(moire, { strength: 0.5, routerRow: row, owner: "acme.pack" });
  expect([set.size, set.has("acme.moire"), ids(set)]).toEqual([2, true, ["acme.rain", "acme.moire"]]);
  expect(set.get("acme.rain")).toEqual({
    id: "acme.rain",
    degradations: ["rain"],
    strength: 1,
    routerRow: undefined,
    owner: undefined,
    expert: rain,
  });
  expect(set.get("acme.moire")).toMatchObject({ strength: 0.5, routerRow: row, owner: "acme.pack" });
  expect(changes).toEqual([{ added: ["acme.moire"], removed: [] }]);
});

test("a list stays as it is, whatever happens to the set", () => {
  const { set } = setOf(rain, haze);
  const list = set.list();
  const iterated: string[] = [];
  for (const { id } of set.list()) {
    iterated.push(id);
    if (set.has("acme.haze")) set.remove("acme.haze");
  }
  expect(iterated).toEqual(["acme.rain", "acme.haze"]);
  expect(list.map(({ id }) => id)).toEqual(["acme.rain", "acme.haze"]);
  expect(() => (list as unknown[]).pop()).toThrow(TypeError);
  expect(() => Object.assign(list[0]!, { strength: 2 })).toThrow(TypeError);
});

test("a router row is the set's own", () => {
  const { set } = setOf();
  const weight = new Float32Array(8);
  const colorWeight = new Float32Array(colorStatisticsSize);
  set.add(moire, { routerRow: { ...row, weight, colorWeight } });
  weight.fill(9);
  colorWeight.fill(9);
  expect(set.get("acme.moire")!.routerRow).toEqual({
    ...row,
    weight: new Float32Array(8),
    colorWeight: new Float32Array(colorStatisticsSize),
  });
});

test.each([
  [{ colorWeight: new Float32Array(3) }, /has 3 weights of colours, not 28/],
  [{ colorWeight: new Float32Array(colorStatisticsSize).fill(NaN) }, /must be finite/],
  [{ weight: new Float32Array(3) }, /has 3 weights, the degradation embedding has 8 numbers/],
  [{ bias: Infinity }, /must be finite/],
  [{ threshold: 1 }, /threshold is 1/],
])("a router row that cannot be applied is refused, and nothing changes: %j", (fault, message) => {
  const { set, changes } = setOf(rain);
  const error = errorOf(() => set.add(moire, { routerRow: { ...row, ...fault } }));
  expect([error.code, error.message]).toEqual(["ExpertMismatch", expect.stringMatching(message)]);
  expect([ids(set), changes]).toEqual([["acme.rain"], []]);
});

test("what add returns removes that expert, and no other that came after it", () => {
  const { set } = setOf();
  const first = set.add(rain);
  const other = makeExpert(model, "acme.rain", { seed: "other" });
  set.replace(other);
  first.dispose();
  expect(set.get("acme.rain")?.expert).toBe(other);
  const second = set.add(haze);
  second.dispose();
  second.dispose();
  expect(ids(set)).toEqual(["acme.rain"]);
});

test("an expert that replaces another stands in its place, and in one step", () => {
  const { set, changes } = setOf(rain, haze, moire);
  set.replace(makeExpert(model, "acme.haze", { seed: "2" }), { strength: 0.3 });
  expect(ids(set)).toEqual(["acme.rain", "acme.haze", "acme.moire"]);
  expect(set.get("acme.haze")?.strength).toBe(0.3);
  expect(changes).toEqual([{ added: ["acme.haze"], removed: ["acme.haze"] }]);
});

test("a step with a fault in it changes nothing", () => {
  const { set, changes } = setOf(rain, haze);
  const before = set.list();
  const stranger = makeExpert(makeTinyModel({ seed: 2 }), "acme.stranger");
  const steps: [Parameters<ExpertSet["update"]>[0], string][] = [
    [{ remove: ["acme.rain"], add: [{ expert: stranger }] }, "ExpertMismatch"],
    [{ remove: ["acme.rain", "acme.unknown"] }, "UnknownExpert"],
    [{ add: [{ expert: moire }, { expert: rain }] }, "InvalidArgument"],
    [{ add: [{ expert: moire }, { expert: moire }] }, "InvalidArgument"],
    [{ add: [{ expert: moire, strength: 2.1 }] }, "InvalidArgument"],
    [{ add: [{ expert: moire, strength: NaN }] }, "InvalidArgument"],
    [{ add: [{ expert: moire, routerRow: { ...row, weight: new Float32Array(7) } }] }, "ExpertMismatch"],
    [{ add: [{ expert: moire, routerRow: { ...row, bias: Infinity } }] }, "ExpertMismatch"],
    [{ add: [{ expert: moire, routerRow: { ...row, threshold: 1 } }] }, "ExpertMismatch"],
    [{ add: [{ expert: moire, routerRow: { ...row, degradation: "" } }] }, "ExpertMismatch"],
  ];
  for (const [step, code] of steps) {
    expect(errorOf(() => set.check(step)).code).toBe(code);
    expect(errorOf(() => set.update(step)).code).toBe(code);
  }
  expect([set.list(), changes]).toEqual([before, []]);
});

test("a check of what would work changes nothing", () => {
  const { set, changes } = setOf(rain);
  set.check({ remove: ["acme.rain"], add: [{ expert: moire }] });
  set.update({});
  expect([ids(set), changes]).toEqual([["acme.rain"], []]);
});

test("an expert is pinned until its last pin ends or it is removed", () => {
  const { set } = setOf(rain);
  const [one, two] = [set.pin("acme.rain"), set.pin("acme.rain")];
  one.dispose();
  one.dispose();
  expect(set.isPinned("acme.rain")).toBe(true);
  set.replace(makeExpert(model, "acme.rain", { seed: "2" }));
  expect(set.isPinned("acme.rain")).toBe(true);
  two.dispose();
  expect(set.isPinned("acme.rain")).toBe(false);
  const stale = set.pin("acme.rain");
  set.remove("acme.rain");
  expect(set.isPinned("acme.rain")).toBe(false);
  set.add(rain);
  set.pin("acme.rain");
  stale.dispose();
  expect(set.isPinned("acme.rain")).toBe(true);
  expect(errorOf(() => set.pin("acme.unknown")).code).toBe("UnknownExpert");
});

test("a disposed set is empty, silent and refuses changes", () => {
  const { set, changes } = setOf(rain);
  set.dispose();
  expect(set.size).toBe(0);
  expect(errorOf(() => set.add(haze)).code).toBe("Disposed");
  expect(changes).toEqual([]);
});

test("a router row's probability is the sigmoid of its product with the embedding", () => {
  const embedding = Float32Array.from({ length: 8 }, (_, index) => index / 8);
  const logit = 0.5 * (28 / 8) - 1;
  expect(routerRowProbability(row, embedding)).toBeCloseTo(1 / (1 + Math.exp(-logit)), 12);
  // On the embedding alone, whatever the colours.
  const colors = Float32Array.from({ length: colorStatisticsSize }, (_, index) => index / 32);
  expect(routerRowProbability(row, embedding, colors)).toBe(routerRowProbability(row, embedding));
});

test("a router row on colours adds their product, and says nothing without them", () => {
  const embedding = Float32Array.from({ length: 8 }, (_, index) => index / 8);
  const colors = Float32Array.from({ length: colorStatisticsSize }, (_, index) => index / 32);
  const colored = { ...row, colorWeight: new Float32Array(colorStatisticsSize).fill(-0.25) };
  const logit = 0.5 * (28 / 8) - 1 - 0.25 * ((27 * 28) / 2 / 32);
  expect(routerRowProbability(colored, embedding, colors)).toBeCloseTo(1 / (1 + Math.exp(-logit)), 12);
  expect(routerRowProbability(colored, embedding)).toBeNaN();
});
