import { expect, jest, test } from "@jest/globals";
import { limpidProcess, writePhoto } from "../cli/command.js";
import { useWorkspace } from "../cli/workspace.js";

// The first run may have to build the program.
jest.setTimeout(300_000);

const { at, engine } = useWorkspace();

test("two jobs measure what one does", async () => {
  for (const name of ["a.png", "b.png"]) await writePhoto(at("in", name), { seed: name.length });
  const args = ["evaluate", "--photos", at("in"), "--tasks", "jpeg-10,rain", "--json", ...engine];
  const one = await limpidProcess([...args, "--jobs", "1"]);
  const two = await limpidProcess([...args, "--jobs", "2"]);
  expect(one.code).toBe(0);
  expect(JSON.parse(two.stdout)).toEqual(JSON.parse(one.stdout));
});
