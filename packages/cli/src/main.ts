#!/usr/bin/env node
import { isMainThread } from "node:worker_threads";
import { runProgram } from "./program.js";
import { FileRestorer } from "./restore-file.js";
import { runProcess } from "./run-process.js";
import { serveCalls } from "./worker-thread.js";

if (isMainThread) await runProcess(runProgram, new URL(import.meta.url));
else serveCalls(FileRestorer.open.bind(FileRestorer));
