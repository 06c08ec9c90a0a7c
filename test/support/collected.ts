import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "@jest/globals";

/**
 * Asserts that an object becomes garbage although another one stays alive: that the one does not hold on to
 * the other.
 *
 * @param make - returns both; must not leave a reference to `collect` anywhere else
 */
export async function expectCollected(make: () => { keep: unknown; collect: object }): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  // Made in a frame of its own, so that no local variable here refers to the object.
  const { keep, reference } = (() => {
    const { keep, collect } = make();
    return { keep, reference: new WeakRef(collect) };
  })();
  for (let round = 0; round < 5 && reference.deref() !== undefined; round++) {
    await new Promise((resolve) => setTimeout(resolve));
    collectGarbage();
  }
  expect(reference.deref()).toBeUndefined();
  expect(keep).toBeDefined();
}
