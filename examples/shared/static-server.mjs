import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, posix, sep } from "node:path";

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
 * What is at a path; `path` is another one whose ending tells the media type.
 *
 * @typedef {{ body: Uint8Array | string, path?: string }} ServedFile
 */

/**
 * Serves files on this machine, to nobody else. What cannot be read, and an address that cannot be, is not found.
 *
 * @param {(pathname: string) => Promise<ServedFile>} read - a file by its path, which begins with a slash and has no dots that lead
 * upwards
 * @param {{ port?: number, headers?: Record<string, string> }} [options] - a port, any free one if left out; headers for every file
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serveFiles(read, { port = 0, headers = {} } = {}) {
  /** @param {string} url */
  const answer = async (url) => {
    const { pathname } = new URL(url, "http://localhost");
    const asked = posix.normalize(decodeURIComponent(pathname));
    const { body, path = asked } = await read(asked);
    return { body, type: mediaTypes[extname(path)] ?? "application/octet-stream" };
  };
  const server = createServer((request, response) => {
    answer(request.url ?? "/").then(
      ({ body, type }) => {
        response.writeHead(200, {
          "content-type": type,
          "cache-control": "no-cache",
          "x-content-type-options": "nosniff",
          ...headers,
        });
        response.end(request.method === "HEAD" ? undefined : body);
      },
      // Browsers ask every site for an icon; that it has none is no fault.
      () => {
        if (request.url === "/favicon.ico") response.writeHead(204).end();
        else response.writeHead(404, { "content-type": "text/plain" }).end("Not found\n");
      },
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
 * Serves a folder on this machine, to nobody else.
 *
 * @param {string} folder
 * @param {{ port?: number, base?: string, headers?: Record<string, string> }} [options] - a port, any free one if left out; a path
 * under which the folder lies, with slashes around it; headers for every file
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export function serveFolder(folder, { base = "/", ...options } = {}) {
  return serveFiles(async (pathname) => {
    if (!pathname.startsWith(base)) throw new Error("elsewhere");
    const relative = pathname.slice(base.length);
    const path = normalize(
      join(folder, relative === "" || relative.endsWith("/") ? `${relative}index.html` : relative),
    );
    if (!path.startsWith(normalize(folder) + sep)) throw new Error("outside");
    return { path, body: await readFile(path) };
  }, options);
}
