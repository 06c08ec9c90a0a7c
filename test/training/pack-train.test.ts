import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { CommanderError } from "commander";
import sharp from "sharp";
import { packTrainCommand } from "../../packages/cli/src/pack/train-command.js";
import { addContribution } from "../../packages/cli/src/pack/train-manifest.js";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { modelFromDirectory } from "../../src/node/index.js";
import { LimpidError } from "../../src/sdk/base/index.js";
import { psnr } from "../../src/sdk/image/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { parseExtensionManifest, readExpertFile } from "../../src/sdk/packs/index.js";
import { loadModel } from "../../src/sdk/restore/index.js";
import { sha256Hex } from "../../src/sdk/weights/index.js";
import { bareProcess, writeTinyModel } from "../cli/command.js";
import { makePhotos } from "./training-suite.js";

const recipe = `export default {
  degradation: "dusk",
  apply: ({ width, height, rgb }, severity, source) => {
    const factor = 0.7 - 0.3 * severity + source.uniform(0, 0.02);
    return { width, height, rgb: rgb.map((value) => value * factor) };
  },
};
`;

const manifest = {
  name: "limpid-dusk",
  publisher: "test",
  version: "0.1.0",
  license: "MIT",
  engines: { limpid: "^0.1.0" },
  contributes: {
    degradations: [{ id: "dusk", title: "Dusk", description: "Too dark." }],
    recipes: [{ id: "test.dusk", title: "Dusk", degradation: "dusk", module: "recipe.mjs" }],
  },
};

describe("limpid pack train", () => {
  let models = "";
  let photos = "";
  let folder = "";

  beforeAll(async () => {
    models = writeTinyModel(mkdtempSync(join(tmpdir(), "limpid-model-")), { bias: -20, scale: 0.15 });
    photos = mkdtempSync(join(tmpdir(), "limpid-photos-"));
    for (const { name, image } of makePhotos(6)) {
      const { width, height } = image;
      const raw = { width, height, channels: 3 } as const;
      await sharp(image.data as Uint8Array, { raw }).toFile(join(photos, name));
    }
  });

  afterAll(() => {
    for (const path of [models, photos]) rmSync(path, { recursive: true });
  });

  beforeEach(() => {
    folder = makePack();
    process.env.SOURCE_DATE_EPOCH = "1700000000";
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
    delete process.env.SOURCE_DATE_EPOCH;
  });

  function makePack(): string {
    const path = mkdtempSync(join(tmpdir(), "limpid-pack-"));
    writeFileSync(join(path, "package.json"), JSON.stringify(manifest));
    writeFileSync(join(path, "recipe.mjs"), recipe);
    return path;
  }

  /** Runs the command, with short trainings, to its end or until it has written what the user is waiting for. */
  async function train(pack: string, args: readonly string[], interruptAt?: RegExp) {
    const control = new AbortController();
    let stdout = "";
    let stderr = "";
    const command = packTrainCommand({
      write: (content) => (stdout += content as string),
      writeError: (text) => {
        stderr += text;
        if (interruptAt?.test(text)) control.abort();
      },
      ...bareProcess,
      signal: control.signal,
      exitCode: 0,
    }).exitOverride();
    const short = ["--steps", "8", "--patch", "8", "--batch", "2", "--rank", "2", "--router-views", "15"];
    const engine = ["--model", models, "--backend", "wasm"];
    const error: unknown = await command
      .parseAsync([pack, ...short, ...engine, ...args], { from: "user" })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    return { stdout, stderr, error };
  }

  const fromRecipe = (pack: string) => ["--photos", photos, "--recipe", join(pack, "recipe.mjs")];

  test("makes a pack that installs, and the same one again after an interrupt", async () => {
    const { stdout, error } = await train(folder, [...fromRecipe(folder), "--json"]);
    expect(error).toBeUndefined();
    const report = JSON.parse(stdout) as {
      expert: Record<string, unknown>;
      heldOut: { best: number; backbone: number };
      steps: number;
    };
    expect(report.heldOut.best).toBeGreaterThan(report.heldOut.backbone);
    const written = parseExtensionManifest(readFileSync(join(folder, "package.json")), "the pack");
    const [expert] = written.contributes.experts;
    expect(written.contributes).toMatchObject({
      degradations: [{ id: "dusk" }],
      recipes: [{ id: "test.dusk" }],
    });
    const { degradation, ...facts } = report.expert;
    expect(expert).toMatchObject({ ...facts, id: "test.dusk", degradations: [degradation] });
    const bytes = readFileSync(join(folder, expert!.file));
    expect([bytes.length, sha256Hex(bytes)]).toEqual([expert!.size, expert!.sha256]);
    const { backbone } = (await loadModel(modelFromDirectory(models))).manifest;
    const file = readExpertFile(bytes, backbone.config);
    expect(file).toMatchObject({ license: "MIT", routerRow: { degradation: "dusk" } });
    expect(file.provenance).toMatchObject({ trainer: "limpid", steps: report.steps, date: "2023-11-14" });

    const limpid = await createLimpid({ model: modelFromDirectory(models), backend: "cpu" });
    limpid.experts.add(file.expert, { routerRow: file.routerRow! });
    const { image: before } = await readImageFile(join(folder, expert!.golden.before));
    const { image: after } = await readImageFile(join(folder, expert!.golden.after));
    const { image: restored } = await limpid.restore(before, { experts: [{ id: "test.dusk", weight: 1 }] });
    limpid.dispose();
    expect(psnr(restored, after)).toBeGreaterThanOrEqual(expert!.golden.psnr);
    for (const drawing of ["training/dusk-curve.png", "training/dusk-samples.png"]) {
      expect((await sharp(join(folder, drawing)).metadata()).format).toBe("png");
    }

    const again = makePack();
    const interrupted = await train(again, fromRecipe(again), /^step 4 /);
    expect(LimpidError.is(interrupted.error, "Aborted")).toBe(true);
    expect(interrupted.stderr).toContain("goes on from there");
    expect(existsSync(join(again, ".limpid-training.safetensors"))).toBe(true);
    const resumed = await train(again, fromRecipe(again));
    expect(resumed.stderr).toContain("goes on from step 4");
    expect(resumed.stdout).toMatch(/held out .* backbone .* expert .* dB/);
    expect(existsSync(join(again, ".limpid-training.safetensors"))).toBe(false);
    expect(readFileSync(join(again, expert!.file)).equals(bytes)).toBe(true);
    expect(readFileSync(join(again, "package.json"), "utf8")).toBe(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    rmSync(again, { recursive: true });
  });

  test("learns from pairs, for a degradation that the router knows", async () => {
    const [before, after] = ["before", "after"].map((name) => join(folder, name)) as [string, string];
    mkdirSync(before);
    mkdirSync(after);
    for (const { name } of makePhotos(3)) {
      writeFileSync(join(after, name), readFileSync(join(photos, name)));
      await sharp(join(photos, name)).linear(0.6, 0).toFile(join(before, name));
    }
    const { stdout, error } = await train(folder, [
      "--before",
      before,
      "--after",
      after,
      "--degradation",
      "rain",
      "--steps",
      "1",
    ]);
    expect(error).toBeUndefined();
    expect(stdout).toContain("knows rain by itself");
    const { contributes } = parseExtensionManifest(readFileSync(join(folder, "package.json")), "the pack");
    expect(contributes.experts).toMatchObject([{ id: "test.rain", degradations: ["rain"] }]);
    expect(contributes.degradations).toHaveLength(1);
  });

  test("says what is wrong with the command line, the pack and the recipe", async () => {
    const codeOf = async (pack: string, args: readonly string[]): Promise<string> => {
      const { error } = await train(pack, args);
      if (error instanceof CommanderError) return "CommanderError";
      return LimpidError.is(error) ? error.code : String(error);
    };
    expect(await codeOf(folder, [])).toBe("InvalidArgument");
    expect(await codeOf(folder, ["--photos", photos, "--before", photos])).toBe("InvalidArgument");
    expect(await codeOf(folder, ["--before", photos, "--after", photos])).toBe("InvalidArgument");
    expect(await codeOf(join(folder, "nothing"), fromRecipe(folder))).toBe("FileUnreadable");
    expect(await codeOf(folder, ["--photos", folder, "--recipe", join(folder, "recipe.mjs")])).toBe(
      "FileUnreadable",
    );
    expect(await codeOf(folder, ["--photos", photos, "--recipe", join(folder, "nothing.mjs")])).toBe(
      "FileUnreadable",
    );
    writeFileSync(join(folder, "empty.mjs"), "export default { degradation: 'Dusk' };");
    expect(await codeOf(folder, ["--photos", photos, "--recipe", join(folder, "empty.mjs")])).toBe(
      "InvalidArgument",
    );
    writeFileSync(join(folder, "package.json"), "{}");
    expect(await codeOf(folder, fromRecipe(folder))).toBe("InvalidManifest");
  });

  test("keeps what the author wrote of an expert, and adds what nobody knows", () => {
    const trained = {
      id: "test.dusk",
      degradation: "dusk",
      isKnown: false,
      base: { id: "limpid.tiny", sha256: "0".repeat(64) },
      golden: { before: "golden/dusk-before.png", after: "golden/dusk-after.png", psnr: 30 },
      file: "experts/dusk.safetensors",
      size: 1,
      sha256: "1".repeat(64),
    };
    const { degradation: _, isKnown: __, ...facts } = trained;
    const fresh = addContribution({ name: "a" }, trained) as { contributes: Record<string, unknown[]> };
    expect(fresh.contributes.degradations).toMatchObject([{ id: "dusk", title: "Dusk" }]);
    expect(fresh.contributes.experts).toEqual([{ title: "Repair dusk", degradations: ["dusk"], ...facts }]);
    const own = { id: "test.dusk", title: "Brighten", strength: 0.8, size: 7 };
    const kept = addContribution(
      { contributes: { experts: [{ id: "test.other" }, own], commands: [] } },
      { ...trained, isKnown: true },
    );
    expect(kept.contributes).toEqual({
      commands: [],
      experts: [{ id: "test.other" }, { title: "Brighten", strength: 0.8, degradations: ["dusk"], ...facts }],
    });
  });
});
