// The plugin's sandbox: `main` of the manifest.
import type { PluginAPI } from "@figma/plugin-typings/plugin-api-standalone.js";
import { serveFigma } from "limpid/figma/main";

declare const figma: PluginAPI;
declare const __html__: string;

/** Where the plugin's page is served; empty if Figma holds it itself. Put in by the build. */
declare const PAGE_URL: string;

serveFigma(figma, {
  page: PAGE_URL === "" ? { html: __html__ } : { url: PAGE_URL },
  width: 340,
  height: 640,
  relaunch: { restore: "Restores the photos of the selected layers" },
  parameters: { strength: ["100 %", "75 %", "50 %", "25 %"] },
});
