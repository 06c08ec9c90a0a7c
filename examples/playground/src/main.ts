import { type Analysis, encodePng, type InstalledExpert, type Limpid } from "limpid";
import "img-comparison-slider";
import { Chips, nameOf } from "../../shared/expert-chips.js";
import { Darkroom, type Look } from "./darkroom.js";
import { elements } from "./elements.js";
import { Engine, type BackendChoice } from "./engine.js";
import { PackPanel } from "./pack-panel.js";
import { openPhoto } from "./photo.js";
import { showReadings, showRouterTime, type Readings } from "./readings.js";
import { snippetOf } from "./snippet.js";
import { Stage } from "./stage.js";
import { TrainPanel } from "./train-panel.js";
import { clearProblem, isSuperseded, notify, perform, showProgress } from "./work.js";

const stage = new Stage();
const engine = new Engine({ starting: showStarting, ready: showReady, failed: showFailed });
const chips = new Chips(elements, () => void perform(() => repair(chips.choices)));
const packs = new PackPanel({ engine: () => engine.get(), onChange: packsChanged });
new TrainPanel({
  backend: () => (elements.backend.value === "wasm" ? "wasm" : "auto"),
  install: (files) => packs.installFiles(files),
});

let room: Darkroom | undefined;
let opening: AbortController | undefined;
let started: Limpid | undefined;
let readings: Readings = {};

/** Opens a photo in place of the one that is there, and repairs it as the router would. */
async function open(file: File): Promise<void> {
  clearProblem();
  opening?.abort();
  opening = new AbortController();
  const { signal } = opening;
  const photo = await openPhoto(file, signal);
  if (signal.aborted) return;
  room?.dispose();
  notify({ text: "" });
  readings = { pixels: photo.image.width * photo.image.height };
  const opened = new Darkroom(photo, {
    notify,
    progress: showProgress,
    look: showLook,
    tile: (progress) => stage.showTile(progress),
  });
  room = opened;
  opened.history.onDidChange(showHistory);
  const { width, height } = photo.image;
  elements.fileName.textContent = photo.name;
  elements.fileSize.textContent = `${width} × ${height}`;
  stage.open(photo.image);
  elements.found.replaceChildren();
  elements.verdict.textContent = "Looking…";
  showLook(opened.look);
  if (photo.notes.length > 0) notify({ text: `Opened, ${photo.notes.join("; ")}.` });
  await develop(opened);
}

/** Analyses the photo, and repairs it with what the router chooses. */
async function develop(opened: Darkroom): Promise<void> {
  await perform(async () => {
    const limpid = await engine.get();
    if (room !== opened) return;
    await analyze(opened, limpid);
    await repair("auto");
  });
}

async function analyze(opened: Darkroom, limpid: Limpid): Promise<void> {
  const { analysis, milliseconds } = await opened.analyze(limpid);
  showRouterTime(milliseconds);
  stage.showAnalysis(analysis);
  chips.show(sorted(analysis), analysis, opened.look.result?.mixture ?? []);
  elements.verdict.textContent = verdictOf(analysis, opened.look);
}

async function repair(experts: Look["experts"]): Promise<void> {
  const opened = room;
  if (opened === undefined) return;
  clearProblem();
  try {
    await opened.repair(await engine.get(), experts);
  } catch (error) {
    // Tiles and chips show what was tried: back to how the photo looks, unless another step is on its way.
    if (room === opened && !isSuperseded(error)) showLook(opened.look);
    throw error;
  }
  const { result } = opened.look;
  if (result?.tiles === 0) {
    notify({ text: "Nothing to repair was found. Turn an expert on to try it all the same." });
  } else if (result !== undefined) notify({ text: `Restored in ${seconds(result.timings.total)}.` });
  showReady(await engine.get());
}

/** Shows how the photo looks, and what made it so. */
function showLook(look: Look): void {
  const opened = room;
  if (opened === undefined) return;
  const { experts, strength, result } = look;
  stage.showAfter(opened.image, result?.image);
  if (opened.analysis !== undefined) {
    chips.show(sorted(opened.analysis), opened.analysis, result?.mixture ?? []);
    elements.verdict.textContent = verdictOf(opened.analysis, look);
  }
  elements.strength.valueAsNumber = Math.round(strength * 100);
  elements.strengthValue.textContent = `${elements.strength.value} %`;
  elements.strength.disabled = result === undefined || result.tiles === 0;
  elements.auto.disabled = opened.analysis === undefined || (experts === "auto" && result !== undefined);
  elements.save.disabled = false;
  readings = { ...readings, result };
  showReadings(readings, started);
  showCode();
  showHistory();
}

function showHistory(): void {
  const { undo, redo } = elements;
  const { undoLabel, redoLabel } = room?.history ?? {};
  for (const [button, name, label] of [
    [undo, "Undo", undoLabel],
    [redo, "Redo", redoLabel],
  ] as const) {
    const hadFocus = document.activeElement === button;
    button.disabled = label === undefined;
    button.title = label === undefined ? name : `${name}: ${label}`;
    if (hadFocus && button.disabled) (button === undo ? redo : undo).focus();
  }
}

/** What the router thinks, in a sentence. */
function verdictOf({ present }: Analysis, { experts }: Look): string {
  const names = present.map(({ degradation }, index) => {
    const name = nameOf(degradation);
    return index === 0 || name === "JPEG" ? name : name.toLowerCase();
  });
  const seen =
    names.length === 0
      ? "Nothing is wrong with it, most likely."
      : `${new Intl.ListFormat("en").format(names)}, most likely.`;
  if (experts === "auto") return seen;
  return `${seen} ${experts.length === 0 ? "All experts are off." : "You chose the experts."}`;
}

/** The experts, those for what was found first. */
function sorted({ degradations }: Analysis): readonly InstalledExpert[] {
  const rank = new Map(degradations.map(({ degradation }, index) => [degradation, index]));
  const rankOf = (names: readonly string[]): number =>
    Math.min(...names.map((name) => rank.get(name) ?? Infinity));
  return [...(started?.experts ?? [])].sort((a, b) => rankOf(a.degradations) - rankOf(b.degradations));
}

function showCode(): void {
  const { experts, strength } = room?.look ?? { experts: "auto" as const, strength: 1 };
  elements.code.textContent = snippetOf({ experts, strength, packs: packs.addresses });
  elements.copied.textContent = "";
}

function showStarting(): void {
  elements.lamp.dataset.state = "starting";
  elements.engineText.textContent = "Starting the engine…";
  elements.enginePlace.textContent = "";
}

function showReady(limpid: Limpid): void {
  started = limpid;
  const names = { webgpu: "WebGPU", wasm: "WebAssembly", cpu: "JavaScript" };
  elements.lamp.dataset.state = "ready";
  elements.engineText.textContent = names[limpid.backend];
  elements.enginePlace.textContent = limpid.isInWorker ? ", in a worker" : ", on the page itself";
  elements.engineText.title = limpid.fallbackReason ?? "";
  elements.model.textContent = `${limpid.model.id} ${limpid.model.version}`;
  packs.show(limpid.packs);
  showReadings(readings, limpid);
  showCode();
}

function showFailed(): void {
  elements.lamp.dataset.state = "failed";
  elements.engineText.textContent = "The engine did not start";
  elements.enginePlace.textContent = "";
}

/** A pack brings faults that the router can see now, or takes its expert away. */
async function packsChanged(): Promise<void> {
  const limpid = await engine.get();
  showReady(limpid);
  const opened = room;
  if (opened === undefined) return;
  await perform(async () => {
    await analyze(opened, limpid);
    const { look } = opened;
    if (look.experts === "auto") return repair("auto");
    const left = look.experts.filter(({ id }) => limpid.experts.has(id));
    if (left.length < look.experts.length) return repair(left);
    showLook(look);
  });
}

async function save(): Promise<void> {
  if (room === undefined) return;
  const { photo, image } = room;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await encodePng(image)], { type: "image/png" }));
  link.download = `${photo.name.replace(/\.[^.]+$/, "")}.restored.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  notify({ text: `Saved as ${link.download}.` });
}

async function openSample(name: string): Promise<void> {
  const response = await fetch(`samples/${name}`);
  if (!response.ok) throw new Error(`the sample ${name} cannot be loaded: status ${response.status}`);
  await open(new File([await response.blob()], name));
}

/** Opens what was dropped or pasted. */
async function take(data: DataTransfer | null): Promise<void> {
  const [file] = data?.files ?? [];
  if (file !== undefined) return open(file);
  if (data?.types.includes("text/uri-list")) {
    throw new Error(
      "this picture is on another site, which keeps its pixels from this page. Save it, then drop the file here",
    );
  }
}

const seconds = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

for (const button of [elements.choose, elements.openOther]) {
  button.addEventListener("click", () => elements.file.click());
}
elements.file.addEventListener("change", () => {
  const [file] = elements.file.files ?? [];
  elements.file.value = "";
  if (file !== undefined) void perform(() => open(file), null);
});
for (const button of document.querySelectorAll<HTMLButtonElement>(".sample")) {
  button.addEventListener("click", () => void perform(() => openSample(button.dataset.sample!)));
}

let entered = 0;
document.addEventListener("dragenter", (event) => {
  if (!event.dataTransfer?.types.some((type) => type === "Files" || type === "text/uri-list")) return;
  entered++;
  elements.dropping.hidden = false;
});
document.addEventListener("dragleave", () => {
  entered = Math.max(0, entered - 1);
  elements.dropping.hidden = entered === 0;
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void perform(() => take(event.dataTransfer), null);
});
// Also for a drop that another part of the page took.
document.addEventListener(
  "drop",
  () => {
    entered = 0;
    elements.dropping.hidden = true;
  },
  true,
);
document.addEventListener("paste", (event) => {
  if (event.target instanceof HTMLInputElement) return;
  void perform(() => take(event.clipboardData), null);
});

elements.undo.addEventListener("click", () => void perform(async () => room?.undo(), null));
elements.redo.addEventListener("click", () => void perform(async () => room?.redo(), null));
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.target instanceof HTMLInputElement && event.target.type !== "range") return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  const isRedo = key === "y" || event.shiftKey;
  void perform(async () => (isRedo ? room?.redo() : room?.undo()), null);
});
elements.save.addEventListener("click", () => void perform(save));
elements.auto.addEventListener("click", () => void perform(() => repair("auto")));
elements.strength.addEventListener("input", () => {
  elements.strengthValue.textContent = `${elements.strength.value} %`;
  stage.showMixed(elements.strength.valueAsNumber / 100);
});
elements.strength.addEventListener("change", () => {
  void perform(async () => room?.setStrength(elements.strength.valueAsNumber / 100));
});
elements.backend.addEventListener("change", () => {
  void perform(async () => {
    room?.cancel();
    await engine.restart(elements.backend.value as BackendChoice);
    if (room !== undefined) await develop(room);
  });
});
elements.copy.addEventListener("click", () => {
  navigator.clipboard.writeText(elements.code.textContent).then(
    () => (elements.copied.textContent = "Copied."),
    () => (elements.copied.textContent = "The browser does not allow it: select the lines and copy them."),
  );
});

// Once it has been here, the page works without a network.
if ("serviceWorker" in navigator)
  navigator.serviceWorker.register("service-worker.js").catch(() => undefined);
showCode();
showReadings(readings, undefined);
void perform(async () => {
  await engine.get();
});
