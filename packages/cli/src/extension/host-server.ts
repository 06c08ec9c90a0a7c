import fs from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { integrityFileName, makeIntegrity, parseExtensionManifest } from "limpid/authoring";
import { packageDirectory } from "limpid/node";
import { readPackFolder } from "../pack/pack-contents.js";

/** What the host is made of. */
export interface ExtensionHostOptions {
  /** Folders of extensions. */
  readonly folders: readonly string[];
  /** The folder of the page. */
  readonly page: URL;
  /** The port; any free one if it is taken, or 0. */
  readonly port: number;
}

/** A server that listens. */
export interface ExtensionHostServer {
  /** Such as `http://localhost:8081`. */
  readonly origin: string;
  /** Stops listening. */
  close(): Promise<void>;
}

/** What the page is told of a folder. */
interface ExtensionListing {
  /** The folder, as the command was given it. */
  readonly folder: string;
  /** Where the page gets its files. */
  readonly address: string;
  /** Changes when a file does. */
  readonly stamp: string;
  /** Why it cannot be tried; undefined if it can. */
  readonly error?: string;
}

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** As strict as an editor's own; `connect-src` is for extensions that are granted the network. */
const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; connect-src 'self' https:";

/**
 * Serves the page in which extensions are tried, to this machine only: the page's files, Limpid with its model and workers, and
 * each extension with hashes that are made on the way, so that nothing has to be built between two tries.
 *
 * @param options - the extensions and the page
 */
export async function serveExtensionHost(options: ExtensionHostOptions): Promise<ExtensionHostServer> {
  const { folders, page, port } = options;
  const limpid = packageDirectory();
  const wasm = dirname(
    createRequire(pathToFileURL(join(limpid, "package.json"))).resolve(
      "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
    ),
  );
  const roots: Readonly<Record<string, string>> = {
    "/limpid/models/": join(limpid, "models"),
    "/limpid/wasm/": wasm,
    "/limpid/": join(limpid, "dist"),
    "/": fileURLToPath(page),
  };
  const read = async (path: string): Promise<Uint8Array | string> => {
    if (path === "/extensions.json") {
      return JSON.stringify(await Promise.all(folders.map((folder, index) => listExtension(folder, index))));
    }
    const [, index, file] = /^\/extension\/(\d+)\/(.+)$/.exec(path) ?? [];
    if (index !== undefined && file !== undefined) return readExtensionFile(folders[Number(index)], file);
    const [prefix = "/", root = ""] = Object.entries(roots).find(([prefix]) => path.startsWith(prefix)) ?? [];
    return fs.readFile(join(root, path.slice(prefix.length) || "index.html"));
  };
  const server = createServer((request, response) => {
    // `URL` leaves no dots that lead upwards; escaped ones are refused.
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const answered = /%2e|%2f|%5c|\\/i.test(pathname)
      ? Promise.reject(new Error("no such path"))
      : read(decode(pathname));
    answered.then(
      (body) => {
        const type = mediaTypes[extname(pathname) || ".html"] ?? "application/octet-stream";
        response.writeHead(200, {
          "content-type": type,
          "content-length": Buffer.byteLength(body),
          "content-security-policy": policy,
          "cache-control": "no-cache",
          "x-content-type-options": "nosniff",
        });
        response.end(body);
      },
      () => response.writeHead(404, { "content-type": "text/plain" }).end("Not found\n"),
    );
  });
  await listen(server, port).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return listen(server, 0);
  });
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function decode(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "localhost", () => resolve());
  });
}

/** Folders are read anew for each request: what is tried is what is on disk. */
async function listExtension(folder: string, index: number): Promise<ExtensionListing> {
  const address = `/extension/${index}/`;
  try {
    const { files, findings } = await readPackFolder(folder);
    const stamp = new TextDecoder().decode(integrityOf(files));
    const [finding] = findings.filter(({ path }) => !path.startsWith(integrityFileName));
    const error = finding && `${finding.path} ${finding.message}: ${finding.fix}`;
    return { folder, address, stamp, ...(error !== undefined && { error }) };
  } catch (error) {
    return {
      folder,
      address,
      stamp: String(error),
      error: error instanceof Error ? error.message : String(error),
    };
  }
}

async function readExtensionFile(folder: string | undefined, path: string): Promise<Uint8Array> {
  if (folder === undefined) throw new Error("no such extension");
  const { files } = await readPackFolder(folder);
  const bytes = path === integrityFileName ? integrityOf(files) : files.get(path);
  if (bytes === undefined) throw new Error("no such file");
  return bytes;
}

/** The list of hashes of the files as they are. */
function integrityOf(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const { id, version } = parseExtensionManifest(files.get("package.json")!, "package.json");
  return makeIntegrity(id, version, files);
}
