import { fileURLToPath } from "node:url";

export default {
  mode: "production",
  context: fileURLToPath(new URL(".", import.meta.url)),
  entry: "./main.js",
  // public/ is what a server hands out: index.html, the bundle, and limpid/ with the assets.
  output: { path: fileURLToPath(new URL("public", import.meta.url)) },
};
