import { DisposableStore, LimpidError, toDisposable, type Disposable } from "../base/index.js";
import type { Commands, ContextKeys, Menus } from "../extensions/index.js";
import type { EditorHost, HostMenu } from "../host/index.js";

/** Prefix of Limpid's own commands. An application shows its own commands itself. */
const ownPrefix = "limpid.";
const hostMenus: readonly HostMenu[] = ["image", "layer", "selection", "panel"];

/** A contribution that the host was given, with the fingerprint that identifies it. */
interface Offered {
  readonly fingerprint: string;
  readonly taken: Disposable;
}

/** A command or menu item that the host should have now. */
interface Wanted {
  readonly fingerprint: string;
  readonly offer: () => Disposable;
}

/**
 * Offers the commands of Limpid and of its extensions to an editor, and what they put into its menus: the menus whose id is
 * `image`, `layer`, `selection` or `panel`, or begins with one of these and a slash. `when` and `enablement` clauses are held
 * against the context keys whenever these change. Since a host knows no greyed command, one that is disabled is withdrawn
 * until it is enabled again. A host that has no place for commands or for menus is not asked.
 *
 * @param parts - commands, menus and context keys of one Limpid
 * @param host - the editor; a command of its own with the same id stays
 */
export function offerContributions(
  parts: {
    readonly commands: Commands;
    /** Where it is offered. */
    readonly menus: Menus;
    /** What decides about it. */
    readonly contextKeys: ContextKeys;
  },
  host: EditorHost,
): Disposable {
  const { commands, menus, contextKeys } = parts;
  const offered = new Map<string, Offered>();
  const update = (): void => {
    replaceOffers(offered, new Map([...wantedCommands(commands, host), ...wantedItems(menus, host)]));
  };
  const all = new DisposableStore();
  all.add(toDisposable(() => replaceOffers(offered, new Map())));
  all.add(commands.onDidChange(update));
  all.add(menus.onDidChange(update));
  all.add(contextKeys.onDidChange(update));
  update();
  return all;
}

function wantedCommands(commands: Commands, host: EditorHost): [string, Wanted][] {
  if (!host.capabilities.commands) return [];
  return commands.list().flatMap(({ id, title, category, owner, isEnabled }): [string, Wanted][] => {
    if (!isEnabled || (owner === undefined && !id.startsWith(ownPrefix))) return [];
    const shown = category === undefined ? title : `${category}: ${title}`;
    const run = (): Promise<unknown> => execute(commands, host, id, owner);
    return [
      [`command ${id}`, { fingerprint: shown, offer: () => host.registerCommand({ id, title: shown, run }) }],
    ];
  });
}

function wantedItems(menus: Menus, host: EditorHost): [string, Wanted][] {
  if (!host.capabilities.menus) return [];
  const wanted = new Map<string, Wanted>();
  for (const id of menus.ids) {
    const menu = hostMenus.find((name) => id === name || id.startsWith(`${name}/`));
    if (menu === undefined) continue;
    menus.items(id).forEach(({ command, group, isEnabled }, order) => {
      const key = `item ${menu} ${command}`;
      if (!isEnabled || wanted.has(key)) return;
      const place = { ...(group !== "" && { group }), order };
      wanted.set(key, {
        fingerprint: JSON.stringify(place),
        offer: () => host.registerMenuItem({ command, menu, ...place }),
      });
    });
  }
  return [...wanted];
}

/** What is offered no more goes first, so that something else can take its place. */
function replaceOffers(offered: Map<string, Offered>, wanted: ReadonlyMap<string, Wanted>): void {
  for (const [key, { fingerprint, taken }] of [...offered]) {
    if (wanted.get(key)?.fingerprint === fingerprint) continue;
    offered.delete(key);
    taken.dispose();
  }
  for (const [key, { fingerprint, offer }] of wanted) {
    if (offered.has(key)) continue;
    const taken = offerIfFree(offer);
    if (taken !== undefined) offered.set(key, { fingerprint, taken });
  }
}

/** Undefined if the host has a command of this id already, or was closed. */
function offerIfFree(offer: () => Disposable): Disposable | undefined {
  try {
    return offer();
  } catch (error) {
    if (LimpidError.is(error, "InvalidArgument") || LimpidError.is(error, "Disposed")) return undefined;
    throw error;
  }
}

/** The person who chose a command is told of its failure; Limpid's own commands tell by themselves. */
async function execute(
  commands: Commands,
  host: EditorHost,
  id: string,
  owner: string | undefined,
): Promise<unknown> {
  try {
    return await commands.execute(id);
  } catch (error) {
    if (owner !== undefined && !LimpidError.is(error, "Aborted")) {
      host.notify({ text: error instanceof Error ? error.message : String(error), level: "error" });
    }
    throw error;
  }
}
