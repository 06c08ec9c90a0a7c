import { LimpidError } from "../base/index.js";
import { sha256Hex } from "../weights/index.js";
import { fingerprintOf, importPublicKey, withEd25519 } from "./signature-key.js";
import { parseSignature, verifySignature } from "./signature.js";

/** A public key, and for whom it speaks. */
export interface TrustedKey {
  /** An Ed25519 key as PEM, as the text of a JWK, or as a key that may be exported. */
  readonly key: CryptoKey | string;
  /** The publishers whose packs it may sign, such as `acme`; at least one. */
  readonly publishers: readonly string[];
}

/** Whose packs are taken. */
export interface SignatureOptions {
  /**
   * What becomes of publishers without a trusted key. `"allow"`, the default, takes their packs unsigned or signed by
   * whatever key they began with; `"require"` refuses them.
   */
  readonly signatures?: "allow" | "require";
  /**
   * The keys of publishers that the application knows. What such a publisher publishes must be signed by one of its keys,
   * and a key counts for its publishers only.
   */
  readonly trustedKeys?: readonly TrustedKey[];
}

/** Who signed a pack. */
export interface PackSigner {
  /** {@link signingKeyId} of the key. */
  readonly keyId: string;
  /** SHA-256 of the public key's 32 bytes, in hexadecimal. */
  readonly fingerprint: string;
  /** Whether the application named the key for the pack's publisher. */
  readonly isTrusted: boolean;
}

interface KnownKey {
  readonly key: CryptoKey;
  readonly fingerprint: string;
  readonly publishers: readonly string[];
}

/** What an integrator demands of signatures. */
export class SignaturePolicy {
  readonly #isRequired: boolean;
  readonly #keys: readonly KnownKey[];

  private constructor(isRequired: boolean, keys: readonly KnownKey[]) {
    this.#isRequired = isRequired;
    this.#keys = keys;
  }

  /**
   * Reads the trusted keys.
   *
   * @throws {@link LimpidError} `InvalidArgument` if signatures are required and no key is trusted, or a key is not said to be
   * anybody's; `InvalidSignature` for a key that is none, `NotSupported` if keys are named and the runtime has no Ed25519
   */
  static async create({
    signatures = "allow",
    trustedKeys = [],
  }: SignatureOptions): Promise<SignaturePolicy> {
    const isRequired = signatures === "require";
    if (isRequired && trustedKeys.length === 0) {
      throw new LimpidError(
        "InvalidArgument",
        "signatures are required, but no key is trusted: see trustedKeys",
      );
    }
    const keys: KnownKey[] = [];
    for (const [index, { key: given, publishers }] of trustedKeys.entries()) {
      const name = `trustedKeys[${index}]`;
      // Callers without types may give a bare key, which would speak for everybody.
      if (((publishers as readonly string[] | undefined)?.length ?? 0) === 0) {
        throw new LimpidError(
          "InvalidArgument",
          `${name} names no publishers: { key, publishers: ["acme"] }`,
        );
      }
      const key = typeof given === "string" ? await importPublicKey(given, name) : given;
      keys.push({ key, fingerprint: await fingerprintOf(key), publishers: [...publishers] });
    }
    return new SignaturePolicy(isRequired, keys);
  }

  /**
   * Checks a pack.
   *
   * @param integrity - the exact bytes of its `integrity.json`
   * @param signature - its signature file; undefined if it has none
   * @returns who signed it; undefined if nobody did, or nobody here can tell who
   * @throws {@link LimpidError} `InvalidSignature` if the bytes are not those that were signed, or not by whom they had to be;
   * `InvalidManifest` if the signature file is malformed
   */
  async check(
    integrity: Uint8Array,
    signature: Uint8Array | undefined,
    publisher: string,
    name: string,
  ): Promise<PackSigner | undefined> {
    const own = this.#keys.filter(({ publishers }) => publishers.includes(publisher));
    if (own.length === 0 && this.#isRequired) {
      throw invalid(name, `is of ${publisher}, of whom no key is trusted, and only signed packs are taken`);
    }
    if (signature === undefined) {
      if (own.length === 0) return undefined;
      throw invalid(name, `is not signed, and ${publisher} signs`);
    }
    if (own.length > 0) {
      const trusted = own.map(({ key }) => key);
      const key = await verifySignature(integrity, signature, trusted, name);
      return signerOf(await fingerprintOf(key), true);
    }
    const { publicKey } = parseSignature(signature, name);
    if (publicKey === undefined) return undefined;
    const signer = signerOf(sha256Hex(publicKey), false);
    try {
      const key = await withEd25519((subtle) =>
        subtle.importKey("raw", publicKey, "Ed25519", true, ["verify"]),
      );
      await verifySignature(integrity, signature, [key], name);
    } catch (error) {
      // Then it counts as unsigned, which a publisher who has signed before may not be.
      if (LimpidError.is(error, "NotSupported")) return undefined;
      throw LimpidError.is(error) ? error : invalid(name, "is signed with a key that is none");
    }
    if (this.#keys.some(({ fingerprint }) => fingerprint === signer.fingerprint)) {
      throw invalid(name, `is signed with key ${signer.keyId}, which speaks for others than ${publisher}`);
    }
    return signer;
  }
}

function signerOf(fingerprint: string, isTrusted: boolean): PackSigner {
  return { keyId: fingerprint.slice(0, 16), fingerprint, isTrusted };
}

function invalid(name: string, fault: string): LimpidError {
  return new LimpidError("InvalidSignature", `${name} ${fault}`, { details: { name } });
}
