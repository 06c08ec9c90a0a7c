import type {
  ParameterInputEvent,
  PluginAPI,
  RunEvent,
} from "@figma/plugin-typings/plugin-api-standalone.js";
import * as v from "valibot";
import { TurnQueue, type Disposable } from "../../../sdk/base/index.js";
import {
  describeIssues,
  methods,
  protocolVersion,
  requestSchema,
  type Method,
  type Params,
  type Request,
  type Result,
} from "../protocol.js";
import { asFailure, SandboxFailure } from "./failure.js";
import type { FigmaGlobal } from "./figma-global.js";
import { describeSelection, findFill, findNode, isLocked } from "./image-fills.js";
import { geometryOf, readFill, renderNode } from "./read-pixels.js";
import { Transfers } from "./transfers.js";
import { hostedPage } from "./hosted-page.js";
import { addFill, addTiles, replaceFill, type RelaunchData } from "./write-layers.js";

/** The plugin's page. */
export type FigmaPage =
  | {
      /** The page itself, as Figma gives it in `__html__`. */
      readonly html: string;
    }
  | {
      /** Where the page is served, on https; the plugin's window goes there, and talks to nobody else. */
      readonly url: string;
    };

/** How {@link serveFigma} shows the plugin, and what it stores with layers. */
export interface ServeFigmaOptions {
  /** The page that the plugin shows. */
  readonly page: FigmaPage;
  /** Of the window, in pixels; 320 if left out. */
  readonly width?: number;
  /** Of the window, in pixels; 560 if left out. */
  readonly height?: number;
  /**
   * What Figma offers on a restored layer: by command of the manifest's `relaunchButtons`, a line that says what it does;
   * 1,000 characters at most. Nothing if left out.
   */
  readonly relaunch?: RelaunchData;
  /** What people can choose for a parameter of the manifest, by its key. The page is told what they chose. */
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
}

/** Longest text that is sent back for a failure. */
const maximumMessage = 1_000;

/** Sessions that are remembered, so that nothing of theirs can be said again. */
const rememberedSessions = 1_000;

/** A handler for each method. */
type Handlers = { readonly [M in Method]: (params: Params<M>) => Promise<Result<M>> | Result<M> };

/**
 * The sandbox's side of a plugin: shows the page, and does in the document what `connectFigma` on the page asks for. It has the
 * document but no pixels: files go to the page and back as they are, in pieces. Call it once, when the plugin's `main` starts.
 *
 * @param figma - Figma's global of that name
 * @param options - the page and what is stored with layers
 * @returns stops listening when it is disposed; a plugin that is closed needs not
 *
 * @example
 * ```ts
 * serveFigma(figma, { page: { html: __html__ }, relaunch: { restore: "Restore this photo again" } });
 * ```
 */
export function serveFigma(figma: FigmaGlobal, options: ServeFigmaOptions): Disposable {
  // The one place at which Figma's own types come in: see FigmaGlobal.
  return new FigmaServer(figma as unknown as PluginAPI, options);
}

class FigmaServer implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly #figma: PluginAPI;
  readonly #options: ServeFigmaOptions;
  readonly #origin: string | undefined;
  readonly #turns = new TurnQueue();
  readonly #transfers = new Transfers();
  readonly #sessions: string[] = [];
  #session: string | undefined;
  #lastCall = 0;
  #launch: { command: string; parameters: Record<string, string> } = { command: "", parameters: {} };

  constructor(figma: PluginAPI, options: ServeFigmaOptions) {
    this.#figma = figma;
    this.#options = options;
    const { page } = options;
    const { html, origin } = "url" in page ? hostedPage(page.url) : { html: page.html, origin: undefined };
    this.#origin = origin;
    // Hidden layers of instances are never looked at, and Figma is much faster without them.
    figma.skipInvisibleInstanceChildren = true;
    figma.parameters.on("input", this.#suggest);
    figma.ui.on("message", this.#receive);
    figma.on("selectionchange", this.#tellSelection);
    figma.on("currentpagechange", this.#tellSelection);
    figma.on("run", (event) => this.#run(event, html));
  }

  dispose(): void {
    const figma = this.#figma;
    figma.parameters.off("input", this.#suggest);
    figma.ui.off("message", this.#receive);
    figma.off("selectionchange", this.#tellSelection);
    figma.off("currentpagechange", this.#tellSelection);
    this.#session = undefined;
    this.#transfers.clear();
  }

  /** Shown only now: while people type parameters there is nothing to see. */
  #run(event: RunEvent, html: string): void {
    const { width = 320, height = 560 } = this.#options;
    const parameters: Record<string, string> = {};
    const given = event.parameters;
    for (const key of Object.keys(given ?? {})) {
      const value: unknown = given![key];
      if (typeof value === "string" && value.length <= 10_000) parameters[key] = value;
    }
    this.#launch = { command: event.command ?? "", parameters };
    this.#figma.showUI(html, { width, height, themeColors: true });
  }

  readonly #suggest = ({ key, query, result }: ParameterInputEvent): void => {
    const wanted = query.trim().toLowerCase();
    const known = this.#options.parameters?.[key] ?? [];
    result.setSuggestions(known.filter((choice) => choice.toLowerCase().includes(wanted)));
  };

  readonly #tellSelection = (): void => {
    if (this.#session === undefined) return;
    this.#post({ selection: describeSelection(this.#figma) });
  };

  readonly #receive = (message: unknown, { origin }: { readonly origin: string }): void => {
    if (this.#origin !== undefined && origin !== this.#origin) return;
    const request = v.safeParse(requestSchema, message);
    if (!request.success || !this.#isNew(request.output)) return;
    void this.#turns.add(() => this.#answer(request.output));
  };

  /** Whether a message belongs to the session that runs, or begins one, and was not said before. */
  #isNew({ session, call, method }: Request): boolean {
    if (method === "hello" && !this.#sessions.includes(session)) {
      this.#sessions.push(session);
      if (this.#sessions.length > rememberedSessions) this.#sessions.shift();
      this.#session = session;
      this.#lastCall = call;
      this.#transfers.clear();
      return true;
    }
    if (session !== this.#session || call <= this.#lastCall) return false;
    this.#lastCall = call;
    return true;
  }

  async #answer({ session, call, method, params }: Request): Promise<void> {
    // Of a page that is not there any more.
    if (session !== this.#session) return;
    try {
      const result = await this.#handle(method, params);
      if (session === this.#session) this.#post({ call, result });
    } catch (error) {
      const { reason, message } = asFailure(error);
      if (session === this.#session) {
        this.#post({ call, error: { reason, message: message.slice(0, maximumMessage) } });
      }
    }
  }

  #handle<M extends Method>(method: M, params: unknown): Promise<Result<M>> | Result<M> {
    const checked = v.safeParse(methods[method].params, params);
    if (!checked.success) {
      throw new SandboxFailure("malformed", `${method}: ${describeIssues(checked.issues)}`);
    }
    const handler = this.#handlers[method] as (params: unknown) => Promise<Result<M>> | Result<M>;
    return handler(checked.output);
  }

  readonly #handlers: Handlers = {
    hello: () => ({
      version: protocolVersion,
      command: this.#launch.command,
      parameters: this.#launch.parameters,
      state: describeSelection(this.#figma),
    }),
    look: () => describeSelection(this.#figma),
    openFill: async (params) => this.#giveOut(await readFill(this.#figma, params)),
    openRendering: async (params) => this.#giveOut(await renderNode(this.#figma, params)),
    read: ({ transfer, offset }) => ({ bytes: this.#transfers.read(transfer, offset) }),
    begin: ({ length }) => ({ transfer: this.#transfers.openUpload(length) }),
    write: ({ transfer, offset, bytes }) => {
      this.#transfers.write(transfer, offset, bytes);
      return {};
    },
    finish: ({ transfer }) => ({ hash: this.#figma.createImage(this.#transfers.finish(transfer)).hash }),
    close: ({ transfer }) => {
      this.#transfers.close(transfer);
      return {};
    },
    inspect: (params) => this.#inspect(params),
    replaceFill: (params) => replaceFill(this.#figma, params, this.#relaunch),
    addFill: (params) => addFill(this.#figma, params, this.#relaunch),
    addTiles: (params) => addTiles(this.#figma, params, this.#relaunch),
    notify: ({ text, isError }) => {
      this.#figma.notify(text, isError ? { error: true } : {});
      return {};
    },
    resize: ({ width, height }) => {
      this.#figma.ui.resize(width, height);
      return {};
    },
  };

  get #relaunch(): RelaunchData {
    return this.#options.relaunch ?? {};
  }

  async #inspect({ nodeId, index, hash }: Params<"inspect">): Promise<Result<"inspect">> {
    const node = await findNode(this.#figma, nodeId);
    if (node === undefined) return { isSame: false, isLocked: false, geometry: null };
    const same = findFill(node, index, hash);
    const now = same ?? findFill(node, index);
    return {
      isSame: same !== undefined,
      isLocked: isLocked(node),
      geometry: now === undefined ? null : geometryOf(now),
    };
  }

  #giveOut<T extends { readonly bytes: Uint8Array }>(
    file: T,
  ): Omit<T, "bytes"> & { transfer: number; length: number } {
    const { bytes, ...told } = file;
    return { ...told, transfer: this.#transfers.openDownload(bytes), length: bytes.length };
  }

  #post(content: Record<string, unknown>): void {
    const message = { limpid: protocolVersion, session: this.#session, ...content };
    this.#figma.ui.postMessage(message, this.#origin === undefined ? {} : { origin: this.#origin });
  }
}
