// Runs in a sandboxed frame, which is denied all storage: installs a pack and tells its parent what it was kept in.
import { ExpertSet } from "../../../src/sdk/experts/index.js";
import { packFromFiles } from "../../../src/sdk/index.js";
import { Packs } from "../../../src/sdk/packs/index.js";

/** What the frame is sent. */
export interface FrameRequest {
  readonly base: { id: string; version: string; sha256: string; config: never };
  readonly files: readonly (readonly [string, readonly number[]])[];
}

addEventListener("message", ({ data, source }: MessageEvent<FrameRequest>) => {
  const { base, files } = data;
  const answer = async (): Promise<unknown> => {
    const experts = new ExpertSet(base);
    const packs = await Packs.open({ experts, base, config: base.config });
    const map = new Map(files.map(([path, bytes]) => [path, Uint8Array.from(bytes)]));
    const { id } = await packs.install(packFromFiles(map));
    const { kind, fallbackReason } = packs.cache;
    return { id, kind, fallbackReason, experts: experts.size, origin: self.origin };
  };
  void answer()
    .catch((error: unknown) => ({ error: String(error) }))
    .then((result) => (source as Window).postMessage(result, "*"));
});
parent.postMessage("ready", "*");
