/**
 * Low-rank experts: reading them, merging a mixture of them into a backbone, and the set of those that are installed.
 * Merging never changes the backbone's own weights.
 */
export { Expert, type ExpertBase, type ExpertFactors, type ExpertInit } from "./expert.js";
export {
  readExpertMetadata,
  writeExpertMetadata,
  type ExpertMetadata,
  type ExpertMetadataReading,
  type ExpertProvenance,
  type UsageRights,
} from "./expert-metadata.js";
export {
  ExpertSet,
  type ExpertChange,
  type ExpertEntry,
  type ExpertOptions,
  type ExpertSetBase,
  type ExpertUpdate,
  type InstalledExpert,
} from "./expert-set.js";
export { FactorStore, type DeviceFactors } from "./factor-store.js";
export { lowRankDelta } from "./low-rank-delta.js";
export { MergedWeights, mergeExperts, type MergeOptions, type MixtureEntry } from "./merge.js";
export { publishedBase, publishedExperts, type PublishedExpertsOptions } from "./published.js";
export { ResidentExperts, type FactorStoreOptions } from "./resident-experts.js";
export { routeTopK } from "./route.js";
export { requireRouterRow, type RouterRow } from "./router-row.js";
export { routerRowProbability } from "./router-row-probability.js";
export { factorShapes, listExpertTargets, type ExpertTarget, type FactorShapes } from "./targets.js";
