import { DisposableStore, LimpidError, type Disposable } from "../base/index.js";
import type { Commands } from "../extensions/index.js";
import { runOnHost, type EditorHost, type Restorer } from "../host/index.js";

/**
 * Registers what Limpid itself can do in an editor: `limpid.restore` takes {@link RunOnHostOptions}, restores what is
 * active and gives back a {@link HostRun}.
 *
 * @param commands - takes the command
 * @param limpid - what restores
 * @param host - the editor
 * @returns takes the command away
 */
export function registerHostCommands(commands: Commands, limpid: Restorer, host: EditorHost): Disposable {
  const added = new DisposableStore();
  added.add(
    commands.register(
      "limpid.restore",
      (options = {}) => {
        if (typeof options !== "object" || options === null) {
          throw new LimpidError("InvalidArgument", "limpid.restore takes options, or nothing");
        }
        return runOnHost(limpid, host, options);
      },
      { title: "Restore", category: "Limpid" },
    ),
  );
  return added;
}
