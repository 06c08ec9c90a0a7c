import { LimpidError } from "../base/index.js";
import { importPublicKey, signingKeyId } from "./signature-key.js";
import { parseSignature, verifySignature } from "./signature.js";

/** Whose packs are taken. */
export interface SignatureOptions {
  /**
   * Whether a pack must be signed with one of `trustedKeys`. `"allow"`, the default, takes unsigned packs and those that
   * others signed too, but nothing that claims to be of a trusted key and is not.
   */
  readonly signatures?: "allow" | "require";
  /**
   * Public Ed25519 keys of those whose signatures count, each as PEM, as the text of a JWK, or as a key that may be
   * exported. Without any, signatures are not looked at.
   */
  readonly trustedKeys?: readonly (CryptoKey | string)[];
}

/** What an integrator demands of signatures. */
export class SignaturePolicy {
  readonly #isRequired: boolean;
  readonly #keys: ReadonlyMap<string, CryptoKey>;

  private constructor(isRequired: boolean, keys: ReadonlyMap<string, CryptoKey>) {
    this.#isRequired = isRequired;
    this.#keys = keys;
  }

  /**
   * Reads the trusted keys.
   *
   * @throws {@link LimpidError} `InvalidArgument` if signatures are required and no key is trusted, `InvalidSignature` for a
   * key that is none, `NotSupported` if keys are named and the runtime has no Ed25519
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
    const keys = new Map<string, CryptoKey>();
    for (const [index, given] of trustedKeys.entries()) {
      const key = typeof given === "string" ? await importPublicKey(given, `trustedKeys[${index}]`) : given;
      keys.set(await signingKeyId(key), key);
    }
    return new SignaturePolicy(isRequired, keys);
  }

  /** Whether a pack's signature makes a difference. */
  get isLookedAt(): boolean {
    return this.#keys.size > 0;
  }

  /**
   * Checks a pack.
   *
   * @param integrity - the exact bytes of its `integrity.json`
   * @param signature - its signature file; undefined if it has none
   * @param name - what errors call it
   * @returns the id of the trusted key that signed it; undefined if none did and none has to
   * @throws {@link LimpidError} `InvalidSignature`; `InvalidManifest` if the signature file is malformed
   */
  async check(
    integrity: Uint8Array,
    signature: Uint8Array | undefined,
    name: string,
  ): Promise<string | undefined> {
    if (signature === undefined) {
      if (!this.#isRequired) return undefined;
      throw new LimpidError("InvalidSignature", `${name} is not signed, and only signed packs are taken`, {
        details: { name },
      });
    }
    const { keyId } = parseSignature(signature, name);
    if (!this.#isRequired && !this.#keys.has(keyId)) return undefined;
    await verifySignature(integrity, signature, [...this.#keys.values()], name);
    return keyId;
  }
}
