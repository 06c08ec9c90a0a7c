import { type InstalledPack, type Limpid, packFilesFromArchive, type PackProgress, type Packs } from "limpid";
import { describeError } from "./describe-error.js";
import { elements } from "./elements.js";

/** What the panel needs. */
export interface PackPanelOptions {
  /** The engine. */
  readonly engine: () => Promise<Limpid>;
  /** Told after a pack came or went. */
  readonly onChange: () => Promise<void>;
}

/** The packs that are installed, and the ways to install one. */
export class PackPanel {
  readonly #options: PackPanelOptions;
  /** Addresses of packs that came from one, by id; for the code that does the same. */
  readonly #addresses = new Map<string, string>();
  #isBusy = false;

  /** @param options - engine and listener */
  constructor(options: PackPanelOptions) {
    this.#options = options;
    const { packForm, packUrl, packFile } = elements;
    packForm.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#installAddress(packUrl.value.trim());
    });
    packFile.addEventListener("change", () => {
      const [file] = packFile.files ?? [];
      packFile.value = "";
      if (file !== undefined) void this.installFile(file);
    });
  }

  /** Addresses of the packs that have one. */
  get addresses(): readonly string[] {
    return [...this.#addresses.values()];
  }

  /** Shows what is installed. */
  show(packs: Packs): void {
    const [installed, unusable] = [packs.list(), packs.unusable];
    this.#addresses.clear();
    for (const { id, source } of installed) {
      if (/^https?:/.test(source)) this.#addresses.set(id, source);
    }
    elements.packs.replaceChildren(
      ...installed.map((pack) => this.#item(pack.id, titleOf(pack), `${pack.version}, ${sizeOf(pack)}`)),
      ...unusable.map(({ id, error }) => this.#item(id, id, `cannot be used: ${error.message}`)),
    );
    elements.noPacks.hidden = installed.length + unusable.length > 0;
    if (packs.cache.fallbackReason !== undefined && installed.length > 0) {
      elements.packStatus.textContent =
        "This browser keeps nothing for this page: packs last until it is closed.";
    }
  }

  /** Installs a pack that is one file. */
  async installFile(file: File): Promise<void> {
    await this.#install(async (packs, onProgress) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      return packs.install(packFilesFromArchive(bytes, { name: file.name }), { onProgress });
    });
  }

  /** Installs a pack whose files are there. */
  async installFiles(files: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
    // Somebody who trains the same fault again wants the new one, though its version is the old one's.
    return this.#install((packs, onProgress) => packs.install(files, { onProgress, allowOlder: true }));
  }

  async #installAddress(address: string): Promise<void> {
    const { packUrl } = elements;
    if (address === "") {
      packUrl.setAttribute("aria-invalid", "true");
      elements.packProblem.textContent = "Type the address of a pack's folder.";
      packUrl.focus();
      return;
    }
    const isInstalled = await this.#install((packs, onProgress) => packs.install(address, { onProgress }));
    if (isInstalled) packUrl.value = "";
    else packUrl.setAttribute("aria-invalid", "true");
  }

  async #install(
    install: (packs: Packs, onProgress: (progress: PackProgress) => void) => Promise<InstalledPack>,
  ): Promise<boolean> {
    return this.#busy(async () => {
      const { packProgress } = elements;
      const { packs } = await this.#options.engine();
      const pack = await install(packs, ({ loaded, total }) => (packProgress.value = loaded / total));
      elements.packStatus.textContent = `${titleOf(pack)} ${pack.version} is installed.`;
    });
  }

  #remove(id: string, title: string): Promise<boolean> {
    return this.#busy(async () => {
      await (await this.#options.engine()).packs.uninstall(id);
      elements.packStatus.textContent = `${title} is removed.`;
      elements.packUrl.focus();
    });
  }

  async #busy(action: () => Promise<void>): Promise<boolean> {
    const { packInstall, packFile, packProgress, packStatus, packProblem, packUrl } = elements;
    if (this.#isBusy) return false;
    this.#isBusy = true;
    packInstall.disabled = packFile.disabled = true;
    packStatus.textContent = packProblem.textContent = "";
    packUrl.removeAttribute("aria-invalid");
    packProgress.removeAttribute("value");
    packProgress.hidden = false;
    try {
      await action();
    } catch (error) {
      packProblem.textContent = describeError(error);
      return false;
    } finally {
      this.#isBusy = false;
      packInstall.disabled = packFile.disabled = false;
      packProgress.hidden = true;
    }
    await this.#options.onChange();
    return true;
  }

  #item(id: string, title: string, detail: string): HTMLLIElement {
    const item = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = title;
    const quiet = document.createElement("span");
    quiet.className = "quiet";
    quiet.textContent = detail;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "text";
    remove.textContent = "Remove";
    remove.setAttribute("aria-label", `Remove ${title}`);
    remove.addEventListener("click", () => void this.#remove(id, title));
    item.append(name, quiet, remove);
    return item;
  }
}

function titleOf({ id, manifest }: InstalledPack): string {
  return manifest.contributes.experts[0]?.title ?? id;
}

function sizeOf({ files }: InstalledPack): string {
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
