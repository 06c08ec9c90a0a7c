import { describe, expect, test } from "@jest/globals";
import { Commands, ContextKeys, Menus, type CommandExecution } from "../../src/sdk/extensions/index.js";
import { errorOf } from "../support/index.js";

function makeCommands() {
  const contextKeys = new ContextKeys();
  const commands = new Commands(contextKeys);
  return { contextKeys, commands, menus: new Menus(commands, contextKeys) };
}

describe("commands", () => {
  test("pass arguments on and give back what the handler returns", async () => {
    const { commands } = makeCommands();
    commands.register("app.add", (a, b) => Promise.resolve(Number(a) + Number(b)));
    expect(await commands.execute("app.add", 2, 3)).toBe(5);
  });

  test("tell of every execution, whether it threw or not", async () => {
    const { commands } = makeCommands();
    const told: CommandExecution[] = [];
    commands.onDidExecute((execution) => told.push(execution));
    const broken = new Error("broken handler");
    commands.register("app.good", () => 1);
    commands.register("app.bad", () => {
      throw broken;
    });
    await commands.execute("app.good");
    await expect(commands.execute("app.bad")).rejects.toBe(broken);
    expect(told.map(({ id, error }) => [id, error])).toEqual([
      ["app.good", undefined],
      ["app.bad", broken],
    ]);
    expect(told.every(({ duration }) => duration >= 0)).toBe(true);
  });

  test("are refused if their id is none, taken, or declared by an extension", () => {
    const { commands } = makeCommands();
    commands.register("app.once", () => 1);
    commands.declare("acme.mine", { title: "Mine" }, "acme.tools");
    expect(errorOf(() => commands.register("app.once", () => 2)).code).toBe("InvalidArgument");
    expect(errorOf(() => commands.register("no spaces", () => 2)).code).toBe("InvalidArgument");
    expect(errorOf(() => commands.register("acme.mine", () => 2)).details).toEqual({
      id: "acme.mine",
      owner: "acme.tools",
    });
    commands.register("acme.mine", () => 3, { owner: "acme.tools" });
    expect(commands.list().map(({ id, title, owner }) => [id, title, owner])).toEqual([
      ["acme.mine", "Mine", "acme.tools"],
      ["app.once", "app.once", undefined],
    ]);
  });

  test("that nobody registers are unknown, and say who promised them", async () => {
    const { commands } = makeCommands();
    commands.declare("acme.mine", { title: "Mine" }, "acme.tools");
    await expect(commands.execute("app.none")).rejects.toMatchObject({ code: "UnknownCommand" });
    await expect(commands.execute("acme.mine")).rejects.toMatchObject({
      code: "UnknownCommand",
      details: { owner: "acme.tools" },
    });
  });

  test("start what brings them when they are executed for the first time", async () => {
    const { commands } = makeCommands();
    commands.declare("acme.lazy", { title: "Lazy" }, "acme.tools");
    const started: string[] = [];
    commands.setActivator((id) => {
      started.push(id);
      commands.register(id, () => "ran", { owner: "acme.tools" });
      return Promise.resolve();
    });
    expect(await commands.execute("acme.lazy")).toBe("ran");
    expect(await commands.execute("acme.lazy")).toBe("ran");
    expect(started).toEqual(["acme.lazy"]);
  });

  test("are off while their enablement does not hold", async () => {
    const { commands, contextKeys } = makeCommands();
    commands.register("app.crop", () => "cropped", { enablement: "hasImage" });
    expect(commands.describe("app.crop")?.isEnabled).toBe(false);
    await expect(commands.execute("app.crop")).rejects.toMatchObject({ code: "CommandDisabled" });
    contextKeys.set("hasImage", true);
    expect(await commands.execute("app.crop")).toBe("cropped");
  });

  test("are gone with what registered them", async () => {
    const { commands } = makeCommands();
    const registered = commands.register("app.once", () => 1);
    registered.dispose();
    registered.dispose();
    expect(commands.list()).toEqual([]);
    await expect(commands.execute("app.once")).rejects.toMatchObject({ code: "UnknownCommand" });
    commands.register("app.once", () => 2);
    expect(await commands.execute("app.once")).toBe(2);
  });
});

describe("context keys", () => {
  test("tell of new values only, and keep a list of their own", () => {
    const { contextKeys } = makeCommands();
    const told: string[] = [];
    contextKeys.onDidChange(({ keys }) => told.push(...keys));
    const list = ["a"];
    contextKeys.set("kinds", list);
    list.push("b");
    contextKeys.set("kinds", ["a"]);
    contextKeys.set("on", true);
    contextKeys.set("on", true);
    contextKeys.set("on", undefined);
    expect(told).toEqual(["kinds", "on", "on"]);
    expect(contextKeys.get("kinds")).toEqual(["a"]);
    expect(contextKeys.keys).toEqual(["kinds"]);
  });

  test("go with the extension that set them", () => {
    const { contextKeys } = makeCommands();
    contextKeys.set("app", 1);
    contextKeys.set("acme.a", 1, "acme.tools");
    contextKeys.set("acme.b", 1, "acme.tools");
    contextKeys.removeOwner("acme.tools");
    expect(contextKeys.keys).toEqual(["app"]);
  });

  test.each([
    ["a b", 1],
    ["", 1],
    ["a".repeat(129), 1],
    ["a", Number.NaN],
    ["a", {}],
    ["a", null],
    ["a", [[1]]],
    ["a", "x".repeat(5000)],
  ])("refuse %j", (key, value) => {
    expect(errorOf(() => makeCommands().contextKeys.set(key, value as never)).code).toBe("InvalidArgument");
  });
});

describe("menus", () => {
  test("show what holds, by group, then order, then time", () => {
    const { commands, contextKeys, menus } = makeCommands();
    for (const name of ["a", "b", "c", "d", "e", "f"]) commands.register(`app.${name}`, () => name);
    menus.add("image/context", { command: "app.a" });
    menus.add("image/context", { command: "app.b", group: "restore" });
    menus.add("image/context", { command: "app.c", group: "restore@2" });
    menus.add("image/context", { command: "app.d", group: "restore@-1" });
    menus.add("image/context", { command: "app.e", group: "edit@5", when: "hasImage" });
    menus.add("image/context", { command: "app.missing", group: "edit@5" });
    menus.add("image/context", { command: "app.f", group: "restore" });
    const shown = () => menus.items("image/context").map(({ command, group }) => [command.slice(4), group]);
    const always = [
      ["d", "restore"],
      ["c", "restore"],
      ["b", "restore"],
      ["f", "restore"],
      ["a", ""],
    ];
    expect(shown()).toEqual(always);
    contextKeys.set("hasImage", true);
    expect(shown()).toEqual([["e", "edit"], ...always]);
  });

  test("tell when their items may have changed, and only then", () => {
    const { commands, contextKeys, menus } = makeCommands();
    const told: string[] = [];
    menus.onDidChange((change) => told.push(change.menus.join()));
    commands.register("app.a", () => 1, { enablement: "canRun" });
    expect(told).toEqual([]);
    const item = menus.add("first", { command: "app.a", when: "hasImage" });
    menus.add("second", { command: "app.b" });
    contextKeys.set("hasImage", true);
    contextKeys.set("canRun", true);
    contextKeys.set("other", true);
    expect(told).toEqual(["first", "second", "first", "first"]);
    item.dispose();
    expect(menus.ids).toEqual(["second"]);
    expect(menus.items("first")).toEqual([]);
  });

  test("stop listening when they end", () => {
    const { commands, contextKeys, menus } = makeCommands();
    const told: unknown[] = [];
    menus.onDidChange((change) => told.push(change));
    menus.add("first", { command: "app.a", when: "hasImage" });
    menus.dispose();
    told.length = 0;
    contextKeys.set("hasImage", true);
    commands.register("app.a", () => 1);
    expect(told).toEqual([]);
  });

  test("refuse a clause that cannot be read", () => {
    const { menus } = makeCommands();
    expect(errorOf(() => menus.add("first", { command: "app.a", when: "a &&" })).code).toBe("InvalidWhen");
    expect(menus.ids).toEqual([]);
  });
});
