import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { Command } from "commander";
import { createLimpid, type InstalledPack, type Limpid, LimpidError, type TrustedKey } from "limpid";
import { parseIntegrity } from "limpid/authoring";
import { modelFromDirectory, packStoreInDirectory } from "limpid/node";
import type { CommandContext } from "../command-context.js";
import { formatError } from "../describe-error.js";
import { toLine } from "../image-report.js";
import { readPublicKey } from "../pack/key-files.js";
import { installPack } from "./install-pack.js";
import { parsePackageName } from "./npm-registry.js";
import { findPack, packSpecs, readList } from "./pack-source.js";

interface PacksOptions {
  readonly key?: string;
  readonly replace?: true;
  readonly allowOlder?: true;
  readonly model?: string;
  readonly json?: true;
}

const folderHelp = `
Packs are kept in the folder that the variable LIMPID_PACKS names, else in
~/.local/share/limpid/packs (or below XDG_DATA_HOME) on Linux, in
~/Library/Application Support/limpid/packs on macOS, and in
%LOCALAPPDATA%\\limpid\\packs on Windows.
`;

const jsonHelp = `
With --json, one line per pack goes to standard output:
  {id, version, name, source, signedBy, experts: [{id, degradations}]}
`;

const installHelp = `
${packSpecs}

Every file is held against the pack's own list; a pack that is signed must be
signed rightly, and later versions by the same key, from the same address and
of the same npm package. What differs is refused, unless --replace agrees. Packs
are data: one with code is refused.
${folderHelp}${jsonHelp}with before: VERSION if another version was installed.

Examples:
  limpid packs install @acme/limpid-descreen
  limpid packs install acme-limpid-descreen-1.0.0.tgz --key acme.pub.pem
`;

const updateHelp = `
A pack is named by its id or its npm package, for what is newest at the place
that it came from, or by another place, as for limpid packs install. An address
with a version in it has nothing newer: name the new address. Without packs all
are updated.
${jsonHelp}with before: VERSION.

Example:
  limpid packs update
`;

const removeHelp = `
With --json, one line per pack goes to standard output:
  {id, removed}
with the version that was removed.
`;

const nothingInstalled = "no packs are installed\n";

/** The `packs` commands, for those who use packs. */
export function packsCommand(context: CommandContext): Command {
  const group = new Command("packs")
    .summary("install packs of experts, and list, update and remove them")
    .description("Installs packs, whose experts then take part in analyze and restore.");
  for (const command of [
    installCommand(context),
    listCommand(context),
    updateCommand(context),
    removeCommand(context),
  ]) {
    group.addCommand(command);
  }
  return group;
}

function addOptions(command: Command): Command {
  return command
    .option("--model <folder>", "the model's folder, instead of the one that comes with Limpid")
    .option("--json", "print one line of JSON per pack");
}

function addTrustOptions(command: Command): Command {
  return addOptions(
    command
      .option("--key <file>", "the publisher's public key, PEM or JWK: refuse what is not signed with it")
      .option("--replace", "accept another source, key, package or content than the pack had before")
      .option("--allow-older", "accept an older version than is or was installed"),
  );
}

function installCommand(context: CommandContext): Command {
  return addTrustOptions(new Command("install"))
    .summary("install packs")
    .description("Installs packs, or other versions of installed ones.")
    .argument("<pack...>", "npm packages, addresses, folders or .tgz files")
    .addHelpText("after", installHelp)
    .action(async (specs: readonly string[], options: PacksOptions) => {
      await forEach(specs, context, (spec) => install(spec, undefined, options, context));
    });
}

function updateCommand(context: CommandContext): Command {
  return addTrustOptions(new Command("update"))
    .summary("update installed packs")
    .description("Updates installed packs from where they came from, or from another place.")
    .argument("[pack...]", "ids, or what limpid packs install takes")
    .addHelpText("after", updateHelp)
    .action(async (specs: readonly string[], options: PacksOptions) => {
      const known = await withPacks(options, context, ({ packs }) => Promise.resolve(listPacks(packs)));
      const wanted = specs.length > 0 ? specs : known.map(({ id }) => id);
      if (wanted.length === 0 && options.json !== true) context.write(nothingInstalled);
      await forEach(wanted, context, async (spec) => {
        const named = existsSync(spec) ? undefined : parsePackageName(spec);
        const pack = known.find(({ id, name }) => id === spec || name === spec);
        if (pack === undefined && named !== undefined) requirePack(known, named.name);
        await install(pack === undefined ? spec : newestOf(pack), pack?.id ?? known, options, context);
      });
    });
}

function listCommand(context: CommandContext): Command {
  return addOptions(new Command("list"))
    .summary("list installed packs")
    .description("Lists the installed packs, and says of those that cannot be used why.")
    .addHelpText("after", `${folderHelp}${jsonHelp}with error: {code, message} if it cannot be used.\n`)
    .action((options: PacksOptions) =>
      withPacks(options, context, ({ packs }) => {
        const listed = listPacks(packs);
        if (options.json !== true && listed.length === 0) context.write(nothingInstalled);
        for (const pack of listed) context.write(options.json === true ? toLine(pack) : describe(pack));
        return Promise.resolve();
      }),
    );
}

function removeCommand(context: CommandContext): Command {
  return addOptions(new Command("remove"))
    .summary("remove installed packs")
    .description("Removes installed packs, with all their files.")
    .argument("<pack...>", "their ids or npm packages")
    .addHelpText("after", removeHelp)
    .action((specs: readonly string[], options: PacksOptions) =>
      withPacks(options, context, async ({ packs }) => {
        await forEach(specs, context, async (spec) => {
          const { id, version } = requirePack(listPacks(packs), spec);
          await packs.uninstall(id);
          context.write(
            options.json === true ? toLine({ id, removed: version }) : `${id} ${version}  removed\n`,
          );
        });
      }),
    );
}

/** Goes on with the others after one of several has failed, which is said. */
async function forEach(
  specs: readonly string[],
  context: CommandContext,
  work: (spec: string) => Promise<void>,
): Promise<void> {
  for (const spec of specs) {
    try {
      await work(spec);
    } catch (error) {
      if (specs.length === 1 || context.signal.aborted) throw error;
      context.writeError(formatError(error, spec));
      context.exitCode = 1;
    }
  }
}

/**
 * Installs a pack and says so.
 *
 * @param spec - where it is
 * @param expected - the id that it must have, or what is installed if it must be one of those; any if undefined
 */
async function install(
  spec: string,
  expected: string | readonly ListedPack[] | undefined,
  options: PacksOptions,
  context: CommandContext,
): Promise<void> {
  const { signal } = context;
  const source = await findPack(spec, signal);
  const trustedKeys: TrustedKey[] = [];
  if (options.key !== undefined) {
    const { id } = parseIntegrity(await readList(source, signal), source.name);
    trustedKeys.push({ key: await readPublicKey(options.key), publishers: [id.slice(0, id.indexOf("."))] });
  }
  await withPacks({ ...options, trustedKeys }, context, async (limpid) => {
    const known = new Map(listPacks(limpid.packs).map((pack) => [pack.id, pack]));
    const pack = await installPack(limpid, source, {
      signal,
      allowOlder: options.allowOlder ?? false,
      ...(typeof expected === "string" && { id: expected }),
      accept({ id }) {
        if (typeof expected === "object") requirePack(expected, id);
      },
    }).catch((error: unknown) => {
      throw inWordsOfTheCommand(error);
    });
    const before = known.get(pack.id);
    const listed = listPack(pack);
    const isSame = before?.version === listed.version && before.source === listed.source;
    const place = before === undefined ? "" : ` in place of ${before.version}`;
    if (options.json === true) {
      context.write(toLine({ ...listed, ...(before !== undefined && { before: before.version }) }));
    } else context.write(describe(listed, isSame ? "is installed already" : `installed${place}`));
  });
}

/** The API's errors name its options. */
function inWordsOfTheCommand(error: unknown): unknown {
  if (!LimpidError.is(error)) return error;
  const message = error.message
    .replace(/\. See PackOptions\.confirmReplacement$/, "; --replace installs it all the same")
    .replace(/; allowOlder installs it/, "; --allow-older installs it");
  return new LimpidError(error.code, message, { cause: error, details: error.details });
}

/** Opens the user's packs for the model that they must fit. */
async function withPacks<Result>(
  { model, replace, trustedKeys = [] }: PacksOptions & { readonly trustedKeys?: readonly TrustedKey[] },
  { packsFolder, signal }: CommandContext,
  work: (limpid: Limpid) => Promise<Result>,
): Promise<Result> {
  tf.enableProdMode(); // without tfjs's advice to install its native addon
  const limpid = await createLimpid({
    model: modelFromDirectory(model),
    backend: "cpu", // nothing is computed
    signal,
    packs: {
      store: packStoreInDirectory(packsFolder),
      trustedKeys,
      confirmReplacement: () => replace === true,
    },
  });
  try {
    return await work(limpid);
  } finally {
    limpid.dispose();
  }
}

/** What there is to say of a pack that is installed. */
interface ListedPack {
  readonly id: string;
  readonly version: string;
  /** The npm package's name; undefined if it cannot be read. */
  readonly name: string | undefined;
  readonly source: string;
  readonly signedBy: string | null;
  readonly experts: readonly { readonly id: string; readonly degradations: readonly string[] }[];
  /** Why it cannot be used. */
  readonly error?: { readonly code: string; readonly message: string };
}

function listPack({ id, version, source, signedBy, manifest }: InstalledPack): ListedPack {
  const experts = manifest.contributes.experts.map(({ id: expert, degradations }) => ({
    id: expert,
    degradations,
  }));
  return { id, version, name: manifest.name, source, signedBy: signedBy ?? null, experts };
}

function listPacks(packs: Limpid["packs"]): readonly ListedPack[] {
  const unusable = packs.unusable.map(
    ({ id, version = "?", source = "", error: { code, message } }): ListedPack => ({
      ...{ id, version, source, name: parsePackageName(source)?.name, signedBy: null, experts: [] },
      error: { code, message },
    }),
  );
  return [...packs.list().map(listPack), ...unusable].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function requirePack(listed: readonly ListedPack[], spec: string): ListedPack {
  const pack = listed.find(({ id, name }) => id === spec || name === spec);
  if (pack !== undefined) return pack;
  throw new LimpidError("UnknownExtension", `${spec} is not installed; limpid packs list says what is`, {
    details: { id: spec },
  });
}

/** Where to look for what is newer: the npm package without its version, or the same place. */
function newestOf({ id, source }: ListedPack): string {
  if (source !== "") return parsePackageName(source)?.name ?? source;
  throw new LimpidError("PackUnavailable", `${id}: where it came from cannot be read; install it again`);
}

function describe(
  { id, version, source, signedBy, experts, error }: ListedPack,
  done = `from ${source}`,
): string {
  const lines = [
    `${id} ${version}  ${done}, ${signedBy === null ? "not signed" : `signed with key ${signedBy}`}`,
  ];
  if (error !== undefined) lines[0] = `${id} ${version}  cannot be used: ${error.message}`;
  for (const expert of experts) lines.push(`  expert   ${expert.id} for ${expert.degradations.join(", ")}`);
  return `${lines.join("\n")}\n`;
}
