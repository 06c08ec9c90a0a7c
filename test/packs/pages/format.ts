// Runs in a page under a strict content security policy: reads a manifest, signs and verifies.
import {
  generateSigningKeys,
  importPublicKey,
  importSigningKeys,
  parseExtensionManifest,
  signPack,
  verifySignature,
} from "../../../src/sdk/packs/index.js";
import { LimpidError } from "../../../src/sdk/index.js";

/** What a test asks for. */
export interface FormatRequest {
  readonly manifests: readonly string[];
  readonly signed: string;
  readonly privateKey: string;
  readonly publicKey: string;
}

/** What it gets. */
export interface FormatResponse {
  /** For each manifest its id, or its problems. */
  readonly read: readonly unknown[];
  /** The signature file that the page makes with the private key. */
  readonly signature: string;
  /** Whether the public key verifies it, another one does, and the key verifies other bytes. */
  readonly verdicts: readonly string[];
}

async function format({ manifests, signed, privateKey, publicKey }: FormatRequest): Promise<FormatResponse> {
  const bytes = new TextEncoder().encode(signed);
  const read = manifests.map((text) => {
    try {
      return parseExtensionManifest(new TextEncoder().encode(text), "the test").id;
    } catch (error) {
      return LimpidError.is(error) ? error.details.problems : String(error);
    }
  });
  const signature = await signPack(bytes, await importSigningKeys(privateKey, "the key"));
  const key = await importPublicKey(publicKey, "the key");
  const { publicKey: stranger } = await generateSigningKeys();
  const attempt = (trusted: CryptoKey, content: Uint8Array): Promise<string> =>
    verifySignature(content, signature, [trusted], "the test").then(
      () => "verified",
      (error: unknown) => (LimpidError.is(error) ? error.code : String(error)),
    );
  const verdicts = [
    await attempt(key, bytes),
    await attempt(stranger, bytes),
    await attempt(key, bytes.slice(1)),
  ];
  return { read, signature: new TextDecoder().decode(signature), verdicts };
}

Object.assign(globalThis, { format });
