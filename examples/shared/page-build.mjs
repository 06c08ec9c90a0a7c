/** How esbuild makes the pages of the examples. @type {import("esbuild").BuildOptions} */
export const pageBuild = {
  bundle: true,
  tsconfigRaw: {}, // the packages as they are built, not their sources, to which tsconfig.json maps their names
  minify: true,
  platform: "browser",
  target: "es2022",
  logLevel: "warning",
  // The package's chunks import for their side effects what has none.
  logOverride: { "ignored-bare-import": "silent" },
};
