import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LimpidError } from "../../src/sdk/base/index.js";
import {
  Configuration,
  ContextKeys,
  memoryStorage,
  parseWhen,
  StoredDocument,
  webStorage,
  type KeyValueStorage,
} from "../../src/sdk/extensions/index.js";
import type { ContributedSetting } from "../../src/sdk/packs/index.js";
import { errorOf } from "../support/index.js";

const properties: Readonly<Record<string, ContributedSetting>> = {
  "acme.on": { type: "boolean", description: "Whether.", default: false },
  "acme.strength": { type: "number", description: "How much.", default: 0.5, minimum: 0, maximum: 1 },
  "acme.count": { type: "integer", description: "How many.", default: 3, minimum: 1 },
  "acme.name": { type: "string", description: "Who.", default: "" },
  "acme.mode": { type: "string", description: "How.", default: "fast", enum: ["fast", "fine"] },
};

async function makeConfiguration(storage: KeyValueStorage = memoryStorage()) {
  const contextKeys = new ContextKeys();
  const configuration = new Configuration(await StoredDocument.load(storage, "settings"), contextKeys);
  const declared = configuration.declare({ title: "Acme", properties }, "acme.tools");
  return { configuration, contextKeys, declared };
}

describe("configuration", () => {
  test("has the defaults until somebody changes them", async () => {
    const { configuration } = await makeConfiguration();
    const told: (readonly string[])[] = [];
    configuration.onDidChange(({ keys }) => told.push(keys));
    expect(configuration.get("acme.strength")).toBe(0.5);
    await configuration.update("acme.strength", 1);
    expect(configuration.get("acme.strength")).toBe(1);
    await configuration.update("acme.strength", 1);
    await configuration.update("acme.strength", undefined);
    expect(configuration.get("acme.strength")).toBe(0.5);
    expect(told).toEqual([["acme.strength"], ["acme.strength"]]);
  });

  test.each([
    ["acme.on", 1],
    ["acme.strength", 1.5],
    ["acme.strength", "0.5"],
    ["acme.strength", Number.NaN],
    ["acme.count", 2.5],
    ["acme.count", 0],
    ["acme.name", null],
    ["acme.name", "x".repeat(70_000)],
    ["acme.mode", "slow"],
  ])("refuses %s = %j and keeps what it had", async (key, value) => {
    const { configuration } = await makeConfiguration();
    const before = configuration.get(key);
    await expect(configuration.update(key, value as never)).rejects.toMatchObject({
      code: "InvalidArgument",
    });
    expect(configuration.get(key)).toBe(before);
  });

  test("knows no setting that nobody declares", async () => {
    const { configuration, declared, contextKeys } = await makeConfiguration();
    expect(errorOf(() => configuration.get("toString")).code).toBe("UnknownSetting");
    expect(contextKeys.keys).toHaveLength(5);
    declared.dispose();
    expect(errorOf(() => configuration.get("acme.on")).code).toBe("UnknownSetting");
    expect(configuration.list()).toEqual([]);
    expect(contextKeys.keys).toEqual([]);
  });

  test("refuses a key twice and a default that is none of its values, and then declares nothing", async () => {
    const { configuration } = await makeConfiguration();
    const fresh = { type: "boolean", description: "Whether.", default: true } as const;
    const count = configuration.list().length;
    expect(
      errorOf(() => configuration.declare({ title: "B", properties: { "b.new": fresh, "acme.on": fresh } }))
        .code,
    ).toBe("InvalidArgument");
    expect(
      errorOf(() =>
        configuration.declare({ title: "B", properties: { "b.new": { ...fresh, default: "yes" } } }),
      ).message,
    ).toBe('the default of b.new is "yes", expected a boolean');
    expect(configuration.list()).toHaveLength(count);
  });

  test("is read by when clauses", async () => {
    const { configuration, contextKeys } = await makeConfiguration();
    const when = parseWhen("config.acme.mode == fine && config.acme.on");
    expect(contextKeys.matches(when)).toBe(false);
    await configuration.update("acme.mode", "fine");
    await configuration.update("acme.on", true);
    expect(contextKeys.matches(when)).toBe(true);
  });

  test("outlives the instance, as far as the values are still allowed", async () => {
    const storage = memoryStorage();
    const first = (await makeConfiguration(storage)).configuration;
    await first.update("acme.mode", "fine");
    await first.update("acme.count", 7);
    const second = (await makeConfiguration(storage)).configuration;
    expect([second.get("acme.mode"), second.get("acme.count")]).toEqual(["fine", 7]);
    const third = new Configuration(await StoredDocument.load(storage, "settings"), new ContextKeys());
    const mode: ContributedSetting = { ...properties["acme.mode"]!, enum: ["fast", "slow"] };
    third.declare({ title: "Acme", properties: { "acme.mode": mode } });
    expect(third.get("acme.mode")).toBe("fast");
  });

  test("lasts as long as the instance where storage is denied", async () => {
    const denied = webStorage(() => {
      throw new Error("the page is denied storage");
    });
    const { configuration } = await makeConfiguration(denied);
    expect(String(configuration.storageFailure)).toContain("denied");
    await configuration.update("acme.on", true);
    expect(configuration.get("acme.on")).toBe(true);
    expect(String(configuration.storageFailure)).toContain("denied");
  });

  test("starts afresh where the storage holds nonsense", async () => {
    for (const text of [
      "{",
      "[1]",
      "null",
      '"text"',
      '{"acme.on":"yes","acme.count":1e99,"__proto__":{"x":1}}',
    ]) {
      const storage = memoryStorage();
      await storage.set("settings", text);
      const { configuration } = await makeConfiguration(storage);
      expect(configuration.list().map(({ value }) => value)).toEqual([3, "fast", "", false, 0.5]);
    }
  });

  test("takes any value that its declaration allows, and no other", async () => {
    const { configuration } = await makeConfiguration();
    const key = fc.constantFrom(...Object.keys(properties));
    const value = fc.oneof(
      fc.anything(),
      fc.boolean(),
      fc.double({ min: -2, max: 3 }),
      fc.integer({ min: -3, max: 9 }),
      fc.constantFrom("fast", "fine", "", "toString"),
    );
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(key, value, async (name, anything) => {
        const { type, minimum = -Infinity, maximum = Infinity, enum: allowed } = properties[name]!;
        const isNumber = type === "number" || type === "integer";
        const isAllowed =
          typeof anything === (isNumber ? "number" : type) &&
          (!isNumber ||
            (Number.isFinite(anything) && Number(anything) >= minimum && Number(anything) <= maximum)) &&
          (type !== "integer" || Number.isSafeInteger(anything)) &&
          (allowed?.includes(anything as string) ?? true);
        const before = configuration.get(name);
        try {
          await configuration.update(name, anything as never);
          expect(isAllowed || anything === undefined).toBe(true);
          if (isAllowed) expect(configuration.get(name)).toBe(anything);
          taken++;
        } catch (error) {
          if (!LimpidError.is(error, "InvalidArgument")) throw error;
          expect(isAllowed).toBe(false);
          expect(configuration.get(name)).toBe(before);
          refused++;
        }
      }),
      { seed: 4, numRuns: 2000 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(200);
  });
});

test("a document that changes faster than it can be written is written with all that changed meanwhile", async () => {
  const writes: string[] = [];
  const slow: KeyValueStorage = {
    ...memoryStorage(),
    set: async (_, value) => {
      writes.push(value);
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
  const document = await StoredDocument.load(slow, "state");
  const first = document.set("a", 0);
  await Promise.resolve(); // the first write has begun
  await Promise.all([
    first,
    ...Array.from({ length: 100 }, (_, index) => document.set(`k${index % 10}`, index)),
  ]);
  expect(writes).toHaveLength(2);
  expect(JSON.parse(writes[1]!)).toEqual(document.toJSON());
  await Promise.all([document.set("a", 1), document.clear(), document.set("b", 2)]);
  expect(JSON.parse(writes.at(-1)!)).toEqual({ b: 2 });
});
