import { type Analysis, type InstalledExpert, type Limpid } from "limpid";
import { FaultList, nameOf } from "../../shared/fault-list.js";
import { RepairProgress } from "../../shared/repair-progress.js";
import type { Size } from "../../shared/size.js";
import { Album, newEntry, type Entry } from "./album.js";
import { Brush } from "./brush.js";
import { Darkroom, type Look } from "./darkroom.js";
import { elements } from "./elements.js";
import { Engine, type BackendChoice } from "./engine.js";
import { listenForFiles } from "./incoming-files.js";
import { listenForKeys } from "./keys.js";
import { PackPanel } from "./pack-panel.js";
import { openPhoto, type Photo } from "./photo.js";
import { PhotoService } from "./photo-service.js";
import { showReadings, showRouterTime, type Readings } from "./readings.js";
import { SavePanel } from "./save-panel.js";
import { snippetOf } from "./snippet.js";
import { Stage } from "./stage.js";
import { closeMenuOutside } from "./menu.js";
import { Strip } from "./strip.js";
import { TrainPanel } from "./train-panel.js";
import { clearProblem, isBusy, isSuperseded, notify, onWork, perform, startJob } from "./work.js";

const photos = new PhotoService();
const stage = new Stage();
const engine = new Engine({ starting: showStarting, ready: showReady, failed: showFailed });
const faults = new FaultList(elements, (choices) => void perform(() => repair(choices)));
const packs = new PackPanel({ engine: () => engine.get(), onChange: packsChanged });
const saving = new SavePanel(photos, () => room);
new TrainPanel({
  photos,
  backend: () => (elements.backend.value === "wasm" ? "wasm" : "auto"),
  install: (files) => packs.installFiles(files),
});

const brush = new Brush({
  viewport: stage.viewport,
  mask: () => room?.look.mask ?? [],
  onDraw: (mask) => stage.showMask(mask),
  onChange: (mask) => void perform(() => room?.setMask(mask), null),
});
const album = new Album({ photos, engine: () => engine.get(), onChange: () => strip.show() });
const strip = new Strip({
  ...{ album, photos, saving },
  onOpen: (entry) => void perform(() => open(entry), null),
  onSaveAll: () => {
    if (room !== undefined) album.leave(room);
  },
});
onWork(() => {
  album.setBusy(isBusy());
  strip.show();
});

let room: Darkroom | undefined;
let opening: object | undefined;
let started: Limpid | undefined;
let readings: Readings = {};

/** Takes photos in, and opens the first of them. */
async function openFiles(files: readonly File[]): Promise<void> {
  const isAlone = files.length === 1 && album.entries.length < 2;
  await open(isAlone ? newEntry(files[0]!) : album.add(files));
}

/** Opens a photo in place of the one that is there, and repairs it as the router would, unless that was done before. */
async function open(entry: Entry): Promise<void> {
  const { file } = entry;
  clearProblem();
  const own = {};
  opening = own;
  let photo: Photo;
  try {
    photo = await openPhoto(file, photos, (size, preview) => {
      if (opening !== own) return;
      room?.cancel();
      startJob().say("Opening…");
      stage.openPreview(size, preview);
      showName(file.name, size);
    });
  } catch (error) {
    album.fail(entry, error);
    if (opening !== own) return;
    if (stage.isPreview) stayWith(room);
    const next = album.entries.find(({ state }) => state === "waiting");
    if (room !== undefined || next === undefined) throw error;
    // Of several photos the first that is one is shown; the strip says which is none.
    return open(next);
  }
  const kept = await album.recall(entry, photo);
  const opened = new Darkroom(photo, { onLook: showLook, read: (...look) => album.read(...look) });
  if (kept !== undefined) await opened.resume(kept);
  if (opening !== own) {
    photo.picture.close();
    return;
  }
  if (room !== undefined && album.entries.length > 1) album.leave(room);
  close();
  album.choose(entry);
  readings = { pixels: photo.image.width * photo.image.height };
  room = opened;
  opened.history.onDidChange(() => {
    showHistory();
    if (room === opened) album.note(opened);
  });
  brush.putAway();
  stage.open(photo);
  showName(photo.name, photo.image);
  saving.open(file);
  faults.clear();
  elements.verdict.textContent = "Looking…";
  showLook(opened.look);
  notify(photo.notes.length > 0 ? `Opened, ${photo.notes.join("; ")}.` : "");
  stage.showAnalysis(opened.analysis);
  if (kept === undefined) await develop(opened);
  else startJob().end();
}

/** Ends what goes on with the photo that was open. */
function close(): void {
  if (room === undefined) return;
  room.dispose();
  room.photo.picture.close();
}

/** Another photo could not be opened: the one that was open stays. */
function stayWith(kept: Darkroom | undefined): void {
  startJob().end();
  if (kept === undefined) return stage.close();
  stage.open(kept.photo);
  showName(kept.photo.name, kept.photo.image);
  stage.showAnalysis(kept.analysis);
  showLook(kept.look);
}

function showName(name: string, { width, height }: Size): void {
  elements.fileName.textContent = name;
  elements.fileSize.textContent = `${width} × ${height}`;
}

/** Analyses the photo, and repairs it with what the router chooses. */
async function develop(opened: Darkroom): Promise<void> {
  await perform(async () => {
    const job = startJob();
    job.say("Waiting for the engine…");
    const limpid = await engine.get().finally(() => job.end());
    if (room !== opened) return;
    await analyze(opened, limpid);
    await repair("auto");
  });
}

async function analyze(opened: Darkroom, limpid: Limpid): Promise<void> {
  const job = startJob(() => opened.stop());
  const say = (fraction?: number): void => job.say("Looking at the photo…", fraction);
  say();
  const { analysis, milliseconds } = await opened.analyze(limpid, say).finally(() => job.end());
  showRouterTime(milliseconds);
  stage.showAnalysis(analysis);
  showFaults(opened, opened.look);
}

async function repair(experts: Look["experts"]): Promise<void> {
  const opened = room;
  if (opened === undefined) return;
  clearProblem();
  const limpid = await engine.get();
  const job = startJob(() => opened.stop());
  const progress = new RepairProgress(job, opened.photo.image);
  const showPart = (...part: Parameters<Stage["showPart"]>): void => {
    if (room === opened) stage.showPart(...part);
  };
  try {
    await opened.repair(limpid, experts, {
      visible: () => stage.viewport.visible,
      begin: (part) => progress.begin(part),
      preview: (part, pixels, mixture) => {
        showPart(part, pixels);
        if (room === opened && opened.analysis !== undefined)
          faults.show(sorted(opened.analysis), opened.analysis, mixture);
      },
      progress: (step) => {
        progress.step(step);
        if (step.tile && step.preview) showPart(step.tile, step.preview);
      },
    });
  } catch (error) {
    // Tiles and switches show what was tried: back to how the photo looks, unless another step is on its way.
    if (room === opened && !isSuperseded(error)) showLook(opened.look);
    throw error;
  } finally {
    progress.end();
    job.end();
  }
  const { result } = opened.look;
  if (result === undefined) notify("All repairs are off: the photo is as it was opened.");
  else if (result.tiles === 0)
    notify(
      faults.hasOffers
        ? "Nothing is repaired yet: try what may be there."
        : "Nothing to repair was found. Turn a repair on to try it all the same.",
    );
  else notify(`Restored in ${seconds(result.timings.total)}.`);
  showReady(limpid);
}

/** Shows how the photo looks, and what made it so. */
function showLook(look: Look): void {
  const opened = room;
  if (opened === undefined) return;
  const { experts, strength, mask, result } = look;
  const hasRun = result !== undefined && result.tiles > 0;
  stage.showMask(mask);
  stage.showAfter(hasRun ? result.image : undefined, strength);
  brush.update(mask);
  elements.brushOpen.disabled = !hasRun;
  showFaults(opened, look);
  elements.strength.valueAsNumber = Math.round(strength * 100);
  elements.strengthValue.textContent = `${elements.strength.value} %`;
  elements.strength.disabled = !hasRun;
  elements.auto.disabled = opened.analysis === undefined || (experts === "auto" && result !== undefined);
  saving.update();
  album.note(opened);
  readings = { ...readings, result };
  showReadings(readings, started);
  showCode();
  showHistory();
}

function showFaults({ analysis }: Darkroom, look: Look): void {
  if (analysis === undefined) return;
  faults.show(sorted(analysis), analysis, look.result?.mixture ?? []);
  elements.verdict.textContent = verdictOf(analysis, look);
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
  const found = `${listOf(present.map(({ degradation }) => degradation))}, most likely.`;
  const none = faults.hasOffers
    ? "Nothing for certain; what may be there can be tried."
    : "Nothing is wrong with it, most likely.";
  const seen = present.length === 0 ? none : found;
  if (experts === "auto") return seen;
  return `${seen} ${experts.length === 0 ? "All repairs are off." : "You chose the repairs."}`;
}

/** How the photo looks, in words: what was undone is told by what is there now. */
function stateOf({ result, strength, mask }: Look): string {
  if (result === undefined || result.tiles === 0) return "as it was opened";
  const repaired = result.mixture.flatMap(({ expert }) => started?.experts.get(expert)?.degradations ?? []);
  const what = repaired.length === 0 ? "restored without an expert" : `repaired: ${listOf(repaired)}`;
  const where = mask.length === 0 ? "" : " where you painted";
  return `${what}${where}${strength === 1 ? "" : `, at ${Math.round(strength * 100)} %`}`;
}

function listOf(degradations: readonly string[]): string {
  const names = degradations.map((degradation, index) => {
    const name = nameOf(degradation);
    return index === 0 || name === "JPEG" ? name : name.toLowerCase();
  });
  return new Intl.ListFormat("en").format(names);
}

/** The experts, those for what was found first. */
function sorted({ degradations }: Analysis): readonly InstalledExpert[] {
  const rank = new Map(degradations.map(({ degradation }, index) => [degradation, index]));
  const rankOf = (names: readonly string[]): number =>
    Math.min(...names.map((name) => rank.get(name) ?? Infinity));
  return [...(started?.experts.list() ?? [])].sort((a, b) => rankOf(a.degradations) - rankOf(b.degradations));
}

function showCode(): void {
  const { experts, strength, mask } = room?.look ?? { experts: "auto" as const, strength: 1, mask: [] };
  const isMasked = mask.length > 0;
  elements.code.textContent = snippetOf({ experts, strength, isMasked, packs: packs.addresses });
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

/** Takes a step back, or does it again, and says how the photo looks then. */
async function step(direction: "undo" | "redo"): Promise<void> {
  const opened = room;
  if (opened === undefined) return;
  clearProblem();
  // A run under way has shown tiles of its own.
  opened.cancel();
  showLook(opened.look);
  const isDone = await opened.history[direction]();
  if (isDone && room === opened)
    notify(`${direction === "undo" ? "Undone" : "Done again"}. Now ${stateOf(opened.look)}.`);
}

async function openSample(name: string): Promise<void> {
  const response = await fetch(`samples/${name}`);
  if (!response.ok) throw new Error(`the sample ${name} cannot be loaded: status ${response.status}`);
  const blob = await response.blob();
  await openFiles([new File([blob], name, { type: blob.type })]);
}

const seconds = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

const undo = (): void => void perform(() => step("undo"), null);
const redo = (): void => void perform(() => step("redo"), null);
const save = (): void => void perform(() => saving.save());
const { viewport } = stage;

closeMenuOutside(elements.saveMenu);
listenForFiles(openFiles);
listenForKeys(stage, { open: () => elements.file.click(), save, undo, redo });
for (const button of document.querySelectorAll<HTMLButtonElement>(".sample")) {
  button.addEventListener("click", () => void perform(() => openSample(button.dataset.sample!)));
}
elements.zoomFit.addEventListener("click", () => viewport.fit());
elements.zoomWhole.addEventListener("click", () => viewport.zoomTo(1));
elements.zoomDouble.addEventListener("click", () => viewport.zoomTo(2));
elements.undo.addEventListener("click", undo);
elements.redo.addEventListener("click", redo);
elements.save.addEventListener("click", save);
elements.copyPhoto.addEventListener("click", () => void perform(() => saving.copy()));
elements.auto.addEventListener("click", () => void perform(() => repair("auto")));
elements.strength.addEventListener("input", () => {
  elements.strengthValue.textContent = `${elements.strength.value} %`;
  stage.showStrength(elements.strength.valueAsNumber / 100);
});
elements.strength.addEventListener("change", () => {
  void perform(() => room?.setStrength(elements.strength.valueAsNumber / 100));
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
