import { describe, expect, test } from "@jest/globals";
import { reportReference, runReference, type ReferenceCase } from "../../packages/lab/src/reference.js";
import { HostTensor, serializeSafetensors } from "../../src/sdk/weights/index.js";
import { readReference, referenceFolder } from "../support/reference.js";
import { describeReference, withFolder } from "./reference-suite.js";

describeReference("wasm");

async function runCommand(folder: string, json: boolean): Promise<{ code: number; text: string }> {
  let text = "";
  const code = await reportReference(folder, { backend: "wasm", json }, (part) => (text += part));
  return { code, text };
}

/** An io file with one value of one tensor changed. */
function spoil(name: string, tensor: string, change: (values: Float32Array) => void): Uint8Array {
  const file = readReference(name);
  const original = file.tensors.get(tensor)!;
  const values = original.toFloat32().slice();
  change(values);
  const tensors = new Map(file.tensors).set(tensor, HostTensor.fromFloat32(original.shape, values));
  return serializeSafetensors({ tensors, metadata: file.metadata });
}

test("cpu reproduces the networks", async () => {
  // Not all cases: this backend takes a second for what the others do in a hundredth.
  const links = [
    "stage1.weights.safetensors",
    "stage1.io.safetensors",
    "stage2.weights.pth",
    "stage2.top2.io.safetensors",
    "router.weights.safetensors",
    "router.io.safetensors",
  ];
  const cases = await withFolder({ links }, (folder) => runReference(folder, "cpu"));
  const found = cases.filter(({ status }) => status !== "missing");
  expect(found.map(({ name, status }) => `${name} ${status}`)).toEqual([
    "stage1 ok",
    "stage2.top2 ok",
    "router ok",
  ]);
  for (const { difference } of found) expect(difference).toBeLessThan(2e-5);
});

describe("the reference command", () => {
  test("prints a line per case and ends with 0", async () => {
    const { code, text } = await runCommand(referenceFolder, false);
    expect(code).toBe(0);
    expect(text.replace(/\d\.\d\de-\d+ /g, "D ").split("\n")).toEqual([
      "stage1        D  of D ok      .safetensors",
      "stage1.local  D  of D ok      .safetensors",
      "stage1.global D  of D ok      .safetensors",
      "stage2.top1   D  of D ok      .safetensors .pth",
      "stage2.top2   D  of D ok      .safetensors .pth",
      "router        D  of D ok      .safetensors .pth",
      "views         D  of D ok",
      "",
    ]);
  });

  test("takes checkpoints (.pth) alone, though they carry no config", async () => {
    const links = ["stage2.weights.pth", "stage2.top1.io.safetensors", "stage2.top2.io.safetensors"];
    const cases = await withFolder({ links }, (folder) => runReference(folder, "wasm"));
    const stage2 = cases.filter(({ name }) => name.startsWith("stage2."));
    expect(stage2.map(({ status, files }) => [status, files])).toEqual([
      ["ok", ["stage2.weights.pth"]],
      ["ok", ["stage2.weights.pth"]],
    ]);
  });

  test("takes the router's number of heads from the config beside the checkpoint", async () => {
    const { metadata } = readReference("router.weights.safetensors");
    expect(JSON.parse(metadata.config!)).toMatchObject({ num_attention_heads: 4 });
    const [alone, beside] = await Promise.all(
      [["router.weights.pth"], ["router.weights.pth", "router.weights.safetensors"]].map((links) =>
        withFolder({ links: [...links, "router.io.safetensors"] }, async (folder) =>
          (await runReference(folder, "wasm")).find(({ name }) => name === "router"),
        ),
      ),
    );
    expect(beside!.status).toBe("ok");
    // One head of 64 channels, as CLIP has everywhere: another network.
    expect(alone!.status).toBe("failed");
  });

  test("calls what is not there missing and ends with 1", async () => {
    const links = ["stage1.weights.safetensors", "stage1.io.safetensors", "views.io.safetensors"];
    const { code, text } = await withFolder({ links }, (folder) => runCommand(folder, true));
    expect(code).toBe(1);
    const cases = JSON.parse(text) as ReferenceCase[];
    expect(cases.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "stage1 ok",
      "stage1.local missing",
      "stage1.global missing",
      "stage2.top1 missing",
      "stage2.top2 missing",
      "router missing",
      "views ok",
    ]);
    expect(cases[1]!.reason).toMatch(/^stage1\.local\.io\.safetensors is not in /);
  });

  test("tells an output apart that is wrong by little, in one value, or not a number", async () => {
    for (const change of [
      (values: Float32Array) => (values[7]! += 3e-4),
      (values: Float32Array) => (values[7] = Number.NaN),
    ]) {
      const files = { "stage1.io.safetensors": spoil("stage1.io.safetensors", "output", change) };
      const links = ["stage1.weights.safetensors"];
      const [stage1] = await withFolder({ links, files }, (folder) => runReference(folder, "wasm"));
      expect(stage1!.status).toBe("failed");
    }
  });

  test("measures views in intensities", async () => {
    // The deviation of red is 0.2686: a change of 0.1 is 0.0269 of an intensity.
    const change = (values: Float32Array): number => (values[100]! += 0.1);
    const files = { "views.io.safetensors": spoil("views.io.safetensors", "views", change) };
    const cases = await withFolder({ files }, (folder) => runReference(folder, "wasm"));
    const views = cases.find(({ name }) => name === "views")!;
    expect(views.status).toBe("failed");
    expect(views.difference).toBeCloseTo(0.02686, 4);
  });

  test("fails a case whose file is malformed, and goes on", async () => {
    const files = { "stage1.weights.safetensors": Uint8Array.of(1, 2, 3) };
    const links = ["stage1.io.safetensors", "views.io.safetensors"];
    const cases = await withFolder({ links, files }, (folder) => runReference(folder, "wasm"));
    expect(cases[0]).toMatchObject({ name: "stage1", status: "failed" });
    expect(cases[0]!.reason).toBeDefined();
    expect(cases[6]).toMatchObject({ name: "views", status: "ok" });
  });
});
