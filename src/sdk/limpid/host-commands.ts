import { LimpidError, type Disposable } from "../base/index.js";
import type { Commands } from "../extensions/index.js";
import { runOnHost, type EditorHost, type HostRun, type Restorer } from "../host/index.js";

/** What an extension learns of a run: pixels do not go through commands. */
function summaryOf({ result, commit }: HostRun) {
  const { analysis, mixture, backend } = result;
  return {
    isChanged: commit !== undefined,
    degradations: analysis.degradations.map(({ degradation, probability }) => ({ degradation, probability })),
    mixture: mixture.map(({ expert, weight }) => ({ expert, weight })),
    backend,
  };
}

/**
 * Registers what Limpid itself can do in an editor: `limpid.restore` takes {@link RestoreOnOptions}, restores what is
 * active and gives back a {@link HostRun}; to an extension, which needs the capability `pixels`, what was found and done.
 */
export function registerHostCommands(commands: Commands, limpid: Restorer, host: EditorHost): Disposable {
  return commands.register(
    "limpid.restore",
    async function (options = {}) {
      if (typeof options !== "object" || options === null) {
        throw new LimpidError("InvalidArgument", "limpid.restore takes options, or nothing");
      }
      const run = await runOnHost(limpid, host, options);
      return this.caller === undefined ? run : summaryOf(run);
    },
    { title: "Restore", category: "Limpid" },
  );
}
