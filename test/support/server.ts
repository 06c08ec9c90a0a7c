import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { guestProgramForEsbuild } from "../../scripts/guest-program.mjs";
import { version } from "../../src/sdk/base/index.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What an editor with a careful host would send: no inline code, no eval, nothing from elsewhere. */
const contentSecurityPolicy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; object-src 'none'";

const mediaTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".png": "image/png",
  ".jpg": "image/jpeg",
};

/** A server for pages under test, on this machine only. */
export interface TestServer {
  /** Where it listens, such as `http://localhost:34567`; a secure context, as WebGPU demands. */
  readonly origin: string;
  /**
   * Answers the requests below a path otherwise.
   *
   * @param prefix - such as `/packs/`
   * @param respond - answers one request
   */
  mount(prefix: string, respond: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Stops listening. */
  close(): Promise<void>;
}

/**
 * Serves the repository's files under their own paths; `/blank?script=PATH` is an empty page that loads one
 * script, and `/bundle/PATH.js` is `PATH.ts` with everything that it imports, as an ES module.
 */
export async function startServer(): Promise<TestServer> {
  const mounts = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  const server = createServer((request, response) => {
    const mounted = [...mounts].find(([prefix]) => request.url?.startsWith(prefix));
    if (mounted !== undefined) return mounted[1](request, response);
    respond(new URL(request.url ?? "/", "http://localhost")).then(
      ({ type, body }) => {
        response.writeHead(200, { "content-type": type, "content-security-policy": contentSecurityPolicy });
        response.end(body);
      },
      (error: unknown) => {
        response.writeHead(404, { "content-type": "text/plain" }).end(String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    mount: (prefix, answer) => void mounts.set(prefix, answer),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The answer to one request; rejects if there is no such file. */
async function respond(url: URL): Promise<{ type: string; body: string | Uint8Array }> {
  const path = normalize(decodeURIComponent(url.pathname));
  if (path === "/favicon.ico") return { type: "image/png", body: "" };
  if (path === "/blank") return { type: "text/html; charset=utf-8", body: blankPage(url.searchParams) };
  if (path.startsWith("/bundle/")) {
    const entry = join(root, path.slice("/bundle".length).replace(/\.js$/, ".ts"));
    return { type: "text/javascript; charset=utf-8", body: await bundle(entry) };
  }
  const type = mediaTypes[extname(path)] ?? "application/octet-stream";
  return { type, body: await readFile(join(root, path)) };
}

/** An empty page; `script` and `module` name what it loads. */
function blankPage(parameters: URLSearchParams): string {
  const script = parameters.get("script");
  const module = parameters.get("module");
  return `<!doctype html><title>test</title>
${script ? `<script src="${script}"></script>` : ""}
${module ? `<script type="module" src="${module}"></script>` : ""}`;
}

/** TypeScript and its imports as one ES module for the page. */
async function bundle(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    define: { __LIMPID_VERSION__: JSON.stringify(version) },
    plugins: [guestProgramForEsbuild],
    logLevel: "silent",
  });
  return result.outputFiles.map((file) => file.text).join("\n");
}
