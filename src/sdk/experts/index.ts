export { Expert, type ExpertBase, type ExpertFactors, type ExpertInit } from "./expert.js";
export { FactorStore, type DeviceFactors } from "./factor-store.js";
export { lowRankDelta } from "./low-rank-delta.js";
export { MergedWeights, mergeExperts, type MergeOptions, type MixtureEntry } from "./merge.js";
export { publishedBase, publishedExperts, type PublishedExpertsOptions } from "./published.js";
export { routeTopK } from "./route.js";
export { factorShapes, listExpertTargets, type ExpertTarget, type FactorShapes } from "./targets.js";
