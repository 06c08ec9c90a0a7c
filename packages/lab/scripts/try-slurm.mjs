// npm run try-slurm: submits the script of docs/guides/cluster.md to a Slurm of this machine alone, and checks that the tasks of the
// array restored each photo once. It needs root and Debian's `slurm-wlm` and `munge` (apt-get install slurm-wlm munge); what it
// starts it ends.
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { cpus, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { buildDist, root } from "../../../scripts/dist.mjs";

/** How many tasks the array has here. */
const tasks = 3;
/** How long the array may take, in milliseconds. */
const patience = 240_000;

for (const program of ["munged", "slurmctld", "slurmd"]) {
  if (existsSync(join("/usr/sbin", program))) continue;
  console.error(`${program} is missing: apt-get install slurm-wlm munge`);
  process.exit(2);
}
await buildDist();
const folder = mkdtempSync(join(tmpdir(), "limpid-slurm-"));
// The daemons run as other users.
chmodSync(folder, 0o755);
/** @type {import("node:child_process").ChildProcess[]} */
const started = [];
try {
  for (const part of ["state", "spool", "bin", "scans", "munge"]) mkdirSync(join(folder, part));
  const conf = join(folder, "slurm.conf");
  writeFileSync(conf, configuration());
  const key = join(folder, "munge", "munge.key");
  writeFileSync(key, Buffer.from(Array.from({ length: 128 }, () => Math.floor(256 * Math.random()))), {
    mode: 0o400,
  });
  const socket = join(folder, "munge", "munge.socket");
  const files = ["log", "pid", "seed"].map((name) => `--${name}-file=${join(folder, "munge", name)}`);
  start("munged", "--foreground", "--force", `--socket=${socket}`, `--key-file=${key}`, ...files);
  await until("munge", () => existsSync(socket));
  process.env.SLURM_CONF = conf;
  start("slurmctld", "-D", "-f", conf);
  start("slurmd", "-D", "-f", conf);
  await until("the node", () => run("sinfo", "-h", "-o", "%T").trim() === "idle");

  // The guide's script, with as many tasks as are worth while here, and the command of this checkout.
  const guide = readFileSync(join(root, "docs/guides/cluster.md"), "utf8");
  const script = /```sh\n(#!\/bin\/sh\n#SBATCH[^`]*)```/.exec(guide)?.[1];
  if (script === undefined) throw new Error("the guide has no script");
  writeFileSync(join(folder, "restore.sbatch"), script);
  const command = `#!/bin/sh\nexec ${process.execPath} ${join(root, "packages/cli/dist/main.js")} "$@"\n`;
  writeFileSync(join(folder, "bin", "limpid"), command, { mode: 0o755 });
  for (const name of ["noise.png", "rain.png", "jpeg.jpg"]) {
    cpSync(join(root, "examples/photos", name), join(folder, "scans", name));
    cpSync(join(root, "examples/photos", name), join(folder, "scans", `again-${name}`));
  }
  const variables = {
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    PHOTOS: join(folder, "scans"),
    RESTORED: join(folder, "restored"),
  };
  const exported = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const limits = [`--array=1-${tasks}`, "--cpus-per-task=1", "--mem=1G", `--chdir=${folder}`];
  console.log(
    run("sbatch", ...limits, `--export=${exported.join(",")}`, join(folder, "restore.sbatch")).trim(),
  );
  await until("the array", () => run("squeue", "-h").trim() === "");

  const logs = readdirSync(folder).filter((name) => /^slurm-\d+_\d+\.out$/.test(name));
  const photos = readdirSync(join(folder, "scans"));
  const results = existsSync(variables.RESTORED) ? readdirSync(variables.RESTORED) : [];
  const text = logs.map((name) => readFileSync(join(folder, name), "utf8")).join("");
  const isWell = logs.length === tasks && results.length === photos.length;
  console.log(`${logs.length} tasks, ${results.length} of ${photos.length} photos restored`);
  if (!isWell) console.error(text);
  process.exitCode = isWell ? 0 : 1;
} catch (error) {
  for (const name of ["slurmctld.log", "slurmd.log"]) {
    if (existsSync(join(folder, name))) console.error(readFileSync(join(folder, name), "utf8"));
  }
  throw error;
} finally {
  for (const child of started.reverse()) child.kill("SIGTERM");
  await wait(1000);
  rmSync(folder, { recursive: true, force: true });
}

/** A cluster of one node, this machine, whose daemons all run as root. */
function configuration() {
  const name = hostname().split(".")[0];
  return [
    "ClusterName=limpid",
    `SlurmctldHost=${name}(127.0.0.1)`,
    "SlurmUser=root",
    "SlurmctldPort=16817",
    "SlurmdPort=16818",
    "AuthType=auth/munge",
    `AuthInfo=socket=${join(folder, "munge", "munge.socket")}`,
    "CredType=cred/munge",
    "ProctrackType=proctrack/pgid",
    "TaskPlugin=task/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core",
    "ReturnToService=2",
    "MpiDefault=none",
    `StateSaveLocation=${join(folder, "state")}`,
    `SlurmdSpoolDir=${join(folder, "spool")}`,
    `SlurmctldPidFile=${join(folder, "slurmctld.pid")}`,
    `SlurmdPidFile=${join(folder, "slurmd.pid")}`,
    `SlurmctldLogFile=${join(folder, "slurmctld.log")}`,
    `SlurmdLogFile=${join(folder, "slurmd.log")}`,
    `NodeName=${name} NodeAddr=127.0.0.1 CPUs=${cpus().length} RealMemory=3000 State=UNKNOWN`,
    `PartitionName=all Nodes=${name} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4`,
    "",
  ].join("\n");
}

/** @param {string} program @param {string[]} args */
function start(program, ...args) {
  started.push(spawn(join("/usr/sbin", program), args, { stdio: "ignore" }));
}

/** @param {string} program @param {string[]} args @returns {string} what it writes */
function run(program, ...args) {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** @param {string} what @param {() => boolean} isThere - may throw until the daemons answer */
async function until(what, isThere) {
  const end = performance.now() + patience;
  for (;;) {
    try {
      if (isThere()) return;
    } catch {
      // Not yet.
    }
    if (performance.now() > end) throw new Error(`${what} is not there after ${patience / 1000} s`);
    await wait(500);
  }
}
