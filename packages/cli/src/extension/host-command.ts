import { once } from "node:events";
import { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { parsePort } from "./parse-port.js";
import { serveExtensionHost } from "./host-server.js";

const details = `
The page is a small editor with layers, undo, menus, panels, settings and the
log of the extensions. When a file of an extension changes, it starts anew.

Example:
  limpid extension host .
`;

/** The `extension host` command. */
export function hostCommand(context: CommandContext): Command {
  return new Command("host")
    .summary("try extensions in a small editor, in a browser")
    .description("Serves a page on this machine that runs the extensions of these folders.")
    .argument("[folder...]", "folders of extensions; this one if left out")
    .option("--port <number>", "the port; another one if it is taken", parsePort, 8081)
    .addHelpText("after", details)
    .action(async (folders: readonly string[], { port }: { readonly port: number }) => {
      const { signal, write, program } = context;
      const server = await serveExtensionHost({
        folders: folders.length > 0 ? folders : ["."],
        page: new URL("../extension-host/", program),
        port,
      });
      write(`The extension host is at ${server.origin}/ (Ctrl+C ends it)\n`);
      if (!signal.aborted) await once(signal, "abort");
      await server.close();
    });
}
