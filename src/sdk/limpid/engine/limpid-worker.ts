// The engine of a page's Limpid, and its tile workers: one classic script with everything in it, so that a `data:` address can
// hold it.
import { portOf, type MessageTarget } from "../../base/index.js";
import { serveTiles, tileWorkerName } from "../../engine/index.js";
import { serveEngine } from "./serve-engine.js";

/** What TypeScript's library for pages does not know of a worker. */
const scope = globalThis as unknown as MessageTarget & { readonly name: string };

if (scope.name === tileWorkerName) serveTiles(portOf(scope));
else serveEngine(portOf(scope), location.href);
