import { type CaptureTarget, createLimpid, type HostSelection, type Limpid, LimpidError } from "limpid";
import {
  connectPhotopea,
  type PhotopeaHost,
  type PhotopeaLayer,
  type PhotopeaState,
  type RestoredLayer,
  restoreLayers,
} from "limpid/photopea";
import { checkedIn, elements } from "../../panel/elements.js";
import { ask, notify, perform, withProgress } from "../../panel/interaction.js";
import { clearOutcomes, type Outcome, outcomeOf, showOutcomes } from "../../panel/outcomes.js";
import { RestorePanel } from "../../panel/restore-panel.js";
import { element } from "../../shared/element.js";
import { isMadeOfPixels, kindNote, kindsNote, whyLeftOut } from "./layer-kinds.js";

/** Where Photopea is served; put in by the build. */
declare const PHOTOPEA_ORIGIN: string;
/** Folders of the packs that come with the plugin, with a slash at their ends; put in by the build. */
declare const PACKS: readonly string[];

let limpid: Promise<Limpid> | undefined;
/** What was active when Photopea was asked last. */
let selected: HostSelection | undefined;
let state: PhotopeaState | undefined;
/** Layers that a batch was cancelled before: by then Photopea has another one chosen, the last result. */
let left:
  { readonly source: string; readonly name: string; readonly layers: readonly PhotopeaLayer[] } | undefined;

const { active, all, preview, panel } = elements;
const targets = element("targets", HTMLFieldSetElement);
const kind = element("kind", HTMLElement);

/** Loads the model and the extensions on first use; after a failure the next click tries again. */
function startLimpid(host: PhotopeaHost): Promise<Limpid> {
  limpid ??= openLimpid(host).catch((error: unknown) => {
    limpid = undefined;
    throw error;
  });
  return limpid;
}

async function openLimpid(host: PhotopeaHost): Promise<Limpid> {
  const opened = await createLimpid({ assets: "limpid/", host });
  // What the `when` clauses of commands and menus are held against.
  const tell = ({ layerId, hasSelection }: HostSelection): void => {
    opened.contextKeys.set("hasImage", layerId !== undefined);
    opened.contextKeys.set("hasSelection", hasSelection);
  };
  host.onDidChangeSelection(tell);
  if (selected !== undefined) tell(selected);
  for (const path of PACKS) {
    // The panel is of use without them, too.
    await opened.extensions.install(new URL(path, document.baseURI)).catch((error: unknown) => {
      notify({ text: error instanceof Error ? error.message : String(error), level: "error" });
    });
  }
  return opened;
}

function chosenTarget(): CaptureTarget {
  return (checkedIn(targets) ?? "layer") as CaptureTarget;
}

/** What a cancelled batch has left, while its document is the active one. */
function leftHere({ document }: PhotopeaState): readonly PhotopeaLayer[] {
  const isHere =
    left !== undefined && document?.key.source === left.source && document.key.name === left.name;
  return isHere ? left!.layers : [];
}

/** Says what is active, and what of it is no plain layer before anything is done with it. */
function showState(): void {
  if (state === undefined) return;
  const { document: open, layer, layers } = state;
  if (open === undefined) active.textContent = "No document is open.";
  else if (layer === undefined) active.textContent = open.key.name;
  // How many comes first: a long name is cut off.
  else if (layers.length > 1) active.textContent = `${layers.length} layers: “${layer.name}” and others`;
  else active.textContent = `“${layer.name}” in ${open.key.name}`;
  const note = layer === undefined || chosenTarget() === "image" ? "" : kindNote(layer);
  kind.textContent = note;
  kind.hidden = note === "";
  const isBatch = layers.length > 1;
  const rest = leftHere(state).length;
  all.hidden = chosenTarget() !== "layer" || (!isBatch && rest === 0);
  all.textContent = isBatch ? `Restore all ${layers.length}` : `Go on with the other ${rest}`;
}

/** Every chosen layer that has pixels, with the experts that people have chosen if they have looked at one. */
async function restoreAll(host: PhotopeaHost, restorePanel: RestorePanel): Promise<void> {
  clearOutcomes();
  const now = await host.refresh();
  const chosen = now.layers.length > 1 ? now.layers : leftHere(now);
  left = undefined;
  const leftOut: Outcome[] = [];
  let wanted = chosen.filter((layer) => {
    const why = whyLeftOut(layer);
    if (why !== undefined) leftOut.push({ name: layer.name, leftOut: why });
    return why === undefined;
  });
  const others = wanted.filter((layer) => !isMadeOfPixels(layer));
  if (others.length > 0) {
    const answer = await ask({
      text: kindsNote(others),
      detail: "The source stays as it is; the result is a layer of pixels above it.",
      choices: [
        { id: "all", title: "Restore all" },
        { id: "pixels", title: "Leave out" },
      ],
    });
    if (answer === undefined) return;
    if (answer === "pixels") {
      wanted = wanted.filter(isMadeOfPixels);
      leftOut.push(...others.map(({ name }) => ({ name, leftOut: "left out" })));
    }
  }
  let started: Limpid | undefined;
  const tell = (restored: readonly RestoredLayer[], isCancelled?: boolean): void => {
    const done = restored.map((each) => outcomeOf(each.layer.name, each, started));
    showOutcomes([...done, ...leftOut], isCancelled);
  };
  if (wanted.length === 0) return tell([]);
  const { choices, strength } = restorePanel;
  try {
    await restorePanel.exclusive(async () => {
      started = await host.withProgress({ title: "Loading the model" }, () => startLimpid(host));
      const restored = await restoreLayers(started, host, {
        layers: wanted,
        restore: { strength, ...(choices !== undefined && choices.length > 0 && { experts: choices }) },
      });
      tell(restored);
    });
  } catch (error) {
    if (!LimpidError.is(error, "Aborted")) throw error;
    const restored = (error.details.restored ?? []) as readonly RestoredLayer[];
    const ids = new Set(restored.map(({ layer }) => layer.id));
    const { source = "", name = "" } = now.document?.key ?? {};
    left = { source, name, layers: wanted.filter(({ id }) => !ids.has(id)) };
    tell(restored, true);
  }
}

/** Finds Photopea; if it is not there, the button tries again. */
async function connect(): Promise<PhotopeaHost> {
  try {
    return await connectPhotopea({
      origin: PHOTOPEA_ORIGIN,
      startTimeout: 15_000,
      panel: { withProgress, notify, ask },
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
  host.onDidChangeSelection((selection) => (selected = selection));
  preview.textContent = "Preview";
  const look = async (): Promise<void> => {
    state = await host.refresh();
    showState();
  };
  await look();
  panel.removeAttribute("aria-busy");
  preview.disabled = false;

  const restorePanel = new RestorePanel({
    host,
    readingTitle: "Reading from Photopea",
    startLimpid: () => startLimpid(host),
    capture: (signal) => host.capture({ target: chosenTarget(), signal }),
    applyTitle: ({ target }) => (target === "selection" ? "Apply with a layer mask" : "Apply as new layer"),
    commit: (capture, image) =>
      host.commit(capture, image, {
        mode: capture.target === "selection" ? "mask" : "new-layer",
        label: `${capture.name} restored`,
        onConflict: "new-layer",
      }),
    look,
  });
  all.addEventListener("click", () => perform(() => restoreAll(host, restorePanel).then(look)));
  targets.addEventListener("change", showState);
  for (const event of ["focus", "pointerenter"] as const) {
    const target = event === "focus" ? window : document.documentElement;
    // Photopea tells nobody when another layer is chosen: looked up when somebody comes back to the panel.
    target.addEventListener(event, () => {
      if (!panel.hasAttribute("aria-busy")) perform(look);
    });
  }
}

perform(start);
