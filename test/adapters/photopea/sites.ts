import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { version } from "../../../src/sdk/base/index.js";

/** What answers one path. */
export interface SiteFile {
  /** Media type. */
  readonly type: string;
  /** The body. */
  readonly body: string | Uint8Array;
}

/** A site on this machine. */
export interface Site {
  /** Such as `http://localhost:34567`. */
  readonly origin: string;
  /** Stops it. */
  close(): Promise<void>;
}

/**
 * Starts a site. `localhost` and `127.0.0.1` are sites apart from each other, as Photopea and a plugin's host are.
 *
 * @param host - its name
 * @param policy - its content security policy
 * @param read - gives the file at a path; undefined if there is none
 */
export async function startSite(
  host: "localhost" | "127.0.0.1",
  policy: string,
  read: (path: string) => SiteFile | undefined | Promise<SiteFile | undefined>,
): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    void Promise.resolve(read(pathname)).then(
      (file) => {
        if (file === undefined) {
          response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
          return;
        }
        response
          .writeHead(200, { "content-type": file.type, "content-security-policy": policy })
          .end(file.body);
      },
      (error: unknown) => response.writeHead(500, { "content-type": "text/plain" }).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * A page that loads one module of `pages/`, bundled.
 *
 * @param name - of the module
 * @param base - beside which file `pages/` is; this one if left out
 */
export async function modulePage(
  name: string,
  base: string = import.meta.url,
): Promise<(path: string) => SiteFile | undefined> {
  const bundled = await build({
    entryPoints: [fileURLToPath(new URL(`pages/${name}.ts`, base))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    define: { __LIMPID_VERSION__: JSON.stringify(version) },
    logLevel: "silent",
  });
  const page =
    '<!doctype html><title>test</title><body></body><script type="module" src="/module.js"></script>';
  return (path) => {
    if (path === "/module.js") return { type: "text/javascript", body: bundled.outputFiles[0]!.contents };
    if (path === "/") return { type: "text/html; charset=utf-8", body: page };
    return undefined;
  };
}

/** Photopea's own policy must let it show anybody's plugin. */
export const editorPolicy = "default-src 'self'; frame-src *";

/** That of a careful page: nothing inline, nothing evaluated, nothing from elsewhere but the editor's frame. */
export const strictPolicy = (editor?: string): string =>
  `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; img-src 'self' blob:` +
  (editor === undefined ? "" : `; frame-src ${editor}`);
