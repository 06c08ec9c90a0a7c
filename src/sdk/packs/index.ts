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
export { checkPackPath, findPathCollisions } from "./pack-path.js";
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
