import { drawTrainingCurve } from "limpid-cli/training-curve";
import { element } from "../shared/element.js";
import type { FilePair, TrainReply, TrainRequest } from "./messages.js";

const form = element("form", HTMLFormElement);
const degradation = element("degradation", HTMLInputElement);
const publisher = element("publisher", HTMLInputElement);
const stepsInput = element("steps", HTMLInputElement);
const backend = element("backend", HTMLSelectElement);
const unpaired = element("unpaired", HTMLElement);
const progress = element("progress", HTMLProgressElement);
const status = element("status", HTMLElement);
const problem = element("problem", HTMLElement);
const curve = element("curve", HTMLImageElement);
const download = element("download", HTMLAnchorElement);
const trainButton = element("train", HTMLButtonElement);
const stopButton = element("stop", HTMLButtonElement);
const sides = { before: new Map<string, File>(), after: new Map<string, File>() };

for (const side of ["before", "after"] as const) {
  const drop = element(`${side}-drop`, HTMLElement);
  const input = element(side, HTMLInputElement);
  const take = (files: FileList | null | undefined): void => {
    for (const file of files ?? []) sides[side].set(stemOf(file.name), file);
    element(`${side}-count`, HTMLElement).textContent = count(sides[side].size, "picture");
    showUnpaired();
  };
  input.addEventListener("change", () => take(input.files));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(event.dataTransfer?.files);
  });
}

// The browser submits only what the form's fields allow.
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const pairs = pairsOf(sides.before, sides.after);
  if (pairs.length < 2) {
    say("");
    problem.textContent = `${count(pairs.length, "pair")}: two are needed at least, with the same names on both sides.`;
    return;
  }
  train({
    pairs,
    steps: stepsInput.valueAsNumber,
    degradation: degradation.value,
    publisher: publisher.value,
    backend: backend.value === "wasm" ? "wasm" : "auto",
    patchSize: 64,
  });
});

/** Runs one training in a worker, so that the page stays alive, until it ends or is stopped. */
function train(request: TrainRequest): void {
  const worker = new Worker(new URL("../training-worker.js", document.baseURI), { type: "module" });
  const end = (text: string): void => {
    worker.terminate();
    trainButton.disabled = false;
    stopButton.disabled = true;
    progress.hidden = true;
    say(text);
  };
  const fail = (message: string): void => {
    end("");
    problem.textContent = message;
  };
  trainButton.disabled = true;
  stopButton.disabled = false;
  download.hidden = true;
  progress.removeAttribute("value");
  progress.hidden = false;
  say(`Reading ${count(request.pairs.length, "pair")}…`);
  stopButton.onclick = () => end("Stopped.");
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message || "The training's worker died.");
  };
  worker.onmessage = ({ data }: MessageEvent<TrainReply>) => {
    switch (data.kind) {
      case "progress":
        progress.value = data.step / request.steps;
        say(
          `Step ${data.step} of ${request.steps}, ${data.secondsPerStep.toFixed(2)} s each; held-out pictures: ` +
            `${data.heldOut.backbone.toFixed(2)} → ${data.heldOut.expert.toFixed(2)} dB.`,
        );
        showSvg(
          drawTrainingCurve({ losses: data.losses, evaluations: data.evaluations, steps: request.steps }),
        );
        break;
      case "note":
        progress.removeAttribute("value");
        say(data.text);
        break;
      case "failed":
        fail(data.message);
        break;
      case "done":
        end(data.text);
        URL.revokeObjectURL(download.href);
        download.href = URL.createObjectURL(new Blob([data.pack], { type: "application/zip" }));
        download.download = data.name;
        download.hidden = false;
        break;
    }
  };
  worker.postMessage(request);
}

function say(text: string): void {
  status.textContent = text;
  problem.textContent = "";
}

function showSvg(svg: string): void {
  URL.revokeObjectURL(curve.src);
  curve.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  curve.hidden = false;
}

/** Names what has no partner, once both sides have pictures. */
function showUnpaired(): void {
  const { before, after } = sides;
  const alone = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => !before.has(name) || !after.has(name),
  );
  const isTold = before.size > 0 && after.size > 0 && alone.length > 0;
  const names = alone.slice(0, 3).join(", ") + (alone.length > 3 ? " and others" : "");
  unpaired.textContent = isTold ? `Left out, on one side only: ${names}.` : "";
}

function pairsOf(before: ReadonlyMap<string, File>, after: ReadonlyMap<string, File>): FilePair[] {
  return [...before].flatMap(([name, file]) => {
    const other = after.get(name);
    return other === undefined ? [] : [{ name, before: file, after: other }];
  });
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Pairs belong together by their names without the extension. */
function stemOf(name: string): string {
  return name.replace(/\.[^.]+$/, "");
}
