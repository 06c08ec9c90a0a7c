import { beforeAll, expect, test } from "@jest/globals";
import {
  exportSigningKey,
  generateSigningKeys,
  memoryStore,
  signatureFileName,
  signingKeyId,
  signPack,
  type SigningKeys,
} from "../../src/sdk/packs/index.js";
import { openPacks } from "../support/packs.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeTinyPack } from "../support/tiny-pack.js";

const model = makeTinyModel();
const files = makeTinyPack(model);
let acme: SigningKeys;
let stranger: SigningKeys;
let trusted: string;

beforeAll(async () => {
  [acme, stranger] = [await generateSigningKeys(), await generateSigningKeys()];
  trusted = await exportSigningKey(acme.publicKey);
});

const signed = async (keys: SigningKeys, by = files): Promise<ReadonlyMap<string, Uint8Array>> =>
  new Map([...files, [signatureFileName, await signPack(by.get("integrity.json")!, keys)]]);

test("a pack says which trusted key signed it, after a restart too", async () => {
  const options = { store: memoryStore(), signatures: "require", trustedKeys: [trusted] } as const;
  const { packs } = await openPacks(model, options);
  const keyId = await signingKeyId(acme.publicKey);
  expect((await packs.install(await signed(acme))).signedBy).toBe(keyId);
  const again = (await openPacks(model, options)).packs;
  expect(again.list()).toMatchObject([{ signedBy: keyId }]);
});

test("where signatures are required, an unsigned pack and a stranger's are refused", async () => {
  const { packs } = await openPacks(model, { signatures: "require", trustedKeys: [acme.publicKey] });
  await expect(packs.install(files)).rejects.toMatchObject({ code: "InvalidSignature" });
  await expect(packs.install(await signed(stranger))).rejects.toMatchObject({ code: "InvalidSignature" });
  await expect(packs.install(await signed(acme))).resolves.toMatchObject({ version: "1.0.0" });
});

test("where they are allowed, both are taken, but nothing that a trusted key did not sign in its name", async () => {
  const { packs } = await openPacks(model, { trustedKeys: [trusted] });
  expect((await packs.install(files)).signedBy).toBeUndefined();
  expect((await packs.install(await signed(stranger))).signedBy).toBeUndefined();
  const forged = await signed(acme, makeTinyPack(model, { version: "9.0.0" }));
  await expect(packs.install(forged)).rejects.toMatchObject({ code: "InvalidSignature" });
  const malformed = new Map([...files, [signatureFileName, Uint8Array.of(123)]]);
  await expect(packs.install(malformed)).rejects.toMatchObject({ code: "InvalidManifest" });
});

test("a pack that is no longer trusted is not used, and said to be so, until it is installed signed", async () => {
  const store = memoryStore();
  await (await openPacks(model, { store })).packs.install(files);
  const { packs, experts } = await openPacks(model, { store, signatures: "require", trustedKeys: [trusted] });
  expect(packs.list()).toEqual([]);
  expect(experts.size).toBe(0);
  expect(packs.unusable).toMatchObject([{ id: "acme.limpid-descreen", error: { code: "InvalidSignature" } }]);
  await packs.install(await signed(acme));
  expect([packs.unusable.length, experts.size]).toEqual([0, 1]);
});

test("keys that are none, and a demand without a key, are refused at the start", async () => {
  await expect(openPacks(model, { trustedKeys: ["no key"] })).rejects.toMatchObject({
    code: "InvalidSignature",
  });
  await expect(openPacks(model, { signatures: "require" })).rejects.toMatchObject({
    code: "InvalidArgument",
  });
});
