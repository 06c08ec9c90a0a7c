// npm run api: writes docs/api-report/, one report of the public API per entry of a package.
// With --check it writes nothing and fails if a report would change.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import typescript from "typescript";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { buildDist, root } from "./dist.mjs";

const check = process.argv.includes("--check");
const { config: tsconfig } = typescript.readConfigFile(join(root, "tsconfig.json"), typescript.sys.readFile);
// The packages as they are built, not their sources.
delete tsconfig.compilerOptions.paths;
const reportFolder = join(root, "docs", "api-report");

mkdirSync(reportFolder, { recursive: true });
await buildDist();

for (const folder of [root, join(root, "packages", "cli")]) {
  const { name, exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const [subpath, { types }] of Object.entries(exports)) {
    if (types)
      reportEntry(
        folder,
        `${name}${subpath.slice(1).replaceAll("/", "-")}`,
        join(folder, types),
        subpath === ".",
      );
  }
}

/**
 * @param {string} folder - of the package
 * @param {string} report - the report's name
 * @param {string} types - the declarations of the entry
 * @param {boolean} isMain - whether it is the main entry, which exports what it speaks of
 */
function reportEntry(folder, report, types, isMain) {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(folder, "api-extractor.json"),
    packageJsonFullPath: join(folder, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: types,
      compiler: { overrideTsconfig: tsconfig, skipLibCheck: true },
      apiReport: {
        enabled: true,
        reportFileName: `${report}.api.md`,
        reportFolder,
        reportTempFolder: join(root, "build", "api-report"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          // Everything exported is public: release tags would say nothing. TypeDoc checks the comments.
          "ae-missing-release-tag": { logLevel: ExtractorLogLevel.None },
          "ae-undocumented": { logLevel: ExtractorLogLevel.None },
          // The other entries speak of what the main one exports.
          ...(!isMain && { "ae-forgotten-export": { logLevel: ExtractorLogLevel.None } }),
          "ae-unresolved-link": { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  const result = Extractor.invoke(config, {
    localBuild: !check,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  if (result.apiReportChanged && check) {
    console.error(`the public API of ${report} has changed: run npm run api and commit docs/api-report`);
  }
  if (result.errorCount > 0 || (check && result.apiReportChanged)) process.exitCode = 1;
}
