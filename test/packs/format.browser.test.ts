import { expect, test } from "@jest/globals";
import { LimpidError } from "../../src/sdk/base/index.js";
import {
  exportSigningKey,
  generateSigningKeys,
  parseExtensionManifest,
  signPack,
} from "../../src/sdk/packs/index.js";
import { openPage } from "../support/page.js";
import { encode, fullManifest, packManifest } from "./format-files.js";
import type { FormatRequest, FormatResponse } from "./pages/format.js";

declare function format(request: FormatRequest): Promise<FormatResponse>;

test("a page reads manifests, signs and verifies as Node does, under a strict content security policy", async () => {
  const keys = await generateSigningKeys();
  const faulty = { ...packManifest(), colour: "red", engines: { limpid: "*" }, version: "1" };
  const request = {
    manifests: [packManifest(), fullManifest(), faulty].map((manifest) => JSON.stringify(manifest)),
    signed: '{"formatVersion": 1}',
    privateKey: await exportSigningKey(keys.privateKey),
    publicKey: await exportSigningKey(keys.publicKey),
  };
  const page = await openPage({ module: "test/packs/pages/format.ts" });
  await page.waitForFunction("typeof format === 'function'");
  const { read, signature, verdicts } = await page.evaluate((asked) => format(asked), request);
  expect(verdicts).toEqual(["verified", "InvalidSignature", "InvalidSignature"]);
  expect(encode(signature)).toEqual(await signPack(encode(request.signed), keys));
  expect(read.slice(0, 2)).toEqual(["acme.limpid-descreen", "acme.limpid-descreen"]);
  expect(read[2]).toEqual(problemsInNode(request.manifests[2]!));
});

function problemsInNode(text: string): unknown {
  try {
    return parseExtensionManifest(encode(text), "the test").id;
  } catch (error) {
    if (!LimpidError.is(error)) throw error;
    return JSON.parse(JSON.stringify(error.details.problems));
  }
}
