import { LimpidError } from "../base/index.js";
import type { EditorPixels } from "../extensions/index.js";
import type { Capture, EditorHost } from "../host/index.js";

/**
 * The pixels of an editor for extensions: what is active is taken, and what comes back belongs where the last one was
 * taken from. Pixels that somebody changed meanwhile are not overwritten.
 */
export function hostPixels(host: EditorHost): EditorPixels {
  let last: Capture | undefined;
  return {
    async read(signal) {
      last = await host.capture({ signal });
      return last.image;
    },
    async write(image) {
      if (last === undefined)
        throw new LimpidError("InvalidArgument", "no image was read, so none can be replaced");
      const capture = last;
      const modes = host.capabilities.commit[capture.target];
      const mode = modes.includes("replace") ? "replace" : (modes[0] ?? "replace");
      await host.commit(capture, image, { mode, label: "Extension", onConflict: "new-layer" });
      // What was taken is no longer what is there.
      last = undefined;
    },
  };
}
