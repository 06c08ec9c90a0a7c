import {
  boundsOfMask,
  crop,
  LimpidError,
  throwIfAborted,
  type Analysis,
  type Capture,
  type Commit,
  type EditorHost,
  type ExpertChoice,
  type HostCommandList,
  type HostProgressReporter,
  type Limpid,
  type PixelImage,
  type Rect,
  type RestoreResult,
} from "limpid";
import { FaultList } from "../shared/fault-list.js";
import { mix } from "../shared/mix.js";
import { intersect } from "../shared/picture.js";
import { RepairProgress } from "../shared/repair-progress.js";
import { isWorthASpot, spotOf, withMargin } from "../shared/spot.js";
import { showCommands } from "./commands.js";
import { elements } from "./elements.js";
import { notify, perform } from "./interaction.js";
import { clearOutcomes } from "./outcomes.js";
import { SpotView } from "./spot-view.js";

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
  /** What people read on the button that brings a result into the document. */
  applyTitle(capture: Capture): string;
  /** Brings a result back as people have chosen. */
  commit(capture: Capture, image: PixelImage): Promise<Commit>;
  /** Shows what is active. */
  look(): Promise<void> | void;
}

/** What is shown, and would be applied. */
interface Shown {
  readonly capture: Capture;
  readonly analysis: Analysis;
  /** The part that is to be restored, in the capture's pixels: around what is selected, or all of it. */
  readonly region: Rect;
  /** Those that are switched on. */
  experts: "auto" | readonly ExpertChoice[];
  /** Whether people chose them, and not the router. */
  isChosen?: boolean;
  /** The whole region restored by those experts, at full strength and all over; undefined while only spots are. */
  whole?: PixelImage | undefined;
  isApplied?: boolean;
  /** The spot that was begun last; if it was given up, it is not begun again by itself. */
  begun?: Rect;
}

/** What a step is given: how to report, and when to give up. */
interface Step {
  readonly signal: AbortSignal;
  readonly report: HostProgressReporter["report"];
}

const { preview, apply, extent, faults, result, strength } = elements;

/**
 * What a panel does in any editor: it shows one spot restored at 100 %, then, when people want that, restores all of it, and
 * brings it into the document at the strength that they like by then.
 */
export class RestorePanel {
  readonly #parts: PanelParts;
  readonly #list = new FaultList(elements, (choices) => perform(() => this.#choose(choices)));
  readonly #view = new SpotView(() => this.#rested());
  #shown: Shown | undefined;
  /** The spot that is being restored. */
  #spot: AbortController | undefined;
  #settled: Promise<unknown> = Promise.resolve();

  /** @param parts - what differs between editors */
  constructor(parts: PanelParts) {
    this.#parts = parts;
    preview.addEventListener("click", () => perform(() => this.preview()));
    apply.addEventListener("click", () =>
      perform(() => (this.#shown?.whole === undefined ? this.restoreWhole() : this.apply())),
    );
    strength.addEventListener("input", () => this.#showStrength());
    showCommands(parts.host.commands);
  }

  /** What people have chosen for the photo that is shown; undefined while the router chooses, for each photo by itself. */
  get choices(): readonly ExpertChoice[] | undefined {
    const { experts, isChosen } = this.#shown ?? {};
    return isChosen === true && experts !== "auto" ? experts : undefined;
  }

  /** How much of a result is wanted, 0 to 1. */
  get strength(): number {
    return strength.valueAsNumber / 100;
  }

  /** Captures, asks the router, and shows one spot of the result; all of it if that takes hardly longer. */
  async preview(): Promise<void> {
    const { host, readingTitle } = this.#parts;
    clearOutcomes();
    const limpid = await this.exclusive(() =>
      host.withProgress({ title: readingTitle }, async ({ signal, report }) => {
        const capture = await this.#parts.capture(signal);
        report({ message: "Loading the model" });
        const started = await this.#parts.startLimpid();
        report({ message: "Looking for what is wrong" });
        const analysis = await started.analyze(capture.image, { signal, onProgress: report });
        this.#open(started, capture, analysis);
        if (this.#isOn) await this.#restoreSeen(started, { signal, report });
        return started;
      }),
    ).finally(() => this.#parts.look()); // what is active may be why it failed
    const processor = { webgpu: "GPU (WebGPU)", wasm: "CPU (WebAssembly)", cpu: "CPU (JavaScript)" };
    const place = limpid.isInWorker ? "" : ", on the panel’s own thread";
    const notes = this.#shown!.capture.notes.map((note) => ` Note: ${note}.`).join("");
    if (this.#isOn) notify({ text: `Ready, by the ${processor[limpid.backend]}${place}.${notes}` });
    else if (this.#list.hasOffers) notify({ text: `Nothing for certain: try what may be there.${notes}` });
    else notify({ text: `Nothing to repair was found. Turn something on to try it all the same.${notes}` });
  }

  /** Restores all of what is shown. */
  async restoreWhole(): Promise<void> {
    await this.exclusive(() =>
      this.#parts.host.withProgress({ title: "Restoring" }, async (step) =>
        this.#restoreRegion(await this.#parts.startLimpid(), step),
      ),
    );
    notify({ text: "Restored. Nothing is in the document yet." });
  }

  /** Brings what is restored into the document, at the strength that is chosen now. */
  async apply(): Promise<void> {
    const shown = this.#shown;
    if (shown?.whole === undefined) return;
    const { capture, whole } = shown;
    const commit = await this.exclusive(() =>
      this.#parts.host.withProgress({ title: "Applying" }, () =>
        this.#parts.commit(capture, mix(capture.image, whole, this.strength)),
      ),
    );
    shown.isApplied = true;
    this.#showExtent();
    const notes = [
      ...(commit.isConflict ? ["the layer was changed since the preview"] : []),
      ...commit.notes,
    ];
    const done = {
      replace: "Replaced",
      "new-layer": "Added as a new layer",
      mask: "Added as a new layer with a layer mask",
    }[commit.mode];
    notify({ text: notes.length === 0 ? `${done}.` : `${done}; ${notes.join("; ")}.` });
    await this.#parts.look();
  }

  /** Says anew what the next step is: what people have chosen for it has changed. */
  update(): void {
    if (this.#shown !== undefined) this.#showExtent();
  }

  /** Does something while no spot is restored and nobody chooses experts. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    this.#supersede();
    faults.inert = true;
    await this.#settled;
    try {
      return await work();
    } finally {
      faults.inert = false;
    }
  }

  get #isOn(): boolean {
    const { experts, analysis } = this.#shown!;
    return experts === "auto" ? analysis.present.length > 0 : experts.length > 0;
  }

  #open(limpid: Limpid, capture: Capture, analysis: Analysis): void {
    const { image, mask } = capture;
    const all = { x: 0, y: 0, width: image.width, height: image.height };
    const region = (mask && boundsOfMask(mask)) ?? all;
    this.#shown = { capture, analysis, region, experts: "auto" };
    this.#list.show(limpid.experts.list(), analysis, []);
    strength.value = "100";
    result.hidden = false;
    this.#view.open(image, middleOf(region));
    this.#showStrength();
    this.#showExtent();
  }

  /** Takes other experts: what was restored is not what is wanted any more. */
  async #choose(experts: readonly ExpertChoice[]): Promise<void> {
    const shown = this.#shown!;
    this.#supersede();
    Object.assign(shown, { experts, isChosen: true, whole: undefined, isApplied: false });
    this.#view.clear();
    this.#showExtent();
    await this.#restoreSpot();
  }

  /** The photo was moved, and lies still. */
  #rested(): void {
    // Zoomed out, a spot would take as long as the whole.
    if (this.#shown === undefined || faults.inert || this.#view.zoom < 1) return;
    if (JSON.stringify(this.#seen()) === JSON.stringify(this.#shown.begun)) return;
    perform(() => this.#restoreSpot());
  }

  /** Restores what is seen, unless it is; a spot that is being restored meanwhile is given up for it. */
  async #restoreSpot(): Promise<void> {
    const part = this.#seen();
    const isEmpty = part.width === 0 || part.height === 0;
    if (isEmpty || !this.#isOn || this.#shown?.whole !== undefined || this.#view.covers(part)) return;
    this.#supersede();
    const own = new AbortController();
    this.#spot = own;
    await this.#settled;
    throwIfAborted(own.signal);
    const run = this.#parts.host.withProgress(
      { title: "Restoring this spot" },
      async ({ signal, report }) => {
        const limpid = await this.#parts.startLimpid();
        await this.#restoreSeen(limpid, { signal: AbortSignal.any([signal, own.signal]), report });
      },
    );
    this.#settled = run.catch(() => undefined);
    await run;
  }

  #supersede(): void {
    this.#spot?.abort(new LimpidError("Aborted", "another step took its place"));
  }

  /** What is to be restored of what is seen, in the photo's pixels; empty if nothing is. */
  #seen(): Rect {
    return intersect(spotOf(this.#view.visible), this.#shown!.region);
  }

  async #restoreSeen(limpid: Limpid, step: Step): Promise<void> {
    const shown = this.#shown!;
    const { capture, region } = shown;
    const part = this.#seen();
    shown.begun = part;
    if (!isWorthASpot(part, region)) return this.#restoreRegion(limpid, step);
    const { part: read, own } = withMargin(part, capture.image);
    step.report({ message: "Restoring this spot" });
    const run = await limpid.restore(crop(capture.image, read), {
      ...this.#options(step),
      onProgress: ({ fraction }) => step.report({ fraction }),
    });
    throwIfAborted(step.signal);
    this.#take(limpid, run);
    const mask = capture.mask && crop(capture.mask, part);
    await this.#view.showPart(part, mix(crop(capture.image, part), crop(run.image, own), 1, mask));
    this.#showExtent();
  }

  async #restoreRegion(limpid: Limpid, step: Step): Promise<void> {
    const shown = this.#shown!;
    const { capture, region } = shown;
    const { image, mask } = capture;
    const say = (message: string, fraction?: number): void =>
      step.report({ message, ...(fraction !== undefined && { fraction }) });
    const progress = new RepairProgress({ say }, region);
    let run: RestoreResult;
    try {
      progress.begin(undefined);
      run = await limpid.restore(image, {
        ...this.#options(step),
        ...(mask && { region }),
        startAt: middleOf(this.#view.visible),
        onProgress: (done) => progress.step(done),
      });
    } finally {
      progress.end();
    }
    throwIfAborted(step.signal);
    this.#take(limpid, run);
    shown.whole = run.image;
    await this.#view.showWhole(mix(image, run.image, 1, mask));
    this.#showExtent();
  }

  #options({ signal }: Step) {
    const { experts, analysis } = this.#shown!;
    return { experts, analysis, signal };
  }

  /** From the first run on the experts are those that the router chose. */
  #take(limpid: Limpid, { mixture }: RestoreResult): void {
    const shown = this.#shown!;
    if (shown.experts !== "auto") return;
    shown.experts = mixture.map(({ expert, weight }) => ({ id: expert, weight }));
    this.#list.show(limpid.experts.list(), shown.analysis, mixture);
  }

  #showExtent(): void {
    const { capture, whole, isApplied } = this.#shown!;
    apply.hidden = !this.#isOn;
    apply.textContent = whole === undefined ? "Restore all of it" : this.#parts.applyTitle(capture);
    const name = `“${capture.name}”`;
    if (!this.#isOn) extent.textContent = `Nothing is switched on: ${name} is as it was.`;
    else if (isApplied)
      extent.textContent = `${name} can be applied at another strength without computing again.`;
    else if (whole !== undefined)
      extent.textContent = `All of ${name} is restored. Choose how strongly, then apply it.`;
    else extent.textContent = `One spot of ${name} is restored. Drag the photo to see another one.`;
  }

  #showStrength(): void {
    strength.nextElementSibling!.textContent = `${strength.value} %`;
    this.#view.showStrength(this.strength);
  }
}

function middleOf({ x, y, width, height }: Rect): { readonly x: number; readonly y: number } {
  return { x: x + width / 2, y: y + height / 2 };
}
