import { LimpidError } from "../base/index.js";
import { sha256Hex } from "../weights/index.js";

/** A pair of Ed25519 keys to sign packs with. */
export interface SigningKeys {
  /** Signs. Whoever has it can publish in its owner's name. */
  readonly privateKey: CryptoKey;
  /** Verifies; to be given to everybody. */
  readonly publicKey: CryptoKey;
}

type PemLabel = "PRIVATE KEY" | "PUBLIC KEY";

/**
 * Makes a pair of Ed25519 keys.
 *
 * @returns extractable keys
 * @throws {@link LimpidError} `NotSupported` if the runtime has no Ed25519
 */
export async function generateSigningKeys(): Promise<SigningKeys> {
  return withEd25519((subtle) => subtle.generateKey("Ed25519", true, ["sign", "verify"]));
}

/**
 * What a signature calls its key: the first 16 hexadecimal digits of the SHA-256 of the public key's 32 bytes. It is a
 * name, not a proof.
 *
 * @param publicKey - an Ed25519 key that may be exported
 * @returns 16 lower-case hexadecimal digits
 * @throws {@link LimpidError} `NotSupported` if the runtime has no Ed25519
 */
export async function signingKeyId(publicKey: CryptoKey): Promise<string> {
  return (await fingerprintOf(publicKey)).slice(0, 16);
}

/** SHA-256 of a public key's 32 bytes, in hexadecimal. */
export async function fingerprintOf(publicKey: CryptoKey): Promise<string> {
  return sha256Hex(new Uint8Array(await withEd25519((subtle) => subtle.exportKey("raw", publicKey))));
}

/**
 * Writes a key as PEM, as OpenSSL reads and writes it: PKCS #8 for a private key, SPKI for a public one.
 *
 * @param key - an Ed25519 key that may be exported
 * @returns lines of text
 * @throws {@link LimpidError} `NotSupported` if the runtime has no Ed25519
 */
export async function exportSigningKey(key: CryptoKey): Promise<string> {
  const [format, label] =
    key.type === "private" ? (["pkcs8", "PRIVATE KEY"] as const) : (["spki", "PUBLIC KEY"] as const);
  const der = await withEd25519((subtle) => subtle.exportKey(format, key));
  const lines = toBase64(new Uint8Array(der)).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * Reads a public key.
 *
 * @param text - PEM (SPKI), or a JWK of type `OKP` on the curve Ed25519
 * @param name - what errors call it, such as its file
 * @returns a key that verifies
 * @throws {@link LimpidError} `InvalidSignature` if it is none, `NotSupported` if the runtime has no Ed25519
 */
export async function importPublicKey(text: string, name: string): Promise<CryptoKey> {
  const jwk = parseJwk(text);
  return importing(name, "public", (subtle) =>
    jwk === undefined
      ? subtle.importKey("spki", parsePem(text, "PUBLIC KEY"), "Ed25519", true, ["verify"])
      : subtle.importKey("jwk", publicPart(jwk), "Ed25519", true, ["verify"]),
  );
}

/**
 * Reads a private key, and finds the public one that belongs to it.
 *
 * @param text - PEM (PKCS #8, not encrypted), or a JWK of type `OKP` on the curve Ed25519 with its private part
 * @param name - what errors call it, such as its file
 * @returns both keys
 * @throws {@link LimpidError} `InvalidSignature` if it is none, `NotSupported` if the runtime has no Ed25519
 */
export async function importSigningKeys(text: string, name: string): Promise<SigningKeys> {
  const given = parseJwk(text);
  return importing(name, "private", async (subtle) => {
    const privateKey =
      given === undefined
        ? await subtle.importKey("pkcs8", parsePem(text, "PRIVATE KEY"), "Ed25519", true, ["sign"])
        : await subtle.importKey("jwk", { ...publicPart(given), d: given.d ?? "" }, "Ed25519", true, [
            "sign",
          ]);
    const jwk = await subtle.exportKey("jwk", privateKey);
    const publicKey = await subtle.importKey("jwk", publicPart(jwk), "Ed25519", true, ["verify"]);
    return { privateKey, publicKey };
  });
}

/**
 * Runs something that needs Ed25519.
 *
 * @throws {@link LimpidError} `NotSupported` if the runtime has no Ed25519; else what `run` throws
 */
export async function withEd25519<T>(run: (subtle: SubtleCrypto) => Promise<T>): Promise<T> {
  // Pages from http: have none.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new LimpidError(
      "NotSupported",
      "WebCrypto is not here: signatures need a page from https: or localhost",
    );
  }
  try {
    return await run(subtle);
  } catch (cause) {
    if (cause instanceof Error && cause.name === "NotSupportedError") {
      throw new LimpidError("NotSupported", "this runtime has no Ed25519, which signatures need", { cause });
    }
    throw cause;
  }
}

/** Bytes as base64 with padding (RFC 4648). */
export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/**
 * The bytes of base64 with or without padding.
 *
 * @throws DOMException if it is none
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

async function importing<T>(
  name: string,
  kind: "public" | "private",
  run: (subtle: SubtleCrypto) => Promise<T>,
): Promise<T> {
  try {
    return await withEd25519(run);
  } catch (cause) {
    if (LimpidError.is(cause)) throw cause;
    throw new LimpidError("InvalidSignature", `${name} holds no ${kind} Ed25519 key, neither PEM nor JWK`, {
      cause,
    });
  }
}

function parsePem(text: string, label: PemLabel): Uint8Array<ArrayBuffer> {
  const pattern = new RegExp(
    `^-----BEGIN ${label}-----\\s+([A-Za-z0-9+/=\\s]+?)\\s*-----END ${label}-----\\s*$`,
  );
  const body = pattern.exec(text.trimStart())?.[1];
  if (body === undefined) throw new TypeError(`there is no ${label} in it`);
  return fromBase64(body.replace(/\s+/g, ""));
}

function parseJwk(text: string): JsonWebKey | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as JsonWebKey;
  } catch {
    return undefined;
  }
}

function publicPart({ kty = "", crv = "", x = "" }: JsonWebKey): JsonWebKey {
  return { kty, crv, x };
}
