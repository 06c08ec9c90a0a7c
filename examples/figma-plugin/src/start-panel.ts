import { type CaptureTarget, type Limpid, LimpidError } from "limpid";
import {
  connectFigma,
  restoreFills,
  type FigmaHost,
  type FigmaOversize,
  type FigmaSelection,
  type RestoredFill,
} from "limpid/figma";
import { checkedIn, elements, idleControls } from "../../panel/elements.js";
import { ask, notify, perform, withProgress } from "../../panel/interaction.js";
import { clearOutcomes, outcomeOf, showOutcomes } from "../../panel/outcomes.js";
import { RestorePanel } from "../../panel/restore-panel.js";
import { element } from "../../shared/element.js";

/** The plugin's `id`, and where Figma is served; put in by the build. */
declare const PLUGIN_ID: string;
declare const FIGMA_ORIGIN: string;

const { active, all, preview, panel } = elements;
const targets = element("targets", HTMLFieldSetElement);
const modes = element("modes", HTMLFieldSetElement);
const oversize = element("oversize", HTMLSelectElement);
const scale = element("scale", HTMLSelectElement);
const filters = element("filters", HTMLElement);
const barredNotice = element("barred", HTMLElement);

/**
 * Connects the page with Figma, and shows the panel.
 *
 * @param openLimpid - loads the model; called on first use, and again if it failed
 * @param barred - why nothing can be computed here, for people; undefined if it can
 */
export function startPanel(openLimpid: () => Promise<Limpid>, barred?: string): void {
  if (barred !== undefined) {
    barredNotice.textContent = barred;
    barredNotice.hidden = false;
    active.hidden = true;
    for (const control of idleControls()) control.disabled = true;
    panel.removeAttribute("aria-busy");
    return;
  }
  let limpid: Promise<Limpid> | undefined;
  const startLimpid = (): Promise<Limpid> => {
    limpid ??= openLimpid().catch((error: unknown) => {
      limpid = undefined;
      throw error;
    });
    return limpid;
  };
  perform(() => start(startLimpid));
}

async function start(startLimpid: () => Promise<Limpid>): Promise<void> {
  preview.disabled = true;
  notify({ text: "" });
  const host = await connect(startLimpid);
  preview.textContent = "Preview";
  const look = (): void => showSelection(host.selection);
  const restorePanel = new RestorePanel({
    host,
    readingTitle: "Reading from Figma",
    startLimpid,
    capture: (signal) => {
      configure(host);
      return host.capture({ target: chosenTarget(), signal });
    },
    applyTitle: ({ target }) =>
      target === "layer" && chosenMode() === "replace" ? "Replace the photo" : "Add as new layer",
    commit: (capture, image) => {
      configure(host);
      const mode = capture.target === "layer" ? chosenMode() : "new-layer";
      return host.commit(capture, image, {
        mode,
        label: `${capture.name} restored`,
        onConflict: "new-layer",
      });
    },
    look,
  });
  const restoreAll = (strength: number): Promise<void> =>
    restoreSelected(host, startLimpid, restorePanel, strength);
  all.addEventListener("click", () => perform(() => restoreAll(restorePanel.strength)));
  targets.addEventListener("change", look);
  modes.addEventListener("change", () => restorePanel.update());
  host.onDidChangeSelection(look);
  look();
  panel.removeAttribute("aria-busy");
  preview.disabled = false;
  const { command, parameters } = host.launch;
  if (command === "restore") perform(() => restoreAll(strengthOf(parameters.strength)));
}

/** Finds the sandbox; if it is not there, the button tries again. */
async function connect(startLimpid: () => Promise<Limpid>): Promise<FigmaHost> {
  try {
    return await connectFigma({
      origin: FIGMA_ORIGIN,
      pluginId: PLUGIN_ID,
      panel: { withProgress, notify, ask },
    });
  } catch (error) {
    active.textContent = "Not connected with Figma.";
    panel.removeAttribute("aria-busy");
    preview.textContent = "Try again";
    preview.disabled = false;
    preview.addEventListener("click", () => perform(() => start(startLimpid)), { once: true });
    throw error;
  }
}

function chosenTarget(): CaptureTarget {
  return checkedIn(targets) === "image" ? "image" : "layer";
}

function chosenMode(): "replace" | "new-layer" {
  return checkedIn(modes) === "new-layer" ? "new-layer" : "replace";
}

function configure(host: FigmaHost): void {
  host.oversize = oversize.value as FigmaOversize;
  host.renderingScale = Number(scale.value);
}

/** `"75 %"`, as it was chosen in Figma's quick actions. */
function strengthOf(text = "100 %"): number {
  const percent = Number.parseInt(text, 10);
  return Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) / 100 : 1;
}

function showSelection({ layers, fills, isCut }: FigmaSelection): void {
  const isDrawn = chosenTarget() === "image";
  const [first] = isDrawn ? layers : fills;
  if (layers.length === 0) active.textContent = "Nothing is selected.";
  else if (first === undefined) active.textContent = "No selected layer has a photo.";
  else {
    const { length } = isDrawn ? layers : fills;
    const count = `${length}${isCut ? "+" : ""} ${isDrawn ? "layers" : "photos"}`;
    // How many comes first: a long name is cut off.
    active.textContent = length === 1 ? `“${first.name}”` : `${count}: “${first.name}” and others`;
  }
  // A rendering is drawn with the filters, and would be drawn through them again in the place of the photo.
  filters.hidden = isDrawn || fills[0]?.isFiltered !== true;
  modes.hidden = isDrawn;
  all.hidden = isDrawn || fills.length < 2;
  all.textContent = `Restore all ${fills.length}`;
}

/** Every photo in the selection, with the experts that people have chosen if they have looked at one. */
async function restoreSelected(
  host: FigmaHost,
  startLimpid: () => Promise<Limpid>,
  restorePanel: RestorePanel,
  strength: number,
): Promise<void> {
  configure(host);
  clearOutcomes();
  const { choices } = restorePanel;
  let limpid: Limpid | undefined;
  const tell = (restored: readonly RestoredFill[], isCancelled?: boolean): void =>
    showOutcomes(
      restored.map((each) => outcomeOf(each.fill.name, each, limpid)),
      isCancelled,
    );
  try {
    await restorePanel.exclusive(async () => {
      limpid = await host.withProgress({ title: "Loading the model" }, startLimpid);
      const restored = await restoreFills(limpid, host, {
        mode: chosenMode(),
        restore: { strength, ...(choices !== undefined && choices.length > 0 && { experts: choices }) },
      });
      tell(restored);
    });
  } catch (error) {
    if (!LimpidError.is(error, "Aborted")) throw error;
    tell((error.details.restored ?? []) as readonly RestoredFill[], true);
  }
}
