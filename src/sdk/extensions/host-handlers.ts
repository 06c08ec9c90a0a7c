import { LimpidError, toDisposable, type Disposable, type DisposableStore } from "../base/index.js";
import { PixelImage } from "../image/index.js";
import type { InstalledPack } from "../packs/index.js";
import type { BridgeHandlers, HostMethods, WireImage } from "../bridge/index.js";
import type { CommandCall, Commands } from "./commands.js";
import type { Configuration } from "./configuration.js";
import type { ContextKeys } from "./context-keys.js";
import type { ExtensionProgress } from "./extension-api.js";
import type { ExtensionServices } from "./extension-services.js";
import { ownPrefix } from "./require-executable.js";
import type { StoredDocument } from "./stored-document.js";

/** A line that an extension wrote. */
export interface ExtensionLogLine {
  /** How bad it is. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** What it says. */
  readonly text: string;
}

/** What the code of one extension reaches. */
export interface HostHandlerContext {
  readonly pack: InstalledPack;
  /** Takes its commands. */
  readonly commands: Commands;
  /** Takes its context keys. */
  readonly contextKeys: ContextKeys;
  /** Has its settings. */
  readonly configuration: Configuration;
  /** What it remembers. */
  readonly state: StoredDocument;
  /** Experts, analysis, pixels. */
  readonly services: ExtensionServices;
  /** Told of every line that it writes. */
  readonly onLog: (line: ExtensionLogLine) => void;
  /** Owns what it registers. */
  readonly added: DisposableStore;
  /** Runs one of its commands in its worker. */
  readonly execute: (id: string, args: readonly unknown[], caller: string | undefined) => Promise<unknown>;
  /** Refuses a command that it may not execute. */
  readonly requireExecutable: (command: string) => void;
}

/** How much text an extension may remember in all, in UTF-16 code units. */
const maximumState = 1 << 20;

/** How many commands an extension may register, and how many context keys it may set. */
const maximumNames = 256;

/** How much text all its context keys may hold, in UTF-16 code units. */
const maximumContext = 1 << 20;

/** How many tasks an extension may show at a time. */
const maximumProgress = 16;

/** How many times at once an extension may take the active image: each is a whole picture in memory. */
const maximumReadings = 4;

/**
 * What the host does for an extension's worker. The bridge has checked the parameters' shapes; here it is checked whether
 * the extension may.
 */
export function hostHandlers(context: HostHandlerContext): BridgeHandlers<HostMethods> {
  const { pack, commands, contextKeys, configuration, state, services, added } = context;
  const { publisher, capabilities, contributes } = pack.manifest;
  const registered = new Map<string, Disposable>();
  const contexts = new Map<string, number>();
  let readings = 0;
  const editor = services.openEditor?.();
  added.add(
    toDisposable(() => {
      for (const command of registered.values()) command.dispose();
    }),
  );

  /** Names belong to publishers, so that no extension passes for another's. */
  const requireOwn = (kind: string, name: string): void => {
    if (name.startsWith(`${publisher}.`)) return;
    throw new LimpidError(
      "InvalidArgument",
      `${pack.id} may not use the ${kind} ${name}: it begins with another name`,
    );
  };
  const requireRoom = (kind: string, names: { readonly size: number }): void => {
    if (names.size < maximumNames) return;
    throw new LimpidError(
      "InvalidArgument",
      `${pack.id} has ${maximumNames} ${kind}s, and may not have more`,
    );
  };
  const requirePixels = (): void => {
    if (capabilities.pixels !== undefined) return;
    throw new LimpidError(
      "CapabilityMissing",
      `${pack.id} may not see pictures: its manifest does not ask for pixels`,
    );
  };
  const requireEditor = () => {
    requirePixels();
    if (editor !== undefined) return editor;
    throw new LimpidError("InvalidArgument", "Limpid runs without an editor here, so no image is active");
  };

  /** A picture that was taken is in memory until the worker has it. */
  const takingImage = async <T>(take: () => Promise<T>): Promise<T> => {
    if (readings >= maximumReadings) {
      throw new LimpidError("InvalidArgument", `${pack.id} takes ${readings} images at a time already`);
    }
    readings++;
    try {
      return await take();
    } finally {
      readings--;
    }
  };

  return {
    registerCommand({ id }) {
      requireOwn("command", id);
      requireRoom("command", registered);
      if (added.isDisposed) throw new LimpidError("Disposed", `${pack.id} is being ended`);
      const handler = function (this: CommandCall, ...args: readonly unknown[]) {
        return context.execute(id, args, this.caller);
      };
      registered.set(id, commands.register(id, handler, { owner: pack.id }));
    },
    unregisterCommand({ id }) {
      registered.get(id)?.dispose();
      registered.delete(id);
    },
    executeCommand({ id, args }) {
      context.requireExecutable(id);
      const run = (): Promise<unknown> => commands.executeFor(pack.id, id, args);
      return id.startsWith(ownPrefix) ? takingImage(run) : run();
    },
    setContext({ key, value }) {
      requireOwn("context key", key);
      if (value !== undefined && !contexts.has(key)) requireRoom("context key", contexts);
      const length = value === undefined ? 0 : JSON.stringify(value).length;
      const others = [...contexts].reduce((sum, [other, text]) => (other === key ? sum : sum + text), 0);
      if (others + length > maximumContext) {
        throw new LimpidError(
          "InvalidArgument",
          `${pack.id} would have more than ${maximumContext} characters in its context keys`,
        );
      }
      contextKeys.set(key, value, pack.id);
      if (value === undefined) contexts.delete(key);
      else contexts.set(key, length);
    },
    async updateSetting({ key, value }) {
      if (!Object.hasOwn(contributes.configuration?.properties ?? {}, key)) {
        throw new LimpidError("UnknownSetting", `${pack.id} declares no setting ${key}`);
      }
      await configuration.update(key, value);
    },
    async updateState({ key, value }) {
      const after = JSON.stringify({ ...state.toJSON(), [key]: value });
      if (after.length > maximumState) {
        throw new LimpidError(
          "InvalidArgument",
          `${pack.id} would remember more than ${maximumState} characters`,
        );
      }
      await state.set(key, value);
    },
    listExperts: () =>
      services.experts.list().map(({ id, degradations }) => ({ id, degradations: [...degradations] })),
    log: (line) => context.onLog(line),
    ...progressHandlers(services.withProgress, pack.id),
    async readImage(_, signal) {
      const open = requireEditor();
      return takingImage(async () => toWireImage(await open.read(signal)));
    },
    async writeImage(image) {
      await requireEditor().write(fromWireImage(image));
    },
    async analyze(image, signal) {
      requirePixels();
      const { degradations } = await services.analyze(fromWireImage(image), { signal });
      return [...degradations];
    },
    async restore({ image, experts, strength }, signal) {
      requirePixels();
      const result = await services.restore(fromWireImage(image), {
        signal,
        ...(strength !== undefined && { strength }),
        ...(experts !== undefined && {
          experts:
            experts === "auto"
              ? experts
              : experts.map(({ id, weight }) => ({ id, ...(weight !== undefined && { weight }) })),
        }),
      });
      return {
        image: toWireImage(result.image),
        degradations: [...result.analysis.degradations],
        mixture: [...result.mixture],
        backend: result.backend,
      };
    },
  };
}

/** The tasks of one extension that people see. */
function progressHandlers(
  show: ExtensionServices["withProgress"],
  owner: string,
): Pick<BridgeHandlers<HostMethods>, "showProgress" | "reportProgress" | "endProgress"> {
  const running = new Map<number, { report?: ExtensionProgress["report"]; readonly end: () => void }>();
  return {
    async showProgress({ id, title }, signal) {
      if (running.has(id) || running.size >= maximumProgress) {
        throw new LimpidError(
          "InvalidArgument",
          `${owner} shows ${running.size} tasks, and may not show this one`,
        );
      }
      let isCancelled = false;
      const task = new Promise<void>((resolve) => running.set(id, { end: resolve }));
      const { end } = running.get(id)!;
      signal.addEventListener("abort", end, { once: true });
      try {
        await show?.({ title }, (progress) => {
          running.set(id, { end, report: (now) => progress.report(now) });
          const cancel = (): void => {
            isCancelled = true;
            end();
          };
          if (progress.signal.aborted) cancel();
          else progress.signal.addEventListener("abort", cancel, { once: true });
          return task;
        });
        await task;
      } finally {
        running.delete(id);
      }
      return isCancelled ? "cancelled" : "ended";
    },
    reportProgress({ id, fraction, message }) {
      running.get(id)?.report?.({
        ...(fraction !== undefined && { fraction }),
        ...(message !== undefined && { message }),
      });
    },
    endProgress: ({ id }) => running.get(id)?.end(),
  };
}

function toWireImage({ width, height, channels, data, colorSpace, iccProfile }: PixelImage): WireImage {
  return { width, height, channels, data, colorSpace, ...(iccProfile && { iccProfile }) };
}

function fromWireImage({ iccProfile, ...image }: WireImage): PixelImage {
  return new PixelImage({ ...image, ...(iccProfile && { iccProfile }) });
}
