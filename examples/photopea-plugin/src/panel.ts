import {
  boundsOfMask,
  createLimpid,
  type Capture,
  type CaptureTarget,
  type Limpid,
  type PixelImage,
  type RestoreOptions,
} from "limpid";
import { connectPhotopea, type PhotopeaHost, type PhotopeaState } from "limpid/photopea";
import "img-comparison-slider";
import { announceComparison } from "../../shared/comparison.js";
import { Chips } from "../../shared/expert-chips.js";
import { draw, mix } from "../../shared/pictures.js";
import { elements } from "./elements.js";
import { notify, perform, withProgress } from "./interaction.js";

/** Where Photopea is served; put in by the build. */
declare const PHOTOPEA_ORIGIN: string;

/** What is shown, and would be applied. */
interface Preview {
  readonly capture: Capture;
  readonly restored: PixelImage;
}

let limpid: Promise<Limpid> | undefined;
let shown: Preview | undefined;

const { active, preview, apply, result, comparison, before, after, strength, panel } = elements;

/** Loads the model on first use; after a failure the next click tries again. */
function startLimpid(): Promise<Limpid> {
  limpid ??= createLimpid({ model: new URL("models/", document.baseURI), wasmPath: "wasm/" }).catch(
    (error: unknown) => {
      limpid = undefined;
      throw error;
    },
  );
  return limpid;
}

function chosenTarget(): CaptureTarget {
  const checked = elements.targets.querySelector<HTMLInputElement>("input:checked");
  return (checked?.value ?? "layer") as CaptureTarget;
}

function showActive({ document: open, layer }: PhotopeaState): void {
  if (open === undefined) active.textContent = "No document is open.";
  else active.textContent = layer === undefined ? open.key.name : `${layer.name} in ${open.key.name}`;
}

function show(capture: Capture, restored: PixelImage): void {
  shown = { capture, restored };
  draw(before, capture.image);
  showStrength();
  result.hidden = false;
}

function showStrength(): void {
  strength.nextElementSibling!.textContent = `${strength.value} %`;
  if (shown !== undefined)
    draw(after, mix(shown.capture.image, shown.restored, strength.valueAsNumber / 100));
}

/** Only what is selected is computed. */
function selectedPart({ mask }: Capture): Pick<RestoreOptions, "mask" | "region"> {
  const region = mask && boundsOfMask(mask);
  return mask === undefined || region === undefined ? {} : { mask, region };
}

/** Finds Photopea; if it is not there, the button tries again. */
async function connect(): Promise<PhotopeaHost> {
  try {
    return await connectPhotopea({
      origin: PHOTOPEA_ORIGIN,
      startTimeout: 15_000,
      panel: { withProgress, notify },
    });
  } catch (error) {
    active.textContent = "Not connected with Photopea.";
    panel.removeAttribute("aria-busy");
    preview.textContent = "Try again";
    preview.disabled = false;
    preview.addEventListener("click", () => perform(start), { once: true });
    throw error;
  }
}

async function start(): Promise<void> {
  preview.disabled = true;
  notify({ text: "" });
  const host = await connect();
  preview.textContent = "Preview";
  const chips = new Chips(elements, () => perform(() => restoreAgain(host, chips)));
  const look = async (): Promise<void> => showActive(await host.refresh());
  await look();
  panel.removeAttribute("aria-busy");
  preview.disabled = false;

  preview.addEventListener("click", () => perform(() => restoreFirst(host, chips)));
  apply.addEventListener("click", () => perform(() => applyShown(host)));
  strength.addEventListener("input", showStrength);
  announceComparison(comparison);
  for (const event of ["focus", "pointerenter"] as const) {
    const target = event === "focus" ? window : document.documentElement;
    // Photopea tells nobody when another layer is chosen: looked up when somebody comes back to the panel.
    target.addEventListener(event, () => {
      if (!panel.hasAttribute("aria-busy")) perform(look);
    });
  }
}

/** Captures, lets the router choose, and shows the result. */
async function restoreFirst(host: PhotopeaHost, chips: Chips): Promise<void> {
  await host.withProgress({ title: "Reading from Photopea" }, async ({ signal, report }) => {
    const capture = await host.capture({ target: chosenTarget(), signal });
    report({ message: "Loading the model" });
    const engine = await startLimpid();
    report({ message: "Restoring" });
    const run = await engine.restore(capture.image, {
      ...selectedPart(capture),
      signal,
      onProgress: ({ done, total }) => report({ fraction: done / total }),
    });
    strength.value = "100";
    chips.show(engine.experts, run.analysis, run.mixture);
    show(capture, run.image);
    if (capture.notes.length > 0) notify({ text: `Note: ${capture.notes.join("; ")}.`, level: "warning" });
  });
  if (chips.choices.length === 0) {
    notify({ text: "Nothing to repair was found. Turn something on to try it all the same." });
  } else {
    notify({ text: `Ready, by ${(await startLimpid()).backend}.` });
  }
}

/** The same pixels with the experts that people have chosen. */
async function restoreAgain(host: PhotopeaHost, chips: Chips): Promise<void> {
  const capture = shown?.capture;
  if (capture === undefined) return;
  await host.withProgress({ title: "Restoring" }, async ({ signal, report }) => {
    const engine = await startLimpid();
    const { choices } = chips;
    if (choices.length === 0) {
      show(capture, capture.image);
      return;
    }
    const run = await engine.restore(capture.image, {
      ...selectedPart(capture),
      experts: choices,
      signal,
      onProgress: ({ done, total }) => report({ fraction: done / total }),
    });
    show(capture, run.image);
  });
}

async function applyShown(host: PhotopeaHost): Promise<void> {
  if (shown === undefined) return;
  const { capture, restored } = shown;
  const image = mix(capture.image, restored, strength.valueAsNumber / 100);
  const commit = await host.withProgress({ title: "Adding the layer" }, () =>
    host.commit(capture, image, {
      mode: "new-layer",
      label: `${capture.name} restored`,
      onConflict: "new-layer",
    }),
  );
  const notes = [...(commit.isConflict ? ["the layer was changed since the preview"] : []), ...commit.notes];
  notify({
    text: notes.length === 0 ? "Added as a new layer." : `Added as a new layer; ${notes.join("; ")}.`,
  });
  showActive(await host.refresh());
}

perform(start);
