export { installDawn, nodeBackendNames, prepareNodeBackend, type NodeBackendName } from "./backends.js";
export { readImageFile, type ImageFile, type ReadImageOptions } from "./read-image-file.js";
export { writeImageFile, type WriteImageOptions, type WrittenImageFile } from "./write-image-file.js";
