import { createHash } from "node:crypto";
import type { Command } from "commander";
import { packFromFiles, type Limpid, type PackOptions } from "limpid";
import { integrityFileName } from "limpid/authoring";
import { packStoreInDirectory } from "limpid/node";
import type { CommandContext } from "../command-context.js";
import { installPack } from "./install-pack.js";
import { overlayStore } from "./overlay-store.js";
import { findPack, readList, readPack } from "./pack-source.js";

/** The packs whose experts a run has. They go to worker threads as they are. */
export interface RunPacks {
  /** The folder of those that are installed. */
  readonly folder: string;
  /** Those that `--pack` names, for this run alone: each takes the place of an installed one of its id. */
  readonly named: readonly { readonly name: string; readonly files: ReadonlyMap<string, Uint8Array> }[];
}

/** Gives a command the option that names packs. */
export function addPackOption(command: Command): Command {
  return command.option(
    "--pack <spec>",
    "use this pack too, in this run alone, named as for limpid packs install; may be repeated",
    (spec: string, before: readonly string[] | undefined) => [...(before ?? []), spec],
  );
}

/**
 * Reads the packs that a command line names.
 *
 * @param specs - what `--pack` said
 * @param context - of the command
 * @throws {@link LimpidError} as {@link findPack} does; `PackUnavailable` for a pack that was not built
 */
export async function readRunPacks(
  specs: readonly string[] | undefined,
  { packsFolder, signal }: CommandContext,
): Promise<RunPacks> {
  const named = [];
  for (const spec of specs ?? []) {
    const source = await findPack(spec, signal);
    await readList(source, signal); // says if it was not built
    named.push({ name: source.name, files: await readPack(source, signal) });
  }
  return { folder: packsFolder, named };
}

/** How Limpid is to keep the packs of a run: the user's folder is only read. */
export function packOptionsOf({ folder, named }: RunPacks): PackOptions {
  const store = packStoreInDirectory(folder);
  // Naming a pack is agreeing to it, for a run that leaves nothing behind.
  return named.length === 0 ? { store } : { store: overlayStore(store), confirmReplacement: () => true };
}

/**
 * Puts the experts of the named packs into the set, and says which installed packs are left out.
 *
 * @param limpid - made with {@link packOptionsOf}
 * @param packs - of the run
 * @param note - told in one line of each pack that cannot be used
 * @param signal - gives up when it fires
 */
export async function addRunPacks(
  limpid: Limpid,
  { named }: RunPacks,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, files } of named) {
    await installPack(limpid, packFromFiles(files, name), { signal, allowOlder: true });
  }
  for (const { id, error } of limpid.packs.unusable) note(`the pack ${id} is left out: ${error.message}`);
}

/**
 * What tells results with these packs from others.
 *
 * @param packs - of a run
 * @returns one hash for each pack, sorted; empty without packs
 */
export async function identifyRunPacks({ folder, named }: RunPacks): Promise<readonly string[]> {
  const store = packStoreInDirectory(folder);
  const installed = await Promise.all((await store.list("installed/")).map(({ key }) => store.get(key)));
  const lists = named.map(({ files }) => files.get(integrityFileName));
  const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  return [...installed, ...lists].flatMap((bytes) => (bytes === undefined ? [] : [hashOf(bytes)])).sort();
}
