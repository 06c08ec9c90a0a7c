import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import typescript from "typescript";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

const { paths } = typescript.readConfigFile(
  fileURLToPath(new URL("tsconfig.json", import.meta.url)),
  typescript.sys.readFile,
).config.compilerOptions;

/** Tests run the packages' sources, where the compiler finds them too. */
const sourcesByName = Object.fromEntries(
  Object.entries(paths).map(([name, [file]]) => [`^${name}$`, file.replace("./", "<rootDir>/")]),
);

/** What the three projects share: TypeScript through swc to native ES modules. */
const shared = {
  extensionsToTreatAsEsm: [".ts"],
  resolver: "<rootDir>/test/support/resolver.cjs",
  transform: {
    "\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          parser: { syntax: "typescript" },
          target: "es2022",
          experimental: { keepImportAttributes: true },
          transform: { optimizer: { globals: { vars: { __LIMPID_VERSION__: JSON.stringify(version) } } } },
        },
        module: { type: "es6" },
        sourceMaps: "inline",
      },
    ],
  },
  // No test asserts a time: this only ends one that hangs, on the slowest machine too.
  testTimeout: 120_000,
  // Jest would otherwise guard the globals that a test leaves behind, tfjs's engine among them, and recurse without end.
  testEnvironmentOptions: { globalsCleanup: "off" },
  moduleNameMapper: sourcesByName,
  transformIgnorePatterns: ["/node_modules/"],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/build/", "<rootDir>/packages/cli/dist/"],
};

/** The runtime of a test is chosen by its file's name. @type {import("jest").Config} */
export default {
  // A test that hangs must end; one that is only slow, on a busy machine, must not fail.
  testTimeout: 300_000,
  projects: [
    {
      ...shared,
      displayName: "node",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["\\.(webgpu|browser|bench|next)\\.test\\.ts$"],
    },
    {
      ...shared,
      displayName: "webgpu",
      testMatch: ["<rootDir>/test/**/*.webgpu.test.ts"],
      globalSetup: "<rootDir>/test/support/global-setup-webgpu.mjs",
      setupFiles: ["<rootDir>/test/support/setup-webgpu.ts"],
    },
    {
      // Needs what `npm ci` in packages/lab/bench installs; `npm test` there runs it.
      ...shared,
      displayName: "bench",
      testMatch: ["<rootDir>/test/**/*.bench.test.ts"],
    },
    {
      // Installs Next from npm; `npm run try-next` runs it.
      ...shared,
      displayName: "next",
      globalSetup: "<rootDir>/test/support/global-setup-browser.mjs",
      testMatch: ["<rootDir>/test/**/*.next.test.ts"],
    },
    {
      ...shared,
      displayName: "browser",
      globalSetup: "<rootDir>/test/support/global-setup-browser.mjs",
      testMatch: ["<rootDir>/test/**/*.browser.test.ts"],
    },
  ],
};
