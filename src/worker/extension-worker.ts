// The worker that an extension runs in, in browsers: dist/extension-worker.js.
import type { MessagePortLike } from "../sdk/bridge/index.js";
import { runSandbox, type SandboxOptions } from "./sandbox.js";

addEventListener(
  "message",
  ({ data }: MessageEvent<{ readonly port: MessagePort } & SandboxOptions>) => {
    void runSandbox(data.port as unknown as MessagePortLike, data);
  },
  { once: true },
);
