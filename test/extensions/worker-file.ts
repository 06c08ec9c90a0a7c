import { threadProgram } from "../support/thread-program.js";

/** The thread that extensions run in, built from the sources for the test file that imports this. */
export const workerFile = threadProgram("src/node/extension-worker.ts");
