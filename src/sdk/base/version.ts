/** Put in by the build and by the test runner, from package.json. */
declare const __LIMPID_VERSION__: string;

/** The version of this package, as npm knows it (semantic versioning). */
export const version: string = __LIMPID_VERSION__;
