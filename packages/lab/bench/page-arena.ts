import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { chromium, type Browser, type CDPSession, type Page } from "playwright-core";
import type { Arena, Lap } from "./arena.js";
import type { FirstTile, TileCounts } from "./booth.js";
import type { ContestantName } from "./contestants/contestant.js";
import type { PageBooth } from "./pages/contest.js";
import { packagePath, readModelFile, type BenchPlaces } from "./places.js";

declare global {
  // Only in the page, where contest.ts puts it.
  var pageBooth: PageBooth;
}

/** What a page takes in bytes when it loads a file the usual way. */
const mediaTypes: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** A page takes tfjs's kernels one by one, as a bundler does that reads the field `browser` of the package. */
const browserField: Plugin = {
  name: "browser field",
  setup(bundler) {
    bundler.onResolve({ filter: /\/tfjs-packages\.js$/ }, ({ resolveDir }) => ({
      path: join(resolveDir, "tfjs-kernels.ts"),
    }));
  },
};

/** Everybody in a page of their own, in one headless Chromium. */
export class PageArena implements Arena {
  readonly runtime: string;
  readonly #browser: Browser;
  readonly #session: CDPSession;
  readonly #site: Site;
  readonly #pages = new Map<ContestantName, Page>();

  private constructor(browser: Browser, session: CDPSession, site: Site) {
    this.runtime = `Chromium ${browser.version()}`;
    this.#browser = browser;
    this.#session = session;
    this.#site = site;
  }

  /**
   * Starts server and browser.
   *
   * @param places - where things are
   * @param onnxModel - the network in ONNX's format
   */
  static async start(places: BenchPlaces, onnxModel: Uint8Array): Promise<PageArena> {
    const site = await Site.start(places, onnxModel);
    const browser = await chromium.launch({
      executablePath: places.chromium,
      args: [
        "--no-sandbox",
        "--enable-unsafe-webgpu",
        "--use-webgpu-adapter=swiftshader",
        "--enable-unsafe-swiftshader",
        "--disable-background-networking",
        "--disable-component-update",
      ],
    });
    return new PageArena(browser, await browser.newBrowserCDPSession(), site);
  }

  async open(name: ContestantName): Promise<number> {
    const page = await this.#browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`${this.#site.origin}/${name}/`);
    await page.waitForFunction(() => "pageBooth" in globalThis);
    this.#pages.set(name, page);
    return page.evaluate(() => globalThis.pageBooth.open());
  }

  async restoreFirst(name: ContestantName, side: number): Promise<FirstTile> {
    const { milliseconds, result } = await this.#get(name).evaluate(
      (size) => globalThis.pageBooth.restoreFirst(size),
      side,
    );
    return { milliseconds, result: Float32Array.from(result) };
  }

  restore(name: ContestantName, side: number): Promise<Lap> {
    return this.#takeTime(() => this.#get(name).evaluate((size) => globalThis.pageBooth.restore(size), side));
  }

  count(name: ContestantName, side: number): Promise<TileCounts> {
    return this.#get(name).evaluate((size) => globalThis.pageBooth.count(size), side);
  }

  async swap(name: ContestantName): Promise<Lap | undefined> {
    const page = this.#get(name);
    if (!(await page.evaluate(() => globalThis.pageBooth.hasExperts()))) return undefined;
    return this.#takeTime(() => page.evaluate(() => globalThis.pageBooth.swap()));
  }

  countLoaded(name: ContestantName): number {
    return this.#site.countLoaded(name);
  }

  async describeGpu(): Promise<string> {
    const page = [...this.#pages.values()][0] ?? (await this.#browser.newPage());
    return page.evaluate(async () => {
      const adapter = await (navigator as Partial<Navigator>).gpu?.requestAdapter();
      const { description, device, vendor, architecture } = adapter?.info ?? {};
      return `WebGPU on ${description || device || `${vendor} ${architecture}`}`;
    });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#site.close();
  }

  #get(name: ContestantName): Page {
    return this.#pages.get(name)!;
  }

  /** The processor's time is that of all processes of the browser. */
  async #takeTime(run: () => Promise<number>): Promise<Lap> {
    const before = await this.#countProcessorTime();
    const wall = await run();
    return { wall, processor: (await this.#countProcessorTime()) - before };
  }

  async #countProcessorTime(): Promise<number> {
    const { processInfo } = await this.#session.send("SystemInfo.getProcessInfo");
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
  }
}

/** Serves each contestant's page below its name, and weighs what is loaded. */
class Site {
  readonly #server: Server;
  readonly #loaded = new Map<string, number>();
  readonly #places: BenchPlaces;
  readonly #onnxModel: Uint8Array;
  readonly #scripts: ReadonlyMap<string, Uint8Array>;

  private constructor(places: BenchPlaces, onnxModel: Uint8Array, scripts: ReadonlyMap<string, Uint8Array>) {
    this.#places = places;
    this.#onnxModel = onnxModel;
    this.#scripts = scripts;
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      this.#answer(pathname).then(
        (body) =>
          response.writeHead(200, { "content-type": mediaTypes[extname(pathname)] ?? "text/html" }).end(body),
        (error: unknown) => response.writeHead(404).end(String(error)),
      );
    });
  }

  static async start(places: BenchPlaces, onnxModel: Uint8Array): Promise<Site> {
    const { outputFiles } = await build({
      entryPoints: [join(places.root, "packages/lab/bench/pages/contest.ts")],
      outdir: "/scripts",
      bundle: true,
      splitting: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      define: { __LIMPID_VERSION__: JSON.stringify("bench") },
      external: ["util"], // in a branch of tfjs's for Node
      plugins: [browserField],
      logLevel: "error",
    });
    const scripts = new Map(
      outputFiles.map(({ path, contents }) => [path.replace(/^.*scripts./, ""), contents]),
    );
    const site = new Site(places, onnxModel, scripts);
    await new Promise<void>((resolve) => site.#server.listen(0, "localhost", resolve));
    return site;
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bytes that a contestant's page has loaded, each file compressed by gzip and counted once. */
  countLoaded(name: string): number {
    return [...this.#loaded]
      .filter(([path]) => path.startsWith(`/${name}/`))
      .reduce((sum, [, bytes]) => sum + bytes, 0);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(path: string): Promise<Uint8Array> {
    const body = await this.#find(normalize(decodeURIComponent(path)).split("/").slice(2));
    if (!this.#loaded.has(path)) this.#loaded.set(path, gzipSync(body, { level: 9 }).length);
    return body;
  }

  async #find([kind = "", ...rest]: readonly string[]): Promise<Uint8Array> {
    const path = rest.join("/");
    switch (kind) {
      case "":
        return new TextEncoder().encode(
          '<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="scripts/contest.js"></script>',
        );
      case "scripts": {
        const script = this.#scripts.get(path);
        if (script === undefined) throw new Error(`no script ${path}`);
        return script;
      }
      case "model":
        return readModelFile(this.#places, path);
      case "onnx-model":
        return this.#onnxModel;
      case "packages":
        return readFile(packagePath(this.#places, path));
      case "wasm":
        return readFile(join(this.#places.root, "node_modules/@tensorflow/tfjs-backend-wasm/dist", path));
      default:
        throw new Error(`nothing at ${kind}`);
    }
  }
}
