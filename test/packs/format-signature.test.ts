import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { LimpidError } from "../../src/sdk/base/index.js";
import {
  exportSigningKey,
  generateSigningKeys,
  importPublicKey,
  importSigningKeys,
  parseSignature,
  signingKeyId,
  signPack,
  verifySignature,
  type SigningKeys,
} from "../../src/sdk/packs/index.js";
import { sha256Hex } from "../../src/sdk/weights/index.js";
import { encode, problemsOf } from "./format-files.js";

const bytes = encode('{"formatVersion":1}');

async function refusal(run: Promise<unknown>): Promise<LimpidError> {
  try {
    await run;
  } catch (error) {
    if (LimpidError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a pack's signature", () => {
  let keys: SigningKeys;
  let others: SigningKeys;
  let signature: Uint8Array;
  beforeAll(async () => {
    [keys, others] = await Promise.all([generateSigningKeys(), generateSigningKeys()]);
    signature = await signPack(bytes, keys);
  });

  test("is verified by the right key among those that are trusted", async () => {
    const key = await verifySignature(bytes, signature, [others.publicKey, keys.publicKey], "the test");
    expect(key).toBe(keys.publicKey);
    // Ed25519 is deterministic: signing again gives the same file.
    expect(await signPack(bytes, keys)).toEqual(signature);
  });

  test("is refused for other bytes, by name of the key", async () => {
    const changed = bytes.slice();
    changed[3]! ^= 1;
    const error = await refusal(verifySignature(changed, signature, [keys.publicKey], "the test"));
    const keyId = await signingKeyId(keys.publicKey);
    expect([error.code, error.details]).toEqual(["InvalidSignature", { name: "the test", keyId }]);
  });

  test("is refused from a key that is not trusted, and with another's key id", async () => {
    expect(
      (await refusal(verifySignature(bytes, signature, [others.publicKey], "the test"))).message,
    ).toMatch(/not trusted/);
    expect((await refusal(verifySignature(bytes, signature, [], "the test"))).code).toBe("InvalidSignature");
    const { signature: raw } = parseSignature(signature, "the test");
    const keyId = await signingKeyId(others.publicKey);
    const forged = encode({ algorithm: "Ed25519", keyId, signature: Buffer.from(raw).toString("base64") });
    const error = await refusal(
      verifySignature(bytes, forged, [keys.publicKey, others.publicKey], "the test"),
    );
    expect(error.message).toBe(`integrity.json of the test is not what key ${keyId} signed`);
  });

  test.each([
    [
      '{"algorithm": "none", "keyId": "0000000000000000", "signature": ""}',
      /algorithm is "none", expected "Ed25519"/,
    ],
    ['{"algorithm": "Ed25519", "keyId": "0"}', /signature is missing/],
    ["null", /is null, expected an object/],
  ])("is refused if it is malformed: %p", (text, message) => {
    try {
      parseSignature(encode(text), "the test");
      throw new Error("it was accepted");
    } catch (error) {
      if (!LimpidError.is(error, "InvalidManifest")) throw error;
      expect(problemsOf(error.details).join()).toMatch(message);
    }
  });

  test("agrees with OpenSSL on keys and signatures", async () => {
    const pair = generateKeyPairSync("ed25519");
    const pem = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const mine = await importSigningKeys(pem, "the key");
    const { signature: raw } = parseSignature(await signPack(bytes, mine), "the test");
    expect(Buffer.from(raw)).toEqual(sign(null, bytes, pair.privateKey));
    expect(await exportSigningKey(mine.privateKey)).toBe(pem);
    const publicPem = await exportSigningKey(mine.publicKey);
    expect(publicPem).toBe(
      createPublicKey(pair.privateKey).export({ format: "pem", type: "spki" }).toString(),
    );
    const { x = "" } = pair.publicKey.export({ format: "jwk" });
    expect(await signingKeyId(mine.publicKey)).toBe(
      sha256Hex(Uint8Array.from(Buffer.from(x, "base64url"))).slice(0, 16),
    );
  });

  test("takes keys as PEM and as JWK", async () => {
    const id = await signingKeyId(keys.publicKey);
    const jwk = await crypto.subtle.exportKey("jwk", keys.privateKey);
    const fromJwk = await importSigningKeys(JSON.stringify(jwk), "the key");
    expect(await signPack(bytes, fromJwk)).toEqual(signature);
    const publicTexts = [
      await exportSigningKey(keys.publicKey),
      JSON.stringify(await crypto.subtle.exportKey("jwk", keys.publicKey)),
      // The private part is not taken along.
      JSON.stringify(jwk),
    ];
    for (const text of publicTexts) {
      const key = await importPublicKey(text, "the key");
      expect([key.type, await signingKeyId(key)]).toEqual(["public", id]);
    }
  });

  test.each([
    ["", "an empty file"],
    ["ssh-ed25519 AAAA", "an SSH key"],
    ["{}", "an empty JWK"],
    ["{", "half a JWK"],
    [
      generateKeyPairSync("rsa", { modulusLength: 2048 })
        .publicKey.export({ format: "pem", type: "spki" })
        .toString(),
      "an RSA key",
    ],
    ["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "a cut key"],
  ])("refuses %#: %s as a key", async (text) => {
    const wanted = ["InvalidSignature", "the key holds no public Ed25519 key, neither PEM nor JWK"];
    const error = await refusal(importPublicKey(text, "the key"));
    expect([error.code, error.message]).toEqual(wanted);
    expect((await refusal(importSigningKeys(text, "the key"))).code).toBe("InvalidSignature");
  });
});
