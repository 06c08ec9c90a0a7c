import { crop, encodePng, LimpidError, packFilesFromArchive, type PixelImage } from "limpid";
import { drawTrainingCurve } from "limpid-cli/training-curve";
import type { FilePair, TrainReply, TrainRequest } from "../../train-in-browser/messages.js";
import { element } from "../../shared/element.js";
import { draw } from "../../shared/pictures.js";
import { describeError } from "./describe-error.js";
import { elements } from "./elements.js";
import { openPhoto } from "./photo.js";
import type { PhotoService } from "./photo-service.js";

/** Longest side of a part to learn from, in pixels: the training keeps all parts in memory. */
const longestSide = 2048;

/** What the panel needs. */
export interface TrainPanelOptions {
  /** Opens pictures. */
  readonly photos: PhotoService;
  /** Where to compute. */
  readonly backend: () => TrainRequest["backend"];
  /** Installs a pack. */
  readonly install: (files: ReadonlyMap<string, Uint8Array>) => Promise<boolean>;
}

type Side = "before" | "after";

/** Trains an expert from one picture with a fault and the same without it, in the worker of the example beside this one. */
export class TrainPanel {
  readonly #options: TrainPanelOptions;
  readonly #pair = new Map<Side, PixelImage>();
  #worker: Worker | undefined;
  #pack: Uint8Array | undefined;

  /** @param options - backend and installation */
  constructor(options: TrainPanelOptions) {
    this.#options = options;
    for (const side of ["before", "after"] as const) this.#listen(side);
    elements.pairSample.addEventListener("click", () => void this.#guard(() => this.#useSample()));
    elements.trainForm.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#guard(() => this.#start());
    });
    elements.trainStop.addEventListener("click", () => {
      this.#end();
      elements.trainStatus.textContent = "Stopped.";
    });
    elements.trainInstall.addEventListener("click", () => void this.#guard(() => this.#install()));
  }

  #listen(side: Side): void {
    const input = element(`pair-${side}`, HTMLInputElement);
    const drop = element(`pair-${side}-drop`, HTMLElement);
    const take = (file: File | undefined): void => {
      if (file !== undefined) void this.#guard(() => this.#take(side, file));
    };
    input.addEventListener("change", () => {
      take(input.files?.[0]);
      input.value = "";
    });
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      event.stopPropagation();
      drop.classList.add("over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      drop.classList.remove("over");
      take(event.dataTransfer?.files[0]);
    });
  }

  async #take(side: Side, file: File): Promise<void> {
    const photo = await openPhoto(file, this.#options.photos);
    photo.picture.close();
    const { image } = photo;
    this.#pair.set(side, image);
    const view = element(`pair-${side}-view`, HTMLCanvasElement);
    draw(view, image, 320);
    view.hidden = false;
    element(`pair-${side}-name`, HTMLElement).textContent =
      `${side === "before" ? "With the fault" : "Without it"}: ${file.name}`;
  }

  async #useSample(): Promise<void> {
    const files = await Promise.all(
      ["samples/rain.png", "samples/clean/rain.png"].map(async (path) => {
        const response = await fetch(path);
        if (!response.ok) throw new Error(`the sample ${path} cannot be loaded: status ${response.status}`);
        return new File([await response.blob()], path.slice(path.lastIndexOf("/") + 1));
      }),
    );
    await this.#take("before", files[0]!);
    await this.#take("after", files[1]!);
  }

  async #start(): Promise<void> {
    const { trainName, trainSteps, trainStatus, trainDone, trainCurve } = elements;
    trainDone.hidden = trainCurve.hidden = true;
    const degradation = trainName.value.trim();
    const steps = trainSteps.valueAsNumber;
    const isNamed = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(degradation);
    trainName.setAttribute("aria-invalid", String(!isNamed));
    if (!isNamed) {
      trainName.focus();
      throw new LimpidError(
        "InvalidArgument",
        "a fault's name has small letters, digits and hyphens, such as my-fault",
      );
    }
    const isCount = Number.isInteger(steps) && steps >= 1 && steps <= 100_000;
    trainSteps.setAttribute("aria-invalid", String(!isCount));
    if (!isCount) {
      trainSteps.focus();
      throw new LimpidError("InvalidArgument", "the steps are a whole number from 1 to 100000");
    }
    trainStatus.textContent = "Reading the pictures…";
    const pairs = await this.#parts();
    this.#run({
      pairs,
      degradation,
      steps,
      publisher: "me",
      backend: this.#options.backend(),
      patchSize: 64,
    });
  }

  /** The pair in four parts, of which the training holds one out to measure itself by. */
  async #parts(): Promise<FilePair[]> {
    const before = this.#pair.get("before");
    const after = this.#pair.get("after");
    if (before === undefined || after === undefined) {
      throw new LimpidError(
        "InvalidArgument",
        "two pictures are needed: one with the fault, and the same without it",
      );
    }
    if (before.width !== after.width || before.height !== after.height) {
      throw new LimpidError(
        "InvalidArgument",
        `the pictures must be the same but for the fault: one has ${before.width} × ${before.height} pixels, ` +
          `the other ${after.width} × ${after.height}`,
      );
    }
    const width = Math.min(longestSide, before.width >> 1);
    const height = Math.min(longestSide, before.height >> 1);
    if (Math.min(width, height) < 32) {
      throw new LimpidError("InvalidArgument", "the pictures are too small: 64 pixels a side are needed");
    }
    const file = async (image: PixelImage, x: number, y: number): Promise<Blob> =>
      new Blob([await encodePng(crop(image, { x, y, width, height }))], { type: "image/png" });
    const parts: FilePair[] = [];
    for (const y of [0, before.height - height]) {
      for (const x of [0, before.width - width]) {
        parts.push({
          name: `part-${parts.length + 1}`,
          before: await file(before, x, y),
          after: await file(after, x, y),
        });
      }
    }
    return parts;
  }

  /** Runs one training in a worker of its own, until it ends or is stopped. */
  #run(request: TrainRequest): void {
    const { train, trainStop, trainProgress, trainStatus, trainProblem } = elements;
    const worker = new Worker("training-worker.js", { type: "module" });
    this.#worker = worker;
    const hadFocus = document.activeElement === train;
    train.disabled = true;
    trainStop.hidden = false;
    trainProgress.removeAttribute("value");
    trainProgress.hidden = false;
    if (hadFocus) trainStop.focus();
    const fail = (message: string): void => {
      this.#end();
      trainStatus.textContent = "";
      trainProblem.textContent = describeError(new Error(message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message || "the training's worker died");
    };
    worker.onmessage = ({ data }: MessageEvent<TrainReply>) => {
      switch (data.kind) {
        case "progress":
          trainProgress.value = data.step / request.steps;
          trainStatus.textContent =
            `Step ${data.step} of ${request.steps}, ${data.secondsPerStep.toFixed(1)} s each. ` +
            `Held-out part: ${data.heldOut.backbone.toFixed(2)} → ${data.heldOut.expert.toFixed(2)} dB.`;
          this.#showCurve(drawTrainingCurve({ ...data, steps: request.steps }));
          break;
        case "note":
          trainProgress.removeAttribute("value");
          trainStatus.textContent = data.text;
          break;
        case "failed":
          fail(data.message);
          break;
        case "done":
          this.#end();
          trainStatus.textContent = data.text;
          this.#offer(data.pack, data.name);
          break;
      }
    };
    worker.postMessage(request);
  }

  #offer(pack: Uint8Array<ArrayBuffer>, name: string): void {
    const { trainDone, trainDownload } = elements;
    this.#pack = pack;
    URL.revokeObjectURL(trainDownload.href);
    trainDownload.href = URL.createObjectURL(new Blob([pack], { type: "application/zip" }));
    trainDownload.download = name;
    trainDone.hidden = false;
  }

  async #install(): Promise<void> {
    if (this.#pack === undefined) return;
    const isInstalled = await this.#options.install(packFilesFromArchive(this.#pack));
    if (isInstalled) elements.trainStatus.textContent = "Installed: it is among the experts now.";
  }

  #showCurve(svg: string): void {
    const { trainCurve } = elements;
    URL.revokeObjectURL(trainCurve.src);
    trainCurve.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    trainCurve.hidden = false;
    element("train-hint", HTMLElement).hidden = true;
  }

  #end(): void {
    const { train, trainStop, trainProgress } = elements;
    this.#worker?.terminate();
    this.#worker = undefined;
    const hadFocus = document.activeElement === trainStop;
    train.disabled = false;
    trainStop.hidden = true;
    trainProgress.hidden = true;
    if (hadFocus) train.focus();
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    const { trainProblem, trainStatus } = elements;
    trainProblem.textContent = "";
    try {
      await action();
    } catch (error) {
      trainStatus.textContent = "";
      trainProblem.textContent = describeError(error);
    }
  }
}
