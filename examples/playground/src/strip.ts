import type { Album, Entry, NamedFile } from "./album.js";
import { elements } from "./elements.js";
import { handOut } from "./hand-out.js";
import type { PhotoService } from "./photo-service.js";
import type { SavePanel } from "./save-panel.js";
import { isBusy, notify, perform, startJob } from "./work.js";

/** Width of a small picture, in pixels. */
const thumbWidth = 240;

/** What of the File System Access API is used, where it is. */
type PickDirectory = (options: { readonly mode: "readwrite" }) => Promise<FileSystemDirectoryHandle>;

/** What the strip needs. */
export interface StripOptions {
  readonly album: Album;
  readonly photos: PhotoService;
  readonly saving: SavePanel;
  /** Opens one of the photos. */
  readonly onOpen: (entry: Entry) => void;
  /** Called before all are saved: the one that is open is to be kept as it looks. */
  readonly onSaveAll: () => void;
}

/** Several photos in a row, how far each is, and a way to save them all. */
export class Strip {
  readonly #options: StripOptions;
  readonly #items = new Map<Entry, HTMLLIElement>();

  /** @param options - album, what opens and saves */
  constructor(options: StripOptions) {
    this.#options = options;
    const { saveZip, saveFolder } = elements;
    saveZip.addEventListener("click", () => void perform(() => this.#saveZip()));
    const pick = (globalThis as { showDirectoryPicker?: PickDirectory }).showDirectoryPicker;
    if (pick === undefined) return;
    saveFolder.hidden = false;
    saveFolder.addEventListener("click", () => void perform(() => this.#saveFolder(pick)));
  }

  /** Shows what the album has. */
  show(): void {
    const { strip, stripCount, stripList, saveZip, saveFolder } = elements;
    const { entries, open } = this.#options.album;
    strip.hidden = entries.length < 2;
    if (strip.hidden) {
      this.#items.clear();
      stripList.replaceChildren();
      return;
    }
    for (const entry of this.#items.keys()) {
      if (!entries.includes(entry)) this.#remove(entry);
    }
    for (const entry of entries) {
      const item = this.#items.get(entry) ?? this.#add(entry);
      item.dataset.state = entry.state;
      const button = item.querySelector("button")!;
      if (entry === open) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      button.title = `${entry.file.name}: ${entry.note}`;
      item.querySelector(".state")!.textContent = entry.state === "failed" ? "failed" : entry.note;
    }
    const done = entries.filter(({ state }) => state === "done").length;
    const failed = entries.filter(({ state }) => state === "failed").length;
    stripCount.textContent =
      `${done} of ${entries.length} done` + (failed === 0 ? "" : `, ${failed} failed: open one to see why`);
    saveZip.disabled = saveFolder.disabled = done === 0 || isBusy();
  }

  #add(entry: Entry): HTMLLIElement {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const picture = document.createElement("canvas");
    picture.ariaHidden = "true";
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = entry.file.name;
    const state = document.createElement("span");
    state.className = "state quiet";
    button.append(picture, name, state);
    button.addEventListener("click", () => this.#options.onOpen(entry));
    item.append(button);
    elements.stripList.append(item);
    this.#items.set(entry, item);
    void this.#draw(picture, entry.file);
    return item;
  }

  #remove(entry: Entry): void {
    this.#items.get(entry)?.remove();
    this.#items.delete(entry);
  }

  async #draw(canvas: HTMLCanvasElement, file: File): Promise<void> {
    const picture = await this.#options.photos.thumbnail(file, thumbWidth);
    if (picture === undefined) return;
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d")!.drawImage(picture, 0, 0);
    picture.close();
  }

  async #saveZip(): Promise<void> {
    const files = new Map<string, Blob>();
    await this.#saveAll(({ name, file }) => Promise.resolve(void files.set(name, file)));
    handOut("limpid.zip", await this.#options.photos.zip(files));
  }

  async #saveFolder(pick: PickDirectory): Promise<void> {
    let folder: FileSystemDirectoryHandle;
    try {
      folder = await pick({ mode: "readwrite" });
    } catch (error) {
      if ((error as Error).name === "AbortError") return;
      throw error;
    }
    // Nothing that is in the folder is replaced.
    const there = new Set<string>();
    for await (const name of folder.keys()) there.add(name.toLowerCase());
    await this.#saveAll(async ({ name, file }) => {
      const handle = await folder.getFileHandle(name, { create: true });
      const stream = await handle.createWritable();
      await stream.write(file);
      await stream.close();
    }, there);
  }

  /** Hands out every photo that is done, under names that differ from each other and from those that are taken. */
  async #saveAll(write: (file: NamedFile) => Promise<void>, taken = new Set<string>()): Promise<void> {
    const { album, saving, onSaveAll } = this.#options;
    const job = startJob();
    try {
      onSaveAll();
      const done = album.entries.filter(({ state }) => state === "done");
      let count = 0;
      for (const [index, entry] of done.entries()) {
        job.say(`Writing ${entry.file.name}, ${index + 1} of ${done.length}`, index / done.length);
        const saved = await album.save(entry, saving.format, saving.quality);
        if (saved === undefined) continue;
        const name = freeName(saved.name, taken);
        taken.add(name.toLowerCase());
        count++;
        await write({ name, file: saved.file });
      }
      job.end();
      notify(count === 1 ? "One photo is saved." : `${count} photos are saved.`);
    } finally {
      job.end();
    }
  }
}

/** A name that none before it has: of two folders' photos some have the same. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  let free = name;
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = `${stem} (${number})${extension}`;
  return free;
}
