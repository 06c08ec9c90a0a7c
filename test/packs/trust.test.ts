import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  exportSigningKey,
  generateSigningKeys,
  memoryStore,
  packFromFiles,
  signatureFileName,
  signingKeyId,
  signPack,
  type PackReplacement,
  type PackSource,
  type ReplacementReason,
  type SigningKeys,
} from "../../src/sdk/packs/index.js";
import { openPacks } from "../support/packs.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeTinyPack, withIntegrity } from "../support/tiny-pack.js";

const model = makeTinyModel();
const id = "acme.limpid-descreen";
const files = makeTinyPack(model);
let acme: SigningKeys;
let stranger: SigningKeys;
let trusted: string;

beforeAll(async () => {
  [acme, stranger] = [await generateSigningKeys(), await generateSigningKeys()];
  trusted = await exportSigningKey(acme.publicKey);
});

const signed = async (keys: SigningKeys, by = files): Promise<ReadonlyMap<string, Uint8Array>> =>
  new Map([...by, [signatureFileName, await signPack(by.get("integrity.json")!, keys)]]);

test("a pack says which trusted key signed it, after a restart too", async () => {
  const options = {
    store: memoryStore(),
    signatures: "require",
    trustedKeys: [{ key: trusted, publishers: ["acme"] }],
  } as const;
  const { packs } = await openPacks(model, options);
  const keyId = await signingKeyId(acme.publicKey);
  expect((await packs.install(await signed(acme))).signedBy).toBe(keyId);
  const again = (await openPacks(model, options)).packs;
  expect(again.list()).toMatchObject([{ signedBy: keyId }]);
});

test("where signatures are required, an unsigned pack and a stranger's are refused", async () => {
  const { packs } = await openPacks(model, {
    signatures: "require",
    trustedKeys: [{ key: acme.publicKey, publishers: ["acme"] }],
  });
  await expect(packs.install(files)).rejects.toMatchObject({ code: "InvalidSignature" });
  await expect(packs.install(await signed(stranger))).rejects.toMatchObject({ code: "InvalidSignature" });
  await expect(packs.install(await signed(acme))).resolves.toMatchObject({ version: "1.0.0" });
});

test("where they are allowed, a publisher with a trusted key still signs with it", async () => {
  const { packs } = await openPacks(model, { trustedKeys: [{ key: trusted, publishers: ["acme"] }] });
  await expect(packs.install(files)).rejects.toMatchObject({ code: "InvalidSignature" });
  await expect(packs.install(await signed(stranger))).rejects.toMatchObject({ code: "InvalidSignature" });
  const forged = new Map([
    ...files,
    [
      signatureFileName,
      (await signed(acme, makeTinyPack(model, { version: "9.0.0" }))).get(signatureFileName)!,
    ],
  ]);
  await expect(packs.install(forged)).rejects.toMatchObject({ code: "InvalidSignature" });
  const malformed = new Map([...files, [signatureFileName, Uint8Array.of(123)]]);
  await expect(packs.install(malformed)).rejects.toMatchObject({ code: "InvalidManifest" });
});

test("a pack that is no longer trusted is not used, and said to be so, until it is installed signed", async () => {
  const store = memoryStore();
  await (await openPacks(model, { store })).packs.install(files);
  const { packs, experts } = await openPacks(model, {
    store,
    signatures: "require",
    trustedKeys: [{ key: trusted, publishers: ["acme"] }],
  });
  expect(packs.list()).toEqual([]);
  expect(experts.size).toBe(0);
  expect(packs.unusable).toMatchObject([{ id: "acme.limpid-descreen", error: { code: "InvalidSignature" } }]);
  await packs.install(await signed(acme));
  expect([packs.unusable.length, experts.size]).toEqual([0, 1]);
});

test("keys that are none, and a demand without a key, are refused at the start", async () => {
  await expect(
    openPacks(model, { trustedKeys: [{ key: "no key", publishers: ["acme"] }] }),
  ).rejects.toMatchObject({
    code: "InvalidSignature",
  });
  await expect(openPacks(model, { signatures: "require" })).rejects.toMatchObject({
    code: "InvalidArgument",
  });
  await expect(openPacks(model, { trustedKeys: [{ key: trusted, publishers: [] }] })).rejects.toMatchObject({
    code: "InvalidArgument",
  });
});

describe("without trusted keys", () => {
  const pack = (options: Parameters<typeof makeTinyPack>[1], keys?: SigningKeys) => {
    const made = makeTinyPack(model, options);
    return keys === undefined ? Promise.resolve(made) : signed(keys, made);
  };
  const from = (address: string, files: ReadonlyMap<string, Uint8Array>): PackSource => ({
    ...packFromFiles(files, address),
    address,
  });
  const refused = (...reasons: ReplacementReason[]) => ({ code: "ReplacementRefused", details: { reasons } });

  test("a publisher keeps the key that it began with, in updates, in other packs and after an uninstallation", async () => {
    const store = memoryStore();
    const { packs } = await openPacks(model, { store });
    const keyId = await signingKeyId(acme.publicKey);
    expect((await packs.install(await pack({ version: "1.0.0" }, acme))).signedBy).toBe(keyId);
    const update = { version: "2.0.0" };
    await expect(packs.install(await pack(update))).rejects.toMatchObject(refused("key"));
    await expect(packs.install(await pack(update, stranger))).rejects.toMatchObject(refused("key"));
    const other = { name: "limpid-other", expert: "acme.other", degradation: "moire" };
    await expect(packs.install(await pack(other))).rejects.toMatchObject(refused("key"));
    await packs.uninstall(id);
    const again = (await openPacks(model, { store })).packs;
    await expect(again.install(await pack(update, stranger))).rejects.toMatchObject(refused("key"));
    expect(again.list()).toEqual([]);
    expect((await again.install(await pack(update, acme))).signedBy).toBe(keyId);
    expect((await again.install(await pack(other, acme))).signedBy).toBe(keyId);
  });

  test("a signature that does not fit, or lies about its key, is refused", async () => {
    const { packs } = await openPacks(model);
    const [one, two] = [await pack({}, acme), await pack({ version: "2.0.0" }, acme)];
    const swapped = new Map([...two, [signatureFileName, one.get(signatureFileName)!]]);
    await expect(packs.install(swapped)).rejects.toMatchObject({ code: "InvalidSignature" });
    const json = JSON.parse(new TextDecoder().decode(two.get(signatureFileName))) as object;
    const lying = (change: object) =>
      new Map([
        ...two,
        [signatureFileName, new TextEncoder().encode(JSON.stringify({ ...json, ...change }))],
      ]);
    const { publicKey } = JSON.parse(
      new TextDecoder().decode((await pack({}, stranger)).get(signatureFileName)),
    ) as { publicKey: string };
    for (const change of [{ publicKey }, { keyId: "0".repeat(16) }]) {
      await expect(packs.install(lying(change))).rejects.toMatchObject({ code: "InvalidSignature" });
    }
    expect(packs.list()).toEqual([]);
  });

  test("a key speaks for one publisher", async () => {
    const { packs } = await openPacks(model);
    await packs.install(await pack({}, acme));
    const edit = (manifest: Record<string, unknown>) => {
      manifest.publisher = "evil";
      manifest.contributes = {};
    };
    const made = new Map(makeTinyPack(model, { name: "tools", edit }));
    made.delete("integrity.json");
    const evil = withIntegrity(made, "evil.tools", "1.0.0");
    await expect(packs.install(await signed(acme, evil))).rejects.toMatchObject(refused("key"));
    const trusting = (await openPacks(model, { trustedKeys: [{ key: trusted, publishers: ["acme"] }] }))
      .packs;
    await expect(trusting.install(await signed(acme, evil))).rejects.toMatchObject({
      code: "InvalidSignature",
    });
  });

  test("one version has one content, whether it is installed or was", async () => {
    const { packs } = await openPacks(model);
    await packs.install(makeTinyPack(model));
    const changed = makeTinyPack(model, { ballast: 5 });
    await expect(packs.install(changed)).rejects.toMatchObject(refused("content"));
    await packs.uninstall(id);
    await expect(packs.install(changed)).rejects.toMatchObject(refused("content"));
    await expect(packs.install(changed, { allowOlder: true })).rejects.toMatchObject(refused("content"));
    expect((await packs.install(makeTinyPack(model))).version).toBe("1.0.0");
  });

  test("an older version does not come in by way of an uninstallation", async () => {
    const store = memoryStore();
    const { packs } = await openPacks(model, { store });
    await packs.install(makeTinyPack(model, { version: "1.0.0" }));
    await packs.install(makeTinyPack(model, { version: "2.0.0" }));
    await packs.uninstall(id);
    const again = (await openPacks(model, { store })).packs;
    await expect(again.install(makeTinyPack(model, { version: "1.0.0" }))).rejects.toMatchObject({
      code: "PackOutdated",
    });
    expect((await again.install(makeTinyPack(model), { allowOlder: true })).version).toBe("1.0.0");
  });

  test("an update comes from the same address, but for its version, and is of the same package", async () => {
    const { packs } = await openPacks(model);
    const at = (version: string, host = "cdn.example", name = "@acme/limpid-descreen") =>
      from(`https://${host}/descreen@${version}/`, makeTinyPack(model, { version, name }));
    await packs.install(at("1.0.0"));
    await packs.install(at("1.1.0"));
    await expect(packs.install(at("1.2.0", "evil.example"))).rejects.toMatchObject(refused("source"));
    await expect(packs.install(at("1.2.0", "cdn.example/evil"))).rejects.toMatchObject(refused("source"));
    await expect(packs.install(makeTinyPack(model, { version: "1.2.0" }))).rejects.toMatchObject(
      refused("source"),
    );
    await expect(packs.install(at("1.2.0", "cdn.example", "@evil/limpid-descreen"))).rejects.toMatchObject(
      refused("package"),
    );
    expect(packs.get(id)).toMatchObject({ version: "1.1.0", previousVersion: "1.0.0" });
  });

  test("a person may accept a replacement, of which nothing leads back", async () => {
    const asked: PackReplacement[] = [];
    const { packs } = await openPacks(model, {
      confirmReplacement: (replacement) => (asked.push(replacement), replacement.after.keyId !== undefined),
    });
    await packs.install(await pack({ version: "1.0.0" }, acme));
    await expect(packs.install(await pack({ version: "2.0.0" }))).rejects.toMatchObject(refused("key"));
    await packs.install(await pack({ version: "2.0.0" }, stranger));
    expect(asked[1]).toMatchObject({
      id,
      reasons: ["key"],
      before: { version: "1.0.0", keyId: await signingKeyId(acme.publicKey) },
      after: { version: "2.0.0", keyId: await signingKeyId(stranger.publicKey) },
    });
    await expect(packs.rollback(id)).rejects.toMatchObject({ code: "InvalidArgument" });
    // The new key is the publisher's from here on.
    await expect(packs.install(await pack({ version: "3.0.0" }, acme))).resolves.toBeDefined();
    expect(asked).toHaveLength(3);
  });
});
