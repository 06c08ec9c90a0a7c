import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { serveFiles, serveFolder } from "../../examples/shared/static-server.mjs";

const folder = mkdtempSync(join(tmpdir(), "limpid-served-"));
let server: { readonly origin: string; close(): Promise<void> };

beforeAll(async () => {
  mkdirSync(join(folder, "site"));
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "site", "index.html"), "<p>start");
  writeFileSync(join(folder, "site", "two words.json"), "{}");
  server = await serveFolder(join(folder, "site"), { base: "/base/", headers: { "x-test": "yes" } });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** As it stands: `fetch` would clean an address. */
function ask(path: string, origin = server.origin): Promise<string> {
  return new Promise((resolve, reject) => {
    request(origin, { path }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("end", () => resolve(`${response.statusCode} ${response.headers["content-type"]} ${body}`));
    })
      .on("error", reject)
      .end();
  });
}

test("a folder is served below its base, with its headers", async () => {
  expect(await ask("/base/")).toBe("200 text/html; charset=utf-8 <p>start");
  expect(await ask("/base/two%20words.json?query")).toBe("200 application/json {}");
  const { headers } = await fetch(`${server.origin}/base/`);
  expect(headers.get("x-test")).toBe("yes");
});

test.each([
  "/base/%E0%A4%A",
  "/base/%",
  "//",
  "/base/../secret.txt",
  "/base/%2e%2e/secret.txt",
  "/elsewhere/",
])("%s is not found, and the server goes on", async (path) => {
  expect(await ask(path)).toBe("404 text/plain Not found\n");
  expect(await ask("/base/")).toMatch(/^200 /);
});

test("files that are made on the way are served by the path that tells their type", async () => {
  const made = await serveFiles((pathname) =>
    pathname === "/"
      ? Promise.resolve({ path: "/index.html", body: "<p>made" })
      : Promise.reject(new Error("there is none")),
  );
  try {
    expect(await ask("/", made.origin)).toBe("200 text/html; charset=utf-8 <p>made");
    expect(await ask("/%E0%A4%A", made.origin)).toMatch(/^404 /);
    expect(await ask("/favicon.ico", made.origin)).toBe("204 undefined ");
  } finally {
    await made.close();
  }
});
