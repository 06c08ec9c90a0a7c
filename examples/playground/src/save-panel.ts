import { LimpidError } from "limpid";
import { copySamples } from "./copy-samples.js";
import type { Darkroom } from "./darkroom.js";
import { elements } from "./elements.js";
import { handOut } from "./hand-out.js";
import type { SavedPhoto } from "./photo-messages.js";
import type { PhotoService } from "./photo-service.js";
import { restoredName, saveFormats, type SaveFormat } from "./save-format.js";
import { isBusy, notify, startJob } from "./work.js";

/** What is saved: a photo in a format, with what its file said. */
export class SavePanel {
  readonly #service: PhotoService;
  readonly #room: () => Darkroom | undefined;

  /**
   * @param service - encodes
   * @param room - the photo that is shown
   */
  constructor(service: PhotoService, room: () => Darkroom | undefined) {
    this.#service = service;
    this.#room = room;
    const { saveFormat, saveQuality } = elements;
    for (const element of [saveFormat, saveQuality]) {
      element.addEventListener("input", () => this.#showFormat());
    }
    this.#showFormat();
  }

  /** Offers the format of the file that was opened. */
  open(file: File): void {
    const format = (Object.keys(saveFormats) as SaveFormat[]).find(
      (key) => saveFormats[key].type === file.type,
    );
    elements.saveFormat.value = format ?? "png";
    this.#showFormat();
  }

  /** There is something to save only if the photo looks otherwise than it was opened. */
  update(): void {
    const { save, copyPhoto } = elements;
    const isChanged = this.#room()?.isChanged === true;
    save.disabled = copyPhoto.disabled = !isChanged;
  }

  /** Hands the photo out as a file. */
  async save(): Promise<void> {
    const room = this.#room();
    if (room === undefined) return;
    if (!room.isChanged) return notify("There is nothing to save: the photo is as it was opened.");
    const { format } = this;
    const { file, notes } = await this.encode(room, format);
    const name = restoredName(room.photo.name, format);
    handOut(name, file);
    notify(`Saved as ${name}, ${sizeOf(file)}${notes.map((note) => `; ${note}`).join("")}.`);
  }

  /** Puts the photo on the clipboard, which takes PNG. */
  async copy(): Promise<void> {
    const room = this.#room();
    if (room?.isChanged !== true) return;
    if (typeof ClipboardItem === "undefined") {
      throw new LimpidError("NotSupported", "this browser copies no pictures: save the photo instead");
    }
    // The promise within, so that Safari still counts it as what somebody asked for.
    const file = this.encode(room, "png").then((saved) => saved.file);
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": file })]);
    } catch (cause) {
      throw new LimpidError("NotSupported", "the browser does not allow it: save the photo instead", {
        cause,
      });
    }
    notify("Copied: paste it wherever pictures can be pasted.");
  }

  /** Encodes a photo as it looks now. */
  async encode({ photo, look }: Darkroom, format: SaveFormat): Promise<SavedPhoto> {
    const job = isBusy() ? undefined : startJob();
    job?.say("Writing the file…");
    try {
      return await this.#service.save({
        kind: "save",
        before: await copySamples(photo.image),
        after: look.result && (await copySamples(look.result.image)),
        strength: look.strength,
        mask: look.mask,
        format,
        quality: this.quality,
        source: photo.file,
      });
    } finally {
      job?.end();
    }
  }

  /** Of JPEG and WebP, 0 to 1. */
  get quality(): number {
    return elements.saveQuality.valueAsNumber / 100;
  }

  /** What is wanted. */
  get format(): SaveFormat {
    return elements.saveFormat.value as SaveFormat;
  }

  #showFormat(): void {
    const { save, saveQuality, saveQualityRow, saveQualityValue } = elements;
    const { format } = this;
    save.textContent = `Save ${saveFormats[format].name}`;
    saveQualityRow.hidden = format === "png";
    saveQualityValue.textContent = saveQuality.value;
  }
}

function sizeOf({ size }: Blob): string {
  return size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`;
}
