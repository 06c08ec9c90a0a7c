// The worker that an extension runs in, in browsers: dist/extension-worker.js.
import { bridgePortOf } from "../sdk/bridge/index.js";
import { runExtension } from "./run-extension.js";

const makeUrl = URL.createObjectURL.bind(URL);
const revokeUrl = URL.revokeObjectURL.bind(URL);

addEventListener(
  "message",
  ({ data }: MessageEvent<{ readonly port: MessagePort }>) => {
    runExtension(bridgePortOf(data.port), {
      moduleLoader: () => {
        const MakeBlob = Blob;
        return async (code) => {
          if (typeof code === "string") return import(code) as Promise<unknown>;
          const url = makeUrl(new MakeBlob([code as Uint8Array<ArrayBuffer>], { type: "text/javascript" }));
          try {
            return (await import(url)) as unknown;
          } finally {
            revokeUrl(url);
          }
        };
      },
      onUncaught: (listener) => {
        addEventListener("error", (event) => {
          event.preventDefault();
          listener(event.error ?? event.message);
        });
        addEventListener("unhandledrejection", (event) => {
          event.preventDefault();
          listener(event.reason);
        });
      },
    });
  },
  { once: true },
);
