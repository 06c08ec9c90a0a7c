/**
 * What reads and checks packs: the larger part of this room. It is loaded when the first pack is installed, or found
 * installed, so that pages without packs do without it.
 */
export { fetchPack, findPack } from "./fetch-pack.js";
export { integrityFileName, parseIntegrity } from "./integrity.js";
export { PackHistories } from "./pack-history.js";
export { readPackExperts, readPackManifest, requireEntry } from "./read-pack.js";
export { findReplacement, inheritsConsent, isOther, publisherOf, replacementRefused } from "./replacement.js";
export { requireId, requireNotOlder } from "./require-pack.js";
export { resolveSource } from "./resolve-source.js";
export { signatureFileName } from "./signature.js";
export { SignaturePolicy } from "./signature-policy.js";
