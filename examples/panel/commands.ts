import type { HostCommand, HostCommandList } from "limpid";
import { elements } from "./elements.js";
import { notify, perform } from "./interaction.js";

const { commands: section, menu, palette, allCommands } = elements;

/**
 * Shows the commands that a host was given, those of extensions among them, since editors lend plugins no menu of their own:
 * what stands in a menu as buttons, and below them every command. What a `when` clause hides is not there.
 *
 * @param list - of the host
 */
export function showCommands(list: HostCommandList): void {
  const buttons = new Map<string, HTMLButtonElement>();
  const render = (): void => {
    const inMenus = new Map(
      (["panel", "selection", "layer", "image"] as const)
        .flatMap((name) => list.menu(name))
        .map((command) => [command.id, command]),
    );
    const { commands } = list;
    const focused = document.activeElement;
    fill(menu, "menu", [...inMenus.values()]);
    fill(allCommands, "all", commands);
    menu.hidden = inMenus.size === 0;
    palette.hidden = commands.length === 0;
    section.hidden = menu.hidden && palette.hidden;
    // An item that stays is put in anew, and loses the keyboard by it.
    if (focused instanceof HTMLElement && section.contains(focused)) focused.focus({ preventScroll: true });
  };
  const fill = (parent: HTMLUListElement, place: string, commands: readonly HostCommand[]): void => {
    parent.replaceChildren(
      ...commands.map(({ id, title }) => {
        const key = `${place} ${id}`;
        const button = buttons.get(key) ?? makeButton(() => run(list, id));
        buttons.set(key, button);
        button.textContent = title;
        const item = document.createElement("li");
        item.append(button);
        return item;
      }),
    );
  };
  list.onDidChange(render);
  render();
}

function makeButton(run: () => Promise<void>): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.idle = "";
  button.disabled = elements.panel.hasAttribute("aria-busy");
  button.addEventListener("click", () => perform(run));
  return button;
}

/** A command that says nothing itself is said to be done. */
async function run(list: HostCommandList, id: string): Promise<void> {
  const title = list.commands.find((command) => command.id === id)?.title ?? id;
  const started = `${title}…`;
  notify({ text: started });
  await list.run(id);
  if (elements.status.textContent === started) notify({ text: `${title}: done.` });
}
