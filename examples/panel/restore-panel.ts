import {
  boundsOfMask,
  type Capture,
  type Commit,
  type EditorHost,
  type ExpertChoice,
  type HostCommandList,
  type Limpid,
  type PixelImage,
  type RestoreOptions,
  type RestoreResult,
} from "limpid";
import "img-comparison-slider";
import { announceComparison } from "../shared/comparison.js";
import { Chips } from "../shared/expert-chips.js";
import { mix } from "../shared/mix.js";
import { draw } from "../shared/pictures.js";
import { showCommands } from "./commands.js";
import { elements } from "./elements.js";
import { notify, perform } from "./interaction.js";

/** What differs between editors. */
export interface PanelParts {
  /** The editor, and the commands that it was given. */
  readonly host: EditorHost & { readonly commands: HostCommandList };
  /** What people read while pixels are taken. */
  readonly readingTitle: string;
  /** Loads the model, or gives the loaded one. */
  startLimpid(): Promise<Limpid>;
  /** Takes what people have chosen. */
  capture(signal: AbortSignal): Promise<Capture>;
  /** Brings a result back as people have chosen. */
  commit(capture: Capture, image: PixelImage): Promise<Commit>;
  /** Shows what is active. */
  look(): Promise<void> | void;
}

/** What is shown, and would be applied. */
interface Preview {
  readonly capture: Capture;
  readonly restored: PixelImage;
}

const { preview, apply, result, comparison, before, after, strength } = elements;

/** Preview, comparison, chips, strength and apply: what a panel does in any editor. */
export class RestorePanel {
  readonly #parts: PanelParts;
  readonly #chips = new Chips(elements, () => perform(() => this.#restoreAgain()));
  #shown: Preview | undefined;

  /** @param parts - what differs between editors */
  constructor(parts: PanelParts) {
    this.#parts = parts;
    preview.addEventListener("click", () => perform(() => this.preview()));
    apply.addEventListener("click", () => perform(() => this.apply()));
    strength.addEventListener("input", () => this.#showStrength());
    announceComparison(comparison);
    showCommands(parts.host.commands);
  }

  /** The experts that people have chosen for what is shown; undefined before anything is. */
  get choices(): readonly ExpertChoice[] | undefined {
    return this.#shown === undefined ? undefined : this.#chips.choices;
  }

  /** How much of a result is wanted, 0 to 1. */
  get strength(): number {
    return strength.valueAsNumber / 100;
  }

  /** Captures, lets the router choose, and shows the result. */
  async preview(initialStrength = 1): Promise<void> {
    const { host, readingTitle } = this.#parts;
    const limpid = await host.withProgress({ title: readingTitle }, async ({ signal, report }) => {
      const capture = await this.#parts.capture(signal);
      report({ message: "Loading the model" });
      const started = await this.#parts.startLimpid();
      report({ message: "Restoring" });
      const run = await restore(started, capture, {}, signal, report);
      strength.value = String(Math.round(100 * initialStrength));
      this.#chips.show(started.experts, run.analysis, run.mixture);
      this.#show(capture, run.image);
      if (capture.notes.length > 0) {
        notify({ text: `Note: ${capture.notes.join("; ")}.`, level: "warning" });
      }
      return started;
    });
    await this.#parts.look();
    const place = limpid.isInWorker ? " in a worker" : "";
    if (this.#chips.choices.length > 0) notify({ text: `Ready, by ${limpid.backend}${place}.` });
    else notify({ text: "Nothing to repair was found. Turn something on to try it all the same." });
  }

  /** Brings what is shown into the document. */
  async apply(): Promise<void> {
    if (this.#shown === undefined) return;
    const { host } = this.#parts;
    const { capture, restored } = this.#shown;
    const image = mix(capture.image, restored, this.strength);
    const commit = await host.withProgress({ title: "Applying" }, () => this.#parts.commit(capture, image));
    const notes = [
      ...(commit.isConflict ? ["the layer was changed since the preview"] : []),
      ...commit.notes,
    ];
    const done = commit.mode === "replace" ? "Replaced" : "Added as a new layer";
    notify({ text: notes.length === 0 ? `${done}.` : `${done}; ${notes.join("; ")}.` });
    await this.#parts.look();
  }

  /** The same pixels with the experts that people have chosen. */
  async #restoreAgain(): Promise<void> {
    const capture = this.#shown?.capture;
    if (capture === undefined) return;
    await this.#parts.host.withProgress({ title: "Restoring" }, async ({ signal, report }) => {
      const { choices: experts } = this.#chips;
      if (experts.length === 0) {
        this.#show(capture, capture.image);
        return;
      }
      const run = await restore(await this.#parts.startLimpid(), capture, { experts }, signal, report);
      this.#show(capture, run.image);
    });
  }

  #show(capture: Capture, restored: PixelImage): void {
    this.#shown = { capture, restored };
    draw(before, capture.image);
    this.#showStrength();
    result.hidden = false;
  }

  #showStrength(): void {
    strength.nextElementSibling!.textContent = `${strength.value} %`;
    if (this.#shown === undefined) return;
    draw(after, mix(this.#shown.capture.image, this.#shown.restored, this.strength));
  }
}

function restore(
  limpid: Limpid,
  capture: Capture,
  options: Pick<RestoreOptions, "experts">,
  signal: AbortSignal,
  report: (progress: { fraction: number }) => void,
): Promise<RestoreResult> {
  return limpid.restore(capture.image, {
    ...options,
    ...selectedPart(capture),
    signal,
    onProgress: ({ done, total }) => report({ fraction: done / total }),
  });
}

/** Only what is selected is computed. */
function selectedPart({ mask }: Capture): Pick<RestoreOptions, "mask" | "region"> {
  const region = mask && boundsOfMask(mask);
  return mask === undefined || region === undefined ? {} : { mask, region };
}
