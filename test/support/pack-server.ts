import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a {@link PackServer} was asked for. */
export interface ServedRequest {
  /** Path, such as `/pack/package.json`. */
  readonly path: string;
  /** The `Range` header, if there was one. */
  readonly range: string | undefined;
}

/** A server of files in memory, on this machine, that can be told to misbehave. */
export interface PackServer {
  /** Where it listens, such as `http://localhost:34567`. */
  readonly origin: string;
  /** What is served, by path such as `/pack/package.json`; may be changed. */
  readonly files: Map<string, Uint8Array>;
  /** What it was asked for, in order. */
  readonly requests: ServedRequest[];
  /** Whether it knows ranges; true until it is set. */
  ranges: boolean;
  /** After how many bytes of a path it hangs up, once. */
  readonly hangUps: Map<string, number>;
  /** Where a path leads. */
  readonly redirects: Map<string, string>;
  /** Puts a pack's files under a path. */
  serve(path: string, files: ReadonlyMap<string, Uint8Array>): string;
  /** Stops listening. */
  close(): Promise<void>;
}

/** Starts a {@link PackServer}. */
export async function startPackServer(): Promise<PackServer> {
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const { range } = request.headers;
    state.requests.push({ path, range });
    const target = state.redirects.get(path);
    if (target !== undefined) return response.writeHead(302, { location: target }).end();
    const bytes = state.files.get(path);
    if (bytes === undefined) return response.writeHead(404).end();
    const start = state.ranges ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0;
    if (start >= bytes.byteLength && start > 0) return response.writeHead(416).end();
    const body = bytes.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      // A connection that is used again would fail at another request than the one that it is cut in.
      connection: "close",
      "content-length": body.byteLength,
      ...(start > 0 && { "content-range": `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}` }),
    });
    const end = state.hangUps.get(path);
    if (end === undefined) return response.end(body);
    state.hangUps.delete(path);
    return response.write(body.subarray(0, end), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const state: PackServer = {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    requests: [],
    ranges: true,
    hangUps: new Map(),
    redirects: new Map(),
    serve(path, files) {
      for (const [name, bytes] of files) state.files.set(`${path}/${name}`, bytes);
      return `${state.origin}${path}/`;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}
