import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

/** @type {Record<string, string>} */
const mediaTypes = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves a folder on this machine, to nobody else.
 *
 * @param {string} folder
 * @param {{ port?: number, base?: string, headers?: Record<string, string> }} [options] - a port, any free one if left out; a path
 * under which the folder lies, with slashes around it; headers for every file
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serveFolder(folder, { port = 0, base = "/", headers = {} } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    fileOf(folder, base, pathname).then(
      ({ path, body }) => {
        const type = mediaTypes[extname(path)] ?? "application/octet-stream";
        response.writeHead(200, {
          "content-type": type,
          "cache-control": "no-cache",
          "x-content-type-options": "nosniff",
          ...headers,
        });
        response.end(request.method === "HEAD" ? undefined : body);
      },
      () => response.writeHead(404, { "content-type": "text/plain" }).end("Not found\n"),
    );
  });
  await /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      server.on("error", reject);
      server.listen(port, "localhost", () => resolve());
    })
  );
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://localhost:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * @param {string} folder
 * @param {string} base
 * @param {string} pathname
 */
async function fileOf(folder, base, pathname) {
  if (!pathname.startsWith(base)) throw new Error("elsewhere");
  const relative = decodeURIComponent(pathname.slice(base.length));
  const path = normalize(
    join(folder, relative === "" || relative.endsWith("/") ? `${relative}index.html` : relative),
  );
  if (!path.startsWith(normalize(folder) + sep)) throw new Error("outside");
  return { path, body: await readFile(path) };
}
