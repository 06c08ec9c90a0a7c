// npm run playground [-- --port PORT]: builds the playground, the package first if need be, and serves it on this machine.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildDist } from "../../scripts/dist.mjs";
import { serveFolder } from "../shared/static-server.mjs";
import { buildPlayground } from "./build.mjs";

const { values } = parseArgs({ options: { port: { type: "string", default: "8080" } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`--port ${values.port} is no port`);
  process.exit(2);
}
await buildDist();
const folder = await buildPlayground();
// The page brings its policy itself, for hosts that send no headers; its workers get theirs from the server.
const policy =
  /content="(default-src[^"]*)"/.exec(readFileSync(join(folder, "index.html"), "utf8"))?.[1] ?? "";
const headers = { "content-security-policy": policy };
const { origin } = await serveFolder(folder, { port, headers }).catch((error) => {
  // Another program has the port: any free one will do.
  if (error.code !== "EADDRINUSE") throw error;
  return serveFolder(folder, { headers });
});
console.log(
  `The playground is at ${origin}/  (Ctrl+C ends it; the same files for any server are in ${folder})`,
);
