/**
 * Models, packs, threads and backends, for programs on Node.
 *
 * @module limpid/node
 */
export { writeFileAtomically } from "./atomic-file.js";
export { installDawn, nodeBackendNames, prepareNodeBackend, type NodeBackendName } from "./backends.js";
export { nodeExtensionWorkers, type NodeExtensionWorkerOptions } from "./extension-workers.js";
export { modelFromDirectory } from "./model-directory.js";
export { packFromDirectory, packStoreInDirectory } from "./pack-folder.js";
export { packageDirectory } from "./package-directory.js";
export { nodeTileWorkers, type NodeTileWorkerOptions } from "./tile-workers.js";
