// npm test: readies the machine, builds, checks the sources and the package, then runs every test.
// Nothing is skipped: a runtime that is missing, or a project without tests, fails the run.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { buildDist, root } from "./dist.mjs";
import { buildExamplePlugins } from "./example-plugins.mjs";
import { prepareMachine } from "./machine.mjs";

/** Checks of the sources and of the built package; each is a program of node_modules/.bin. */
const checks = {
  eslint: ["eslint", "."],
  tsc: ["tsc", "--noEmit"],
  prettier: ["prettier", "--check", "."],
  knip: ["knip"],
  "api-extractor": ["node", "scripts/api-report.mjs", "--check"],
  "publint, attw": ["npm", "run", "-s", "check-package"],
  "size-limit": ["size-limit"],
  "page size": ["node", "scripts/page-size.mjs"],
  "site without dead links": ["node", "scripts/site.mjs"],
};

/** The Jest projects. Dawn and Chromium use every core themselves, and Dawn's objects outlive a test. */
const projects = {
  node: ["--maxWorkers=2"],
  webgpu: ["--runInBand", "--forceExit"],
  browser: ["--maxWorkers=2"],
};

const started = performance.now();

console.log("preparing");
const isReady =
  (await step("machine", () => prepareMachine((line) => console.log(`  ${line}`)))) &&
  (await step("build", () => buildDist({ force: true }))) &&
  (await step("example plugins", () => buildExamplePlugins()));
if (!isReady) process.exit(1);

console.log("checks");
const waiting = Object.entries(checks);
let failedChecks = 0;
const worker = async () => {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const [name, command] = next;
    const passed = await step(name, () => runQuietly(command));
    if (!passed) failedChecks++;
  }
};
await Promise.all([worker(), worker()]);

let passedTests = 0;
let failedTests = 0;
for (const [project, flags] of Object.entries(projects)) {
  console.log(`tests: ${project}`);
  const counts = await runJest(project, flags);
  passedTests += counts.passed;
  failedTests += counts.failed;
}

console.log(`${Object.keys(checks).length - failedChecks} checks passed, ${failedChecks} failed`);
console.log(`${seconds(started)} in all`);
console.log(`${passedTests} passed, ${failedTests} failed`);
process.exitCode = failedChecks + failedTests > 0 ? 1 : 0;

/**
 * Runs one step and prints a line about it, and what it said if it failed.
 *
 * @param {string} name
 * @param {() => unknown} run - throws or rejects if the step fails
 * @returns {Promise<boolean>} whether it passed
 */
async function step(name, run) {
  const begin = performance.now();
  try {
    await run();
    console.log(`  ok ${name} (${seconds(begin)})`);
    return true;
  } catch (error) {
    console.log(`  FAILED ${name} (${seconds(begin)})\n${error instanceof Error ? error.message : error}`);
    return false;
  }
}

/** @param {string[]} command @returns {Promise<void>} rejects with the program's output if it fails */
function runQuietly([program = "", ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
    /** @type {Buffer[]} */
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(Buffer.concat(output).toString()));
    });
  });
}

/**
 * Runs one Jest project, its report going straight to the terminal.
 *
 * @param {string} project
 * @param {string[]} flags
 * @returns {Promise<{ passed: number; failed: number }>} Jest's count; a file that does not run is one failure
 */
async function runJest(project, flags) {
  const report = join(root, "build", `jest-${project}.json`);
  mkdirSync(join(root, "build"), { recursive: true });
  rmSync(report, { force: true });
  const args = ["run", "-s", "jest", "--", "--selectProjects", project, "--json", `--outputFile=${report}`];
  const code = await new Promise((resolve) => {
    const child = spawn("npm", [...args, ...flags], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", () => resolve(1));
    child.on("close", resolve);
  });
  try {
    const result = JSON.parse(readFileSync(report, "utf8"));
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { passed: result.numPassedTests, failed: code === 0 ? failed : Math.max(failed, 1) };
  } catch {
    console.log(`  Jest ended with ${code} and wrote no report`);
    return { passed: 0, failed: 1 };
  }
}

/** @returns {NodeJS.ProcessEnv} this process's, with the programs of node_modules first */
function environment() {
  const path = [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, FORCE_COLOR: "0" };
}

/** @param {number} since @returns {string} the time that has passed */
function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
