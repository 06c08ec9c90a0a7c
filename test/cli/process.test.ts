import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, jest, test } from "@jest/globals";
import sharp from "sharp";
import { version } from "../../src/sdk/base/index.js";
import { jsonLines, limpidProcess, spawnLimpid, writePhoto } from "./command.js";
import { useWorkspace } from "./workspace.js";

// The first run may have to build the program.
jest.setTimeout(300_000);

const workspace = useWorkspace();
const { at, engine } = workspace;

test("the built program says its version, and exits with 2 for wrong usage", async () => {
  expect(await limpidProcess(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  const wrong = await limpidProcess(["restore", "x.png", "--jobs", "none"]);
  expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toMatch(/^InvalidArgument: /);
});

test("with the backend left to itself, standard output holds the results alone, and the process ends", async () => {
  await writePhoto(at("a.png"));
  const { code, stdout, stderr } = await limpidProcess([
    "restore",
    workspace.folder,
    "--json",
    ...engine.slice(0, 2), // the model alone
  ]);
  expect(code).toBe(0);
  const [line, ...others] = jsonLines(stdout);
  expect(others).toEqual([]);
  expect(line).toMatchObject({ input: at("a.png"), output: at("a.png.restored.png") });
  // Dawn has nothing to say to a person.
  expect(stderr.split("\n").filter((text) => !/^(note: .*|1 restored|)$/.test(text))).toEqual([]);
  // Either a GPU was found, or it is said why not.
  expect([line?.backend, stderr.match(/^note: runs on wasm: .+$/gm)?.length ?? 0]).toEqual(
    line?.backend === "webgpu" ? ["webgpu", 0] : ["wasm", 1],
  );
});

test("a photo goes through pipes", async () => {
  const photo = readFileSync(await writePhoto(at("a.jpg")));
  const child = spawnLimpid(["restore", "-", "--format", "webp", ...engine], "pipe");
  child.stdin!.end(photo);
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part as Buffer);
  const { format, width, height } = await sharp(Buffer.concat(parts)).metadata();
  expect([format, width, height]).toEqual(["webp", 24, 16]);
});

test("two jobs give the same files as one, and the same reports of bad ones", async () => {
  for (let index = 0; index < 5; index++) await writePhoto(at("in", `${index}.png`), { seed: index });
  writeFileSync(at("in", "bad.png"), "");
  const runs = [];
  for (const jobs of ["1", "2"]) {
    const run = await limpidProcess([
      "restore",
      at("in"),
      "-o",
      at(jobs),
      "--jobs",
      jobs,
      "--json",
      ...engine,
    ]);
    // On a small machine it may be said that fewer jobs run.
    expect([run.code, run.stderr.replace(/^note: .*\n/gm, "")]).toEqual([
      1,
      `5 restored, 1 failed\nEmptyFile: ${at("in", "bad.png")}: is empty\n`,
    ]);
    runs.push(
      jsonLines(run.stdout)
        .map(({ input, error, analysis, mixture }) => ({ input, error, analysis, mixture }))
        .sort((a, b) => a.input.localeCompare(b.input)),
    );
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(readdirSync(at("1"))).toHaveLength(5);
  for (const name of readdirSync(at("1"))) {
    expect(readFileSync(at("2", name)).equals(readFileSync(at("1", name)))).toBe(true);
  }
});

test("what ends the run in a worker ends it as in the main thread", async () => {
  for (const name of ["a.png", "b.png", "c.png"]) await writePhoto(at(name));
  const { code, stdout, stderr } = await limpidProcess([
    ...["restore", workspace.folder, "--jobs", "2", "--expert", "x.y"],
    ...engine,
  ]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr.replace(/^note: .*\n/gm, "")).toBe(
    "0 restored\nUnknownExpert: no expert x.y; there are tiny.first, tiny.second\n",
  );
});

test.each([
  ["SIGINT", "1", 130],
  ["SIGINT", "2", 130],
  ["SIGTERM", "1", 143],
] as const)(
  "%s ends a run of %s jobs soon, keeps what is done and leaves nothing else",
  async (name, jobs, exit) => {
    await writePhoto(at("a.png"));
    // Much work in plain JavaScript.
    await writePhoto(at("b.png"), { width: 1000, height: 700 });
    const { code, stdout, stderr } = await limpidProcess(
      ["restore", workspace.folder, "--json", "--jobs", jobs, ...engine],
      (child) => child.stdout.once("data", () => child.kill(name)),
    );
    expect(jsonLines(stdout).map(({ output }) => output)).toEqual([at("a.png.restored.png")]);
    expect([code, stderr.replace(/^note: .*\n/gm, "")]).toEqual([exit, "1 restored\nAborted: interrupted\n"]);
    expect(readdirSync(workspace.folder)).toEqual(["a.png", "a.png.restored.png", "b.png"]);
  },
);
