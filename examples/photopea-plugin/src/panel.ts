import { type CaptureTarget, createLimpid, type HostSelection, type Limpid } from "limpid";
import { connectPhotopea, type PhotopeaHost, type PhotopeaState } from "limpid/photopea";
import { checkedIn, elements } from "../../panel/elements.js";
import { notify, perform, withProgress } from "../../panel/interaction.js";
import { RestorePanel } from "../../panel/restore-panel.js";
import { element } from "../../shared/element.js";

/** Where Photopea is served; put in by the build. */
declare const PHOTOPEA_ORIGIN: string;
/** Folders of the packs that come with the plugin, with a slash at their ends; put in by the build. */
declare const PACKS: readonly string[];

let limpid: Promise<Limpid> | undefined;
/** What was active when Photopea was asked last. */
let selected: HostSelection | undefined;

const { active, preview, panel } = elements;
const targets = element("targets", HTMLFieldSetElement);

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

function showActive({ document: open, layer }: PhotopeaState): void {
  if (open === undefined) active.textContent = "No document is open.";
  else active.textContent = layer === undefined ? open.key.name : `${layer.name} in ${open.key.name}`;
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
  host.onDidChangeSelection((selection) => (selected = selection));
  preview.textContent = "Preview";
  const look = async (): Promise<void> => showActive(await host.refresh());
  await look();
  panel.removeAttribute("aria-busy");
  preview.disabled = false;

  new RestorePanel({
    host,
    readingTitle: "Reading from Photopea",
    startLimpid: () => startLimpid(host),
    capture: (signal) => host.capture({ target: (checkedIn(targets) ?? "layer") as CaptureTarget, signal }),
    commit: (capture, image) =>
      host.commit(capture, image, {
        mode: "new-layer",
        label: `${capture.name} restored`,
        onConflict: "new-layer",
      }),
    look,
  });
  for (const event of ["focus", "pointerenter"] as const) {
    const target = event === "focus" ? window : document.documentElement;
    // Photopea tells nobody when another layer is chosen: looked up when somebody comes back to the panel.
    target.addEventListener(event, () => {
      if (!panel.hasAttribute("aria-busy")) perform(look);
    });
  }
}

perform(start);
