import { describe, expect, test } from "@jest/globals";
import { LimpidError } from "../../../src/sdk/base/index.js";
import type { CommitOptions } from "../../../src/sdk/host/index.js";
import { runHostConformance, type HostFixture } from "../../../src/testing/host-conformance/index.js";
import {
  describeUnknowns,
  everyCombination,
  everyPair,
  type FakePhotopea,
  type PhotopeaUnknowns,
} from "../../fakes/photopea/index.js";
import { exclusions, underTest, type DoThere } from "./conformance-fixture.js";
import { connect, makePicture } from "./connected.js";

/** The adapter on a fake Photopea for which some of what nobody knows is decided. */
function fixtureFor(unknowns: PhotopeaUnknowns): HostFixture {
  const open = async (prepare: (photopea: FakePhotopea) => void | Promise<void>) => {
    const { host, photopea } = connect({ timeout: 10_000, startTimeout: 10_000 });
    photopea.settle(unknowns);
    await prepare(photopea);
    const doThere = ((method, ...values) =>
      Reflect.apply(photopea[method] as () => unknown, photopea, values) as unknown) as DoThere;
    return underTest(host, () => photopea.look(), doThere);
  };
  return {
    open: (image) => open((photopea) => image && photopea.open({ layers: [{ image: { ...image } }] })),
    openFile: (bytes) => open((photopea) => photopea.openFile(bytes)),
    exclusions,
  };
}

const names = (photopea: FakePhotopea): unknown =>
  photopea.look()[0]!.layers.map(({ name, children }) => children?.map((child) => child.name) ?? name);

const replace: CommitOptions = { mode: "replace", label: "Restored", onConflict: "refuse" };

describe("the host of Photopea, whatever is the case of what nobody knows", () => {
  test("conforms for any two of the unknowns together", async () => {
    const failures: unknown[] = [];
    for (const unknowns of everyPair) {
      const results = await runHostConformance(fixtureFor(unknowns));
      expect(results.length).toBeGreaterThan(30);
      const failed = results.filter(({ error }) => error !== undefined);
      failures.push(...failed.map((result) => ({ ...result, when: describeUnknowns(unknowns) })));
    }
    expect(failures).toEqual([]);
    expect(everyPair.length).toBeGreaterThan(3);
  });

  test("takes a selected part of a layer between others of its name, and brings it back, for all of them", async () => {
    expect(everyCombination).toHaveLength(2 ** 8);
    for (const unknowns of everyCombination) {
      const { host, photopea } = connect({ timeout: 10_000, startTimeout: 10_000 });
      photopea.settle(unknowns);
      const children = [1, 2, 3].map((seed) => ({
        image: makePicture(3, 2, 4, seed),
        name: "Photo",
        left: 1,
      }));
      photopea.open({ layers: [{ image: makePicture(4, 4), name: "Group", children }], width: 6, height: 5 });
      photopea.chooseLayers([0, 1]);
      const before = names(photopea);
      const found: unknown[] = [(await host.refresh()).selection];
      photopea.select({ x: 2, y: 0, width: 9, height: 1 });
      const capture = await host.capture({ target: "selection" });
      found.push([...capture.image.data].join() === [...children[1]!.image.data].join(), [
        ...capture.mask!.data,
      ]);
      photopea.select();
      const added = await host.commit(capture, capture.image, { ...replace, mode: "new-layer" });
      found.push(photopea.look()[0]!.historyLength - added.undoSteps);
      const isAbove = unknowns.copiesLand === "above-active" || unknowns.moves;
      found.push(added.notes.length === (isAbove ? 0 : 1));
      const expected = isAbove
        ? [["Photo", "Restored", "Photo", "Photo"]]
        : ["Restored", ["Photo", "Photo", "Photo"]];
      found.push(JSON.stringify(names(photopea)) === JSON.stringify(expected));
      for (let step = 0; step < added.undoSteps; step++) photopea.undo();
      found.push(JSON.stringify(names(photopea)) === JSON.stringify(before));
      const replaced = await host
        .commit(capture, capture.image, replace)
        .catch((error: unknown) => (LimpidError.is(error) ? error.code : error));
      const steps = photopea.look()[0]!.historyLength;
      found.push(isAbove ? steps - (replaced as { undoSteps: number }).undoSteps : replaced);
      found.push(JSON.stringify(names(photopea)) === JSON.stringify(before), photopea.strangeMembers.length);
      host.dispose();
      const strange = unknowns.layerIds ? 0 : 1;
      const mask = [0, 255, 255, 0, 0, 0];
      const expectedAll = [
        undefined,
        true,
        mask,
        0,
        true,
        true,
        true,
        isAbove ? 0 : "NotSupported",
        true,
        strange,
      ];
      expect({ when: describeUnknowns(unknowns), found }).toEqual({
        when: describeUnknowns(unknowns),
        found: expectedAll,
      });
    }
  });
});
