// The worker that an extension runs in, in browsers: dist/extension-worker.js.
import { runSandbox, type SandboxOptions } from "./sandbox.js";

addEventListener(
  "message",
  ({ data }: MessageEvent<{ readonly port: MessagePort } & SandboxOptions>) => {
    void runSandbox(data.port, data);
  },
  { once: true },
);
