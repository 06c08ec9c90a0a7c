import { LimpidError } from "../../sdk/base/index.js";
import { runOnHost, type Restorer } from "../../sdk/host/index.js";
import type { RestoreOptions } from "../../sdk/restore/index.js";
import { withDocument, type CheckDefinition } from "./check.js";
import {
  expectAddedLayer,
  expectMask,
  expectRejection,
  expectSamePixels,
  expectThat,
  expectUnchanged,
  lookAt,
} from "./expectations.js";
import { invert, makePicture } from "./pictures.js";

/** Inverts the image where a mask allows; `tiles` 0 stands for an image in which nothing was found. */
function makeRestorer(
  tiles = 1,
  meanwhile: () => unknown = () => undefined,
): Restorer & { seen: RestoreOptions[] } {
  const seen: RestoreOptions[] = [];
  return {
    seen,
    restore: async (image, options = {}) => {
      seen.push(options);
      await meanwhile();
      const result = invert(image);
      if (options.mask !== undefined) {
        const { channels } = image;
        result.data.forEach((_, index) => {
          const pixel = Math.floor(index / channels) * options.mask!.channels;
          if (options.mask!.data[pixel] === 0) result.data[index] = image.data[index]!;
        });
      }
      return {
        image: tiles === 0 ? image.clone() : result,
        analysis: { degradations: [], present: [], embedding: new Float32Array() },
        mixture: [],
        tiles,
        tileSize: 64,
        backend: "cpu",
        timings: { analyze: 0, prepare: 0, tiles: 0, total: 0 },
      };
    },
  };
}

/** Whole runs: capture, restore, commit. */
export const runChecks: readonly CheckDefinition[] = [
  {
    name: "restores the active layer in one go",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const before = await lookAt(opened);
        const { commit } = await runOnHost(makeRestorer(), opened.host);
        expectThat(commit !== undefined && !commit.isConflict, "the result was brought back");
        await expectUnchanged(opened, { ...before, pixels: invert(before.pixels) }, "after the run");
      }),
  },
  {
    name: "restores only what is selected",
    run: (fixture) =>
      withDocument(fixture, makePicture(8, 6), async (opened) => {
        expectThat(opened.select !== undefined, "the fixture has no selections");
        const region = { x: 2, y: 1, width: 3, height: 4 };
        await opened.select(region);
        const before = await lookAt(opened);
        const restorer = makeRestorer();
        await runOnHost(restorer, opened.host, { target: "selection" });
        const asked = JSON.stringify(restorer.seen[0]?.region);
        expectThat(asked === JSON.stringify(region), `the region asked for is ${asked}`);
        const expected = before.pixels.clone();
        const inverted = invert(before.pixels);
        expected.data.forEach((_, index) => {
          const pixel = Math.floor(index / expected.channels);
          const [x, y] = [pixel % 8, Math.floor(pixel / 8)];
          if (x >= 2 && x < 5 && y >= 1 && y < 5) expected.data[index] = inverted.data[index]!;
        });
        expectSamePixels((await lookAt(opened)).pixels, expected, "after the run");
        if (!opened.host.capabilities.commit.selection.includes("mask")) return;
        const restored = await lookAt(opened);
        const capture = await opened.host.capture({ target: "selection" });
        const result = invert(capture.image);
        await opened.host.commit(capture, result, { mode: "mask", label: "Masked", onConflict: "refuse" });
        const added = await expectAddedLayer(opened, restored, result);
        expectMask(added, (x, y) => x >= 2 && x < 5 && y >= 1 && y < 5);
      }),
  },
  {
    name: "leaves the document alone if nothing was found, or the restore fails",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const before = await lookAt(opened);
        const { commit } = await runOnHost(makeRestorer(0), opened.host);
        expectThat(commit === undefined, "nothing was brought back");
        await expectUnchanged(opened, before, "after a run without a finding");
        const failing: Restorer = {
          restore: () => Promise.reject(new LimpidError("OutOfMemory", "no memory for the tile")),
        };
        await expectRejection(() => runOnHost(failing, opened.host), "OutOfMemory", "the run");
        await expectUnchanged(opened, before, "after a failed run");
      }),
  },
  {
    name: "leaves the document alone if the run is aborted",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const before = await lookAt(opened);
        const controller = new AbortController();
        const restorer = makeRestorer(1, () => controller.abort());
        const run = () => runOnHost(restorer, opened.host, { signal: controller.signal });
        await expectRejection(run, "Aborted", "the run");
        await expectUnchanged(opened, before, "after the run");
      }),
  },
  {
    name: "does not overwrite what was changed during the run",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const restorer = makeRestorer(1, () => opened.edit());
        await expectRejection(
          () => runOnHost(restorer, opened.host, { onConflict: "refuse" }),
          "DocumentChanged",
          "the run",
        );
        const edited = (await lookAt(opened)).pixels;
        expectThat(
          edited.data.some((value, index) => value !== makePicture(12, 8).data[index]),
          "the edit is still there",
        );
      }),
  },
];
