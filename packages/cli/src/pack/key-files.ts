import fs from "node:fs/promises";
import { LimpidError } from "limpid";
import { exportSigningKey, importPublicKey, importSigningKeys, type SigningKeys } from "limpid/authoring";

/**
 * Writes a pair of keys to two new files; the private one only its owner may read.
 *
 * @param keys - the keys
 * @param privatePath - where the private one goes
 * @param publicPath - where the public one goes
 * @throws {@link LimpidError} `FileUnwritable`, also if a file is there already: a key is never overwritten
 */
export async function writeSigningKeys(
  keys: SigningKeys,
  privatePath: string,
  publicPath: string,
): Promise<void> {
  await writeNewFile(privatePath, await exportSigningKey(keys.privateKey), 0o600);
  try {
    await writeNewFile(publicPath, await exportSigningKey(keys.publicKey), 0o644);
  } catch (error) {
    await fs.rm(privatePath, { force: true });
    throw error;
  }
}

/**
 * Reads a private key, and the public one that belongs to it.
 *
 * @param path - PEM or JWK
 * @throws {@link LimpidError} `FileUnreadable`, `InvalidSignature` if it is none
 */
export async function readSigningKeys(path: string): Promise<SigningKeys> {
  return importSigningKeys(await readText(path), path);
}

/**
 * Reads a public key.
 *
 * @param path - PEM or JWK
 * @throws {@link LimpidError} `FileUnreadable`, `InvalidSignature` if it is none
 */
export async function readPublicKey(path: string): Promise<CryptoKey> {
  return importPublicKey(await readText(path), path);
}

async function readText(path: string): Promise<string> {
  try {
    return await fs.readFile(path, "utf8");
  } catch (cause) {
    throw new LimpidError("FileUnreadable", `${path}: cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function writeNewFile(path: string, text: string, mode: number): Promise<void> {
  try {
    await fs.writeFile(path, text, { mode, flag: "wx" });
  } catch (cause) {
    const isThere = typeof cause === "object" && cause !== null && "code" in cause && cause.code === "EEXIST";
    const reason = isThere
      ? "is there already, and a key is never overwritten"
      : `cannot be written: ${reasonOf(cause)}`;
    throw new LimpidError("FileUnwritable", `${path}: ${reason}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
