import { LimpidError } from "../base/index.js";
import { integrityFileName } from "./integrity.js";
import { parseStrictJson } from "./manifest-json.js";
import { invalidManifest } from "./manifest-problem.js";
import { validateSchema } from "./manifest-schema.js";
import { fromBase64, signingKeyId, toBase64, withEd25519, type SigningKeys } from "./signature-key.js";
import { signatureSchema } from "./json-schema.js";

/** The file that holds the signature of a pack's `integrity.json`. */
export const signatureFileName = `${integrityFileName}.sig`;

/** A signature of an `integrity.json`, and with which key it was made. */
export interface PackSignature {
  /** {@link signingKeyId} of the public key. */
  readonly keyId: string;
  /** The public key, 32 bytes; undefined if the file does not say it. */
  readonly publicKey: Uint8Array<ArrayBuffer> | undefined;
  /** 64 bytes. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** The longest signature file that is read, in bytes. */
const maximumSignatureBytes = 4096;

/**
 * Signs a pack: the exact bytes of its `integrity.json`, which has the hash of every other file.
 *
 * @param integrity - the file
 * @param keys - the publisher's
 * @returns the content of `integrity.json.sig`, to be put beside it
 * @throws {@link LimpidError} `NotSupported` if the runtime has no Ed25519
 *
 * @example
 * ```ts
 * const keys = await generateSigningKeys();
 * const signature = await signPack(integrityBytes, keys);
 * const trusted = await verifySignature(integrityBytes, signature, [keys.publicKey], "acme.limpid-descreen");
 * ```
 */
export async function signPack(
  integrity: Uint8Array,
  { privateKey, publicKey }: SigningKeys,
): Promise<Uint8Array> {
  const bytes = Uint8Array.from(integrity);
  const [keyId, key, signature] = await Promise.all([
    signingKeyId(publicKey),
    withEd25519((subtle) => subtle.exportKey("raw", publicKey)),
    withEd25519((subtle) => subtle.sign("Ed25519", privateKey, bytes)),
  ]);
  const json = {
    algorithm: "Ed25519",
    keyId,
    publicKey: toBase64(new Uint8Array(key)),
    signature: toBase64(new Uint8Array(signature)),
  };
  return new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);
}

/**
 * Reads an `integrity.json.sig`.
 *
 * @param bytes - the file
 * @param name - what errors call the extension
 * @throws {@link LimpidError} `InvalidManifest`
 */
export function parseSignature(bytes: Uint8Array, name: string): PackSignature {
  const json = parseStrictJson(bytes, signatureFileName, name, maximumSignatureBytes);
  const problems = validateSchema(json, signatureSchema);
  if (problems.length > 0) throw invalidManifest(signatureFileName, name, problems);
  const { keyId, publicKey, signature } = json as {
    keyId: string;
    publicKey?: string;
    signature: string;
  };
  return {
    keyId,
    publicKey: publicKey === undefined ? undefined : fromBase64(publicKey),
    signature: fromBase64(signature),
  };
}

/**
 * Checks that one of the trusted keys has signed a pack.
 *
 * @param integrity - the exact bytes of `integrity.json`
 * @param signature - the bytes of `integrity.json.sig`
 * @param trusted - public keys of publishers whom the caller trusts
 * @param name - what errors call the extension
 * @returns the key that has signed it
 * @throws {@link LimpidError} `InvalidSignature` if none of them has: the signature is of another key, or the bytes are not
 * those that were signed; `InvalidManifest` if the signature is malformed; `NotSupported` if the runtime has no Ed25519
 */
export async function verifySignature(
  integrity: Uint8Array,
  signature: Uint8Array,
  trusted: readonly CryptoKey[],
  name: string,
): Promise<CryptoKey> {
  const { keyId, signature: signed } = parseSignature(signature, name);
  const bytes = Uint8Array.from(integrity);
  for (const key of trusted) {
    if ((await signingKeyId(key)) !== keyId) continue;
    if (await withEd25519((subtle) => subtle.verify("Ed25519", key, signed, bytes))) return key;
    throw new LimpidError(
      "InvalidSignature",
      `${integrityFileName} of ${name} is not what key ${keyId} signed`,
      {
        details: { name, keyId },
      },
    );
  }
  throw new LimpidError("InvalidSignature", `${name} is signed with key ${keyId}, which is not trusted`, {
    details: { name, keyId },
  });
}
