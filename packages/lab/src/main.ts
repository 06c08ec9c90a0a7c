import { isMainThread } from "node:worker_threads";
import { runProcess } from "../../cli/src/run-process.js";
import { serveCalls } from "../../cli/src/worker-thread.js";
import { LocalMeasurer } from "./evaluate/measure.js";
import { runLab } from "./program.js";

if (isMainThread) await runProcess(runLab, new URL(import.meta.url));
else serveCalls(LocalMeasurer.open.bind(LocalMeasurer));
