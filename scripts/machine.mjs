/**
 * What the tests need from the machine besides npm's packages: Chromium for the browser tests, and a Vulkan
 * driver that Dawn accepts for the WebGPU tests. On Debian as root it is installed through apt; elsewhere
 * one line says what to install.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Dawn refuses older software drivers; Debian 12 has 22.3, its backports have a newer one. */
const minimumMesaMajor = 23;
const backports = "bookworm-backports";

/** @returns {string | undefined} the Vulkan manifest of Mesa's software driver, if it is installed */
function findLavapipe() {
  for (const folder of ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"]) {
    if (!existsSync(folder)) continue;
    const name = readdirSync(folder).find((file) => /^lvp_icd.*\.json$/.test(file));
    if (name) return join(folder, name);
  }
  return undefined;
}

/** @returns {string | undefined} Chromium's program: `CHROMIUM_PATH`, or the first one on the path */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder: the next one may have it.
      }
    }
  }
  return undefined;
}

/**
 * Installs what is missing, or throws one line that says what to install.
 *
 * @param {(line: string) => void} say - told what is being installed
 */
export function prepareMachine(say) {
  const needsChromium = findChromium() === undefined;
  const needsVulkan = !findsAdapter();
  if (!needsChromium && !needsVulkan) return;
  if (!isDebianRoot()) {
    const missing = [
      ...(needsChromium ? ["Chromium (or set CHROMIUM_PATH)"] : []),
      ...(needsVulkan ? [`a Vulkan driver such as Mesa's lavapipe ${minimumMesaMajor} or newer`] : []),
    ];
    throw new Error(`the tests need ${missing.join(" and ")}: please install and run again`);
  }
  if (needsVulkan && readOsRelease().VERSION_CODENAME === "bookworm") addBackports();
  apt(["update"]);
  if (needsChromium) {
    say("installing chromium");
    apt(["install", "-y", "--no-install-recommends", "chromium"]);
  }
  if (needsVulkan) {
    say("installing mesa-vulkan-drivers");
    const suite = readOsRelease().VERSION_CODENAME === "bookworm" ? ["-t", backports] : [];
    apt(["install", "-y", "--no-install-recommends", ...suite, "mesa-vulkan-drivers"]);
    if (!findsAdapter()) throw new Error("mesa-vulkan-drivers is installed, but Dawn finds no adapter");
  }
}

/**
 * Points the Vulkan loader at Mesa's software driver, unless somebody named a driver already.
 *
 * @param {NodeJS.ProcessEnv} environment - changed in place
 */
export function chooseVulkanDriver(environment) {
  const lavapipe = findLavapipe();
  if (!environment.VK_ICD_FILENAMES && !environment.VK_DRIVER_FILES && lavapipe) {
    environment.VK_ICD_FILENAMES = lavapipe;
  }
}

/** @returns {boolean} whether Dawn in Node finds an adapter, with the driver that the tests will use */
function findsAdapter() {
  const environment = { ...process.env };
  chooseVulkanDriver(environment);
  // Asked in a process of its own: Dawn's objects would keep this one alive.
  const probe = `
    import { create } from "webgpu";
    const adapter = await create([]).requestAdapter();
    process.exit(adapter ? 0 : 1);`;
  const result = spawnSync(process.execPath, ["--input-type=module", "-e", probe], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: environment,
    stdio: "ignore",
    timeout: 60_000,
  });
  return result.status === 0;
}

/** @returns {boolean} whether apt can be used as it is */
function isDebianRoot() {
  return process.platform === "linux" && existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

/** @returns {Record<string, string>} the fields of /etc/os-release */
function readOsRelease() {
  const fields = readFileSync("/etc/os-release", "utf8").matchAll(/^(\w+)="?([^"\n]*)"?$/gm);
  return Object.fromEntries([...fields].map(([, name, value]) => [name, value]));
}

/** Adds Debian's backports from the mirror that the machine's own apt sources name. */
function addBackports() {
  const folder = "/etc/apt/sources.list.d";
  const lists = readdirSync(folder).map((name) => join(folder, name));
  const deb822 = lists.filter((path) => path.endsWith(".sources")).map((path) => readFileSync(path, "utf8"));
  const plain = ["/etc/apt/sources.list", ...lists.filter((path) => path.endsWith(".list"))]
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, "utf8"));
  if ([...deb822, ...plain].some((text) => text.includes(backports))) return;

  const stanza = deb822
    .flatMap((text) => text.split(/\n\s*\n/))
    .find((text) => /^Suites:.*\bbookworm\b(?!-)/m.test(text) && /^Types:.*\bdeb\b/m.test(text));
  if (stanza) {
    const text = stanza.replace(/^Suites:.*$/m, `Suites: ${backports}`).replace(/^#.*\n/gm, "");
    writeFileSync(join(folder, "backports.sources"), `${text.trim()}\n`);
    return;
  }
  const line = plain
    .flatMap((text) => text.split("\n"))
    .find((text) => /^deb\s+(\[[^\]]*\]\s+)?\S+\s+bookworm\s/.test(text));
  if (!line) throw new Error(`no apt source for bookworm to derive ${backports} from: please add it by hand`);
  writeFileSync(join(folder, "backports.list"), `${line.replace(/\sbookworm\s/, ` ${backports} `)}\n`);
}

/** @param {string[]} args - what to tell apt-get */
function apt(args) {
  const result = spawnSync("apt-get", ["-q", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    encoding: "utf8",
  });
  if (result.status !== 0) {
    throw new Error(`apt-get ${args.join(" ")} failed:\n${result.stdout}${result.stderr}`);
  }
}
