/**
 * Image files and model folders, for programs on Node.
 *
 * @module limpid/node
 */
export { writeFileAtomically } from "./atomic-file.js";
export { installDawn, nodeBackendNames, prepareNodeBackend, type NodeBackendName } from "./backends.js";
export { nodeExtensionWorkers, type NodeExtensionWorkerOptions } from "./extension-workers.js";
export { outputFormatOf, type OutputFormat } from "./image-format.js";
export { modelFromDirectory } from "./model-directory.js";
export { readPackArchive, writePackArchive } from "./pack-archive.js";
export { packFromDirectory, packStoreInDirectory } from "./pack-folder.js";
export { packageDirectory } from "./package-directory.js";
export { readImageFile, type ImageFile, type ReadImageOptions } from "./read-image-file.js";
export { nodeTileWorkers, type NodeTileWorkerOptions } from "./tile-workers.js";
export { writeImageFile, type WriteImageOptions, type WrittenImageFile } from "./write-image-file.js";
