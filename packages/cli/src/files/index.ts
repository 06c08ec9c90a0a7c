/**
 * Image files and the archives of packs, for programs on Node.
 *
 * @module limpid-cli/files
 */
export { outputFormatOf, type OutputFormat } from "./image-format.js";
export { withoutLocation, type Density, type ImageMetadata } from "./image-metadata.js";
export { OutputError, type OutputErrorCode } from "./output-error.js";
export type { PngChunk } from "./png-chunks.js";
export { writePackArchive } from "./pack-archive.js";
export { readImageFile, type ImageFile, type ReadImageOptions } from "./read-image-file.js";
export { writeImageFile, type WriteImageOptions, type WrittenImageFile } from "./write-image-file.js";
