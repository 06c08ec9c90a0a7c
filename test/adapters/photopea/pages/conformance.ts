// Runs the conformance suite on the adapter, in a panel of Photopea or in a page around it.
import { connectPhotopea, embedPhotopea } from "../../../../src/adapters/photopea/index.js";
import type { PixelImage } from "../../../../src/sdk/image/index.js";
import {
  runHostConformance,
  type HostConformanceResult,
  type HostFixture,
  type HostUnderTest,
} from "../../../../src/testing/host-conformance/index.js";
import { FakePhotopeaRemote } from "../../../fakes/photopea/index.js";
import { exclusions, underTest } from "../conformance-fixture.js";

/** What a page found. */
export interface ConformanceReport {
  readonly results: readonly HostConformanceResult[];
  /** Every script that Photopea was sent. */
  readonly scripts: readonly string[];
}

const isPanel = window.parent !== window;
const origin = isPanel
  ? new URL(document.referrer).origin
  : new URL(location.href).searchParams.get("editor")!;
const scripts = new Set<string>();

async function openHost(prepare: (photopea: FakePhotopeaRemote) => Promise<void>): Promise<HostUnderTest> {
  const options = { origin, timeout: 20_000 };
  const host = await (isPanel
    ? connectPhotopea(options)
    : embedPhotopea({ ...options, container: document.body }));
  const frame = document.querySelector("iframe");
  const photopea = new FakePhotopeaRemote(isPanel ? window.parent : frame!.contentWindow!, origin);
  await prepare(photopea);
  return {
    ...underTest(
      host,
      () => photopea.look(),
      (method, ...values) => photopea.do(method, ...values),
    ),
    async close() {
      if (!isPanel) return;
      for (const script of await photopea.scripts()) scripts.add(script);
      for (const _ of await photopea.look()) await photopea.do("closeDocument");
    },
  };
}

const fixture: HostFixture = {
  open: (image: PixelImage | undefined) =>
    openHost(async (photopea) => {
      if (image !== undefined) await photopea.do("open", { layers: [{ image: { ...image } }] });
    }),
  openFile: (bytes) => openHost((photopea) => photopea.do("openFile", bytes)),
  exclusions,
};

Object.assign(globalThis, {
  runConformance: async (): Promise<ConformanceReport> => {
    const results = await runHostConformance(fixture);
    return { results, scripts: [...scripts] };
  },
});
