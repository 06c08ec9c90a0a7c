import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { version } from "../../src/sdk/base/index.js";

test("version is the package's", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(version).toBe(manifest.version);
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
});
