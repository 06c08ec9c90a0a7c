import { drawTrainingCurve } from "limpid-cli/training-curve";
import type { FilePair, TrainReply, TrainRequest } from "./messages.js";

const element = (id: string): HTMLElement => document.getElementById(id)!;
const valueOf = (id: string): string => (element(id) as HTMLInputElement | HTMLSelectElement).value;
const form = element("form");
const status = element("status");
const curve = element("curve") as HTMLImageElement;
const download = element("download") as HTMLAnchorElement;
const trainButton = element("train") as HTMLButtonElement;
const stopButton = element("stop") as HTMLButtonElement;
const sides = { before: new Map<string, File>(), after: new Map<string, File>() };

for (const side of ["before", "after"] as const) {
  const drop = element(`${side}-drop`);
  const input = element(side) as HTMLInputElement;
  const take = (files: FileList | null | undefined): void => {
    for (const file of files ?? []) sides[side].set(stemOf(file.name), file);
    element(`${side}-count`).textContent = `${sides[side].size} pictures`;
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

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const pairs: FilePair[] = [];
  for (const [name, before] of sides.before) {
    const after = sides.after.get(name);
    if (after !== undefined) pairs.push({ name, before, after });
  }
  if (pairs.length < 2) {
    status.textContent = `${pairs.length} pairs: two are needed at least, with the same names on both sides.`;
    return;
  }
  const steps = Number(valueOf("steps"));
  train(
    {
      pairs,
      steps,
      degradation: valueOf("degradation"),
      publisher: valueOf("publisher"),
      backend: valueOf("backend") === "wasm" ? "wasm" : "auto",
      patchSize: 64,
    },
    steps,
  );
});

/** Runs one training in a worker, so that the page stays alive, until it ends or is stopped. */
function train(request: TrainRequest, steps: number): void {
  const worker = new Worker(new URL("training-worker.js", document.baseURI), { type: "module" });
  const end = (): void => {
    worker.terminate();
    trainButton.disabled = false;
    stopButton.disabled = true;
  };
  trainButton.disabled = true;
  stopButton.disabled = false;
  download.hidden = true;
  status.textContent = `Reading ${request.pairs.length} pairs ...`;
  stopButton.onclick = () => {
    end();
    status.textContent = "Stopped.";
  };
  worker.onerror = (event) => {
    end();
    status.textContent = `Failed: ${event.message}`;
  };
  worker.onmessage = ({ data }: MessageEvent<TrainReply>) => {
    switch (data.kind) {
      case "progress":
        status.textContent =
          `Step ${data.step} of ${steps}, ${data.secondsPerStep.toFixed(2)} s each; held-out pictures: ` +
          `${data.heldOut.backbone.toFixed(2)} -> ${data.heldOut.expert.toFixed(2)} dB`;
        showSvg(drawTrainingCurve({ losses: data.losses, evaluations: data.evaluations, steps }));
        break;
      case "note":
        status.textContent = data.text;
        break;
      case "failed":
        end();
        status.textContent = `Failed: ${data.message}`;
        break;
      case "done":
        end();
        status.textContent = data.text;
        URL.revokeObjectURL(download.href);
        download.href = URL.createObjectURL(new Blob([data.pack], { type: "application/zip" }));
        download.download = data.name;
        download.hidden = false;
        break;
    }
  };
  worker.postMessage(request);
}

function showSvg(svg: string): void {
  URL.revokeObjectURL(curve.src);
  curve.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  curve.hidden = false;
}

/** Pairs belong together by their names without the extension. */
function stemOf(name: string): string {
  return name.replace(/\.[^.]+$/, "");
}
