import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What {@link PackFiles} were asked for. */
export interface ServedRequest {
  /** Path, such as `/pack/package.json`. */
  readonly path: string;
  /** The `Range` header, if there was one. */
  readonly range: string | undefined;
}

/** Files in memory that are served over HTTP, and can be told to misbehave. */
export class PackFiles {
  /** What is served, by path such as `/pack/package.json`; may be changed. */
  readonly files = new Map<string, Uint8Array>();
  /** What was asked for, in order. */
  readonly requests: ServedRequest[] = [];
  /** Whether ranges are known. */
  ranges = true;
  /** After how many bytes of a path the connection is cut, once. */
  readonly hangUps = new Map<string, number>();
  /** After how many bytes of a path nothing more comes, once. */
  readonly stalls = new Map<string, number>();
  /** Where a path leads. */
  readonly redirects = new Map<string, string>();

  /**
   * Puts a pack's files under a path.
   *
   * @param path - such as `/pack`
   * @param files - bytes by path
   */
  add(path: string, files: ReadonlyMap<string, Uint8Array>): void {
    for (const [name, bytes] of files) this.files.set(`${path}/${name}`, bytes);
  }

  /** Forgets everything. */
  reset(): void {
    for (const part of [this.files, this.hangUps, this.stalls, this.redirects]) part.clear();
    this.requests.length = 0;
    this.ranges = true;
  }

  /** Answers a request. */
  respond(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "/";
    const { range } = request.headers;
    this.requests.push({ path, range });
    const target = this.redirects.get(path);
    const bytes = this.files.get(path);
    const start = this.ranges ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0;
    if (target !== undefined) response.writeHead(302, { location: target }).end();
    else if (bytes === undefined) response.writeHead(404).end();
    else if (start > 0 && start >= bytes.byteLength) response.writeHead(416).end();
    else this.#send(path, bytes, start, response);
  }

  #send(path: string, bytes: Uint8Array, start: number, response: ServerResponse): void {
    const body = bytes.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      // A connection that is used again would fail at another request than the one that it is cut in.
      connection: "close",
      "content-length": body.byteLength,
      ...(start > 0 && { "content-range": `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}` }),
    });
    const [hangUp, stall] = [this.hangUps.get(path), this.stalls.get(path)];
    this.hangUps.delete(path);
    this.stalls.delete(path);
    if (hangUp !== undefined) {
      response.write(body.subarray(0, hangUp), () => setTimeout(() => response.destroy(), 50));
    } else if (stall !== undefined) response.write(body.subarray(0, stall));
    else response.end(body);
  }
}

/** A server of {@link PackFiles}, on this machine. */
export interface PackServer {
  /** Where it listens, such as `http://localhost:34567`. */
  readonly origin: string;
  /** Stops listening. */
  close(): Promise<void>;
}

/**
 * Serves files.
 *
 * @param files - may be changed while it runs
 */
export async function startPackServer(files: PackFiles): Promise<PackServer> {
  const server = createServer((request, response) => files.respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
