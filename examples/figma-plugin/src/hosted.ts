// The page of the build that is served: model and workers come from beside it.
import { createLimpid } from "limpid";
import { startPanel } from "./start-panel.js";

startPanel(() => createLimpid({ assets: "limpid/" }));
