/**
 * Expert packs: manifests, integrity, signatures, and the installation, update and removal of packs. Whatever comes from
 * outside is checked before it is used.
 */
export { readExpertFile, writeExpertFile, type ExpertFile, type ExpertFileContent } from "./expert-file.js";
export {
  integrityFileName,
  makeIntegrity,
  parseIntegrity,
  verifyFile,
  verifyIntegrity,
  type IntegrityEntry,
  type PackIntegrity,
} from "./integrity.js";
export {
  extensionId,
  isExpertPack,
  parseExtensionManifest,
  type ContributedCommand,
  type ContributedConfiguration,
  type ContributedDegradation,
  type ContributedExpert,
  type ContributedMenuItem,
  type ContributedRecipe,
  type ContributedSetting,
  type ExtensionCapabilities,
  type ExtensionContributions,
  type ExtensionManifest,
  type GoldenSample,
  type PackFile,
  type RecipeFault,
} from "./manifest.js";
export type { ManifestProblem } from "./manifest-problem.js";
export { checkPackPath, checkPackPaths, describePathFault, findPathCollisions } from "./pack-path.js";
export {
  parseSignature,
  signatureFileName,
  signPack,
  verifySignature,
  type PackSignature,
} from "./signature.js";
export {
  exportSigningKey,
  generateSigningKeys,
  importPublicKey,
  importSigningKeys,
  signingKeyId,
  type SigningKeys,
} from "./signature-key.js";
export type { ByteStore, StoredBytes } from "./byte-store.js";
export { openCacheStorage } from "./cache-storage.js";
export type { InstalledPack, PackChange, PackProgress, UnusablePack } from "./installed-pack.js";
export { memoryStore } from "./memory-store.js";
export { packFromNpm } from "./npm-spec.js";
export { packFilesFromArchive, type ArchiveOptions } from "./archive.js";
export { PackCache, type CachedFile } from "./pack-cache.js";
export {
  packFromFiles,
  packFromUrl,
  type FetchPackOptions,
  type OpenedFile,
  type OpenFileOptions,
  type PackIdentity,
  type PackSource,
} from "./pack-source.js";
export type { InstallOptions, PackOptions } from "./pack-options.js";
export { Packs } from "./packs.js";
export type { PackProvenance, PackReplacement, ReplacementReason } from "./replacement.js";
export type { SignatureOptions, TrustedKey } from "./signature-policy.js";
export type { ImportOptions } from "./importers/imported-factors.js";
export { importKohya } from "./importers/kohya.js";
export { importPeft } from "./importers/peft.js";
export { extensionSchema, integritySchema, signatureSchema, type JsonSchema } from "./json-schema.js";
