/**
 * Makes packs: trains experts and router rows from pictures, writes, checks and signs the files of a pack. `limpid pack` of
 * `limpid-cli` does it on the command line; these are its parts, for pages and for tools of your own.
 *
 * @module limpid/authoring
 */

// Training
export * from "./training/index.js";

// Manifests
export {
  checkPackPath,
  checkPackPaths,
  describePathFault,
  extensionId,
  extensionSchema,
  findPathCollisions,
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
  type JsonSchema,
  type ManifestProblem,
  type PackFile,
  type RecipeFault,
} from "./packs/index.js";
export { findImport } from "./extensions/index.js";

// Expert files
export { importKohya, importPeft, readExpertFile, writeExpertFile } from "./packs/index.js";
export type { ExpertFile, ExpertFileContent, ImportOptions } from "./packs/index.js";
export { readExpertMetadata, writeExpertMetadata } from "./experts/index.js";
export type {
  ExpertMetadata,
  ExpertMetadataReading,
  ExpertProvenance,
  UsageRights,
} from "./experts/index.js";

// Measures
export { psnr, ssim, type MetricOptions, type SsimOptions } from "./image/index.js";

// Integrity
export {
  integrityFileName,
  integritySchema,
  makeIntegrity,
  parseIntegrity,
  verifyFile,
  verifyIntegrity,
  type IntegrityEntry,
  type PackIntegrity,
} from "./packs/index.js";
export { sha256Hex } from "./weights/index.js";

// Signatures
export {
  exportSigningKey,
  generateSigningKeys,
  importPublicKey,
  importSigningKeys,
  parseSignature,
  signatureFileName,
  signatureSchema,
  signingKeyId,
  signPack,
  verifySignature,
  type PackSignature,
  type SigningKeys,
} from "./packs/index.js";
