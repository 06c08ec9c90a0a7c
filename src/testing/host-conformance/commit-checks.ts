import { captureTargets, commitModes, type CommitOptions } from "../../sdk/host/index.js";
import { PixelImage } from "../../sdk/image/index.js";
import { withDocument, type CheckDefinition } from "./check.js";
import {
  expectAddedLayer,
  expectMask,
  expectRejection,
  expectSameGeometry,
  expectSamePixels,
  expectThat,
  expectUnchanged,
  lookAt,
  redoCommit,
  undoCommit,
} from "./expectations.js";
import { enlarge, invert, makeAlphaRamp, makePicture, thinSizes } from "./pictures.js";

const replace: CommitOptions = { mode: "replace", label: "Restore", onConflict: "refuse" };

/** How a result comes into the document. */
export const commitChecks: readonly CheckDefinition[] = [
  {
    name: "replaces opaque pixels bit for bit",
    run: (fixture) =>
      withDocument(fixture, makePicture(33, 17), async (opened) => {
        const before = await lookAt(opened);
        const capture = await opened.host.capture();
        const commit = await opened.host.commit(capture, invert(capture.image), replace);
        expectThat(commit.mode === "replace" && !commit.isConflict, "replaced without a conflict");
        await expectUnchanged(opened, { ...before, pixels: invert(before.pixels) }, "after the commit");
        expectSamePixels((await opened.host.capture()).image, invert(before.pixels), "captured again");
      }),
  },
  {
    name: "replaces straight alpha bit for bit, with the colour under transparent pixels",
    run: (fixture) =>
      withDocument(fixture, makeAlphaRamp(), async (opened) => {
        const capture = await opened.host.capture();
        await opened.host.commit(capture, invert(capture.image), replace);
        expectSamePixels((await lookAt(opened)).pixels, invert(makeAlphaRamp()), "after the commit");
        expectSamePixels((await opened.host.capture()).image, invert(makeAlphaRamp()), "captured again");
      }),
  },
  {
    name: "brings an unchanged image back without a trace",
    run: async (fixture) => {
      for (const picture of [makePicture(5, 7), makeAlphaRamp()]) {
        await withDocument(fixture, picture, async (opened) => {
          const before = await lookAt(opened);
          const capture = await opened.host.capture();
          await opened.host.commit(capture, capture.image, replace);
          await expectUnchanged(opened, before, "after the commit");
        });
      }
    },
  },
  {
    name: "brings single pixels, rows and columns back",
    run: async (fixture) => {
      for (const [width, height] of thinSizes) {
        await withDocument(fixture, makePicture(width, height), async (opened) => {
          const before = await lookAt(opened);
          const capture = await opened.host.capture();
          const commit = await opened.host.commit(capture, invert(capture.image), replace);
          const what = `${width} x ${height}`;
          await expectUnchanged(opened, { ...before, pixels: invert(before.pixels) }, what);
          await undoCommit(opened, commit);
          await expectUnchanged(opened, before, `${what}, after undo`);
        });
      }
    },
  },
  {
    name: "keeps crop, rotation, flips, filters and displayed size",
    run: (fixture) =>
      withDocument(fixture, makePicture(64, 32), async (opened) => {
        expectThat(opened.arrange !== undefined, "the fixture arranges nothing");
        await opened.arrange();
        const before = await lookAt(opened);
        const capture = await opened.host.capture();
        expectSamePixels(capture.image, before.pixels, "captured");
        const commit = await opened.host.commit(capture, invert(capture.image), replace);
        expectSamePixels((await lookAt(opened)).pixels, invert(before.pixels), "after the commit");
        expectSameGeometry((await lookAt(opened)).geometry, before.geometry, "after the commit");
        await undoCommit(opened, commit);
        await expectUnchanged(opened, before, "after undo");
      }),
  },
  {
    name: "brings a larger result to the same place at the same displayed size",
    run: (fixture) =>
      withDocument(fixture, makePicture(64, 32), async (opened) => {
        await opened.arrange?.();
        const before = await lookAt(opened);
        const capture = await opened.host.capture();
        const larger = enlarge(invert(capture.image), 4);
        const commit = await opened.host.commit(capture, larger, replace);
        expectSamePixels((await lookAt(opened)).pixels, larger, "after the commit");
        expectSameGeometry((await lookAt(opened)).geometry, before.geometry, "after the commit");
        await undoCommit(opened, commit);
        await expectUnchanged(opened, before, "after undo");
        await redoCommit(opened, commit);
        expectSamePixels((await lookAt(opened)).pixels, larger, "after redo");
        expectSameGeometry((await lookAt(opened)).geometry, before.geometry, "after redo");
      }),
  },
  {
    name: "undoes a replacement in the documented number of steps, and redoes it",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const before = await lookAt(opened);
        const capture = await opened.host.capture();
        const commit = await opened.host.commit(capture, invert(capture.image), replace);
        expectThat(
          commit.undoSteps <= opened.host.capabilities.undoSteps.replace,
          "no more steps than documented",
        );
        await undoCommit(opened, commit);
        await expectUnchanged(opened, before, "after undo");
        await redoCommit(opened, commit);
        await expectUnchanged(opened, { ...before, pixels: invert(before.pixels) }, "after redo");
      }),
  },
  ...(["new-layer", "mask"] as const).map((mode): CheckDefinition => ({
    name: mode === "mask" ? "adds a layer with a layer mask" : "adds a layer above the captured one",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        await opened.arrange?.();
        const before = await lookAt(opened);
        const capture = await opened.host.capture();
        const { canResize, undoSteps } = opened.host.capabilities;
        for (const factor of canResize ? [1, 2] : [1]) {
          const result = enlarge(invert(capture.image), factor);
          const commit = await opened.host.commit(capture, result, { ...replace, mode });
          expectThat(commit.mode === mode && !commit.isConflict, `the result came as ${commit.mode}`);
          expectThat(commit.undoSteps <= undoSteps[mode], "no more steps than documented");
          const added = await expectAddedLayer(opened, before, result);
          expectMask(added, mode === "mask" ? () => true : undefined);
          await expectUnchanged(opened, { ...before, layerCount: before.layerCount + 1 }, "after the commit");
          await undoCommit(opened, commit);
          await expectUnchanged(opened, before, "after undo");
        }
      }),
  })),
  {
    name: "refuses a result beyond its limits and leaves the document alone",
    run: (fixture) =>
      withDocument(fixture, makePicture(4, 1), async (opened) => {
        const before = await lookAt(opened);
        const capture = await opened.host.capture();
        const { maximumSide, maximumPixels } = opened.host.capabilities;
        expectThat(maximumSide <= maximumPixels, "a side of the maximum is an image");
        const width = maximumSide + 1;
        const large = new PixelImage({ width, height: 1, channels: 1, data: new Uint8Array(width) });
        await expectRejection(() => opened.host.commit(capture, large, replace), "ImageTooLarge", "commit");
        await expectUnchanged(opened, before, "after the refusal");
      }),
  },
  {
    name: "refuses a result of other proportions and leaves the document alone",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const before = await lookAt(opened);
        const capture = await opened.host.capture();
        const other = makePicture(8, 12);
        await expectRejection(() => opened.host.commit(capture, other, replace), "InvalidArgument", "commit");
        await expectUnchanged(opened, before, "after the refusal");
      }),
  },
  {
    name: "refuses every mode that its capabilities do not name",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const { host } = opened;
        const before = await lookAt(opened);
        const capture = await host.capture();
        for (const target of captureTargets) {
          const modes = host.capabilities.commit[target];
          if (modes.length === 0) {
            await expectRejection(() => host.capture({ target }), "NotSupported", `capture of ${target}`);
          }
          for (const mode of commitModes.filter((candidate) => !modes.includes(candidate))) {
            const commit = () => host.commit({ ...capture, target }, capture.image, { ...replace, mode });
            await expectRejection(commit, "NotSupported", `${target} by ${mode}`);
          }
        }
        await expectUnchanged(opened, before, "after the refusals");
      }),
  },
  {
    name: "refuses to overwrite pixels that were changed meanwhile",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const capture = await opened.host.capture();
        await opened.edit();
        const edited = await lookAt(opened);
        const commit = () => opened.host.commit(capture, invert(capture.image), replace);
        await expectRejection(commit, "DocumentChanged", "commit");
        await expectUnchanged(opened, edited, "after the refusal");
      }),
  },
  {
    name: "adds a layer when the pixels were changed meanwhile, if asked to",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        const capture = await opened.host.capture();
        await opened.edit();
        const edited = await lookAt(opened);
        const result = invert(capture.image);
        const options: CommitOptions = { ...replace, onConflict: "new-layer" };
        const commit = await opened.host.commit(capture, result, options);
        expectThat(commit.mode === "new-layer" && commit.isConflict, "a conflict gives a new layer");
        await expectAddedLayer(opened, edited, result);
        await expectUnchanged(opened, { ...edited, layerCount: edited.layerCount + 1 }, "after the commit");
        await undoCommit(opened, commit);
        await expectUnchanged(opened, edited, "after undo");
      }),
  },
  {
    name: "refuses, or adds a layer, when the layer was removed meanwhile",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        expectThat(opened.remove !== undefined, "the fixture removes nothing");
        await opened.arrange?.();
        const before = await lookAt(opened);
        const capture = await opened.host.capture();
        await opened.remove();
        const count = (await opened.layers()).length;
        const refused = () => opened.host.commit(capture, invert(capture.image), replace);
        await expectRejection(refused, "DocumentChanged", "commit");
        expectThat((await opened.layers()).length === count, "the refusal left the document alone");
        if (!opened.host.capabilities.commit.layer.includes("new-layer")) return;
        const options: CommitOptions = { ...replace, onConflict: "new-layer" };
        const result = invert(capture.image);
        const commit = await opened.host.commit(capture, result, options);
        expectThat(commit.mode === "new-layer" && commit.isConflict, "a conflict gives a new layer");
        await expectAddedLayer(opened, before, result);
      }),
  },
  {
    name: "refuses a result whose document was closed meanwhile",
    run: (fixture) =>
      withDocument(fixture, makePicture(12, 8), async (opened) => {
        expectThat(opened.closeDocument !== undefined, "the fixture closes no documents");
        const capture = await opened.host.capture();
        await opened.closeDocument();
        for (const onConflict of ["refuse", "new-layer"] as const) {
          const commit = () => opened.host.commit(capture, invert(capture.image), { ...replace, onConflict });
          await expectRejection(commit, "DocumentChanged", onConflict);
        }
      }),
  },
];
