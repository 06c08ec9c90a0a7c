import { describe, expect, test } from "@jest/globals";
import type { Capture, Commit, EditorHost } from "../../src/sdk/host/index.js";
import type { PixelImage } from "../../src/sdk/image/index.js";
import { hostConformanceChecks, runHostConformance, type HostFixture } from "../../src/testing/index.js";
import { openHeadless } from "./open-headless.js";

/** A fixture whose host was spoilt. */
function spoilt(spoil: (host: EditorHost, document: ReturnType<typeof openHeadless>) => void): HostFixture {
  return {
    open: (image) => {
      const document = openHeadless(image);
      spoil(document.host, document);
      return Promise.resolve(document);
    },
    exclusions: {
      "captures photos upright, whatever their EXIF orientation": "it holds pixels, not files",
      "refuses a result whose document was closed meanwhile": "its document ends with it",
    },
  };
}

async function failuresOf(fixture: HostFixture): Promise<readonly string[]> {
  const results = await runHostConformance(fixture);
  return results.filter(({ error }) => error !== undefined).map(({ name }) => name);
}

/** What an 8-bit canvas does to transparent pixels. */
function premultiply(image: PixelImage): void {
  if (!image.hasAlpha) return;
  const { channels, data } = image;
  for (let index = 0; index < data.length; index += channels) {
    const alpha = data[index + channels - 1]! / 255;
    for (let channel = 0; channel < channels - 1; channel++) {
      const stored = Math.round(data[index + channel]! * alpha);
      data[index + channel] = alpha === 0 ? 0 : Math.round(stored / alpha);
    }
  }
}

describe("the conformance suite finds a host that", () => {
  test("premultiplies on the way out", async () => {
    const failures = await failuresOf(
      spoilt((host) => {
        const capture = host.capture.bind(host);
        host.capture = async (options): Promise<Capture> => {
          const taken = await capture(options);
          premultiply(taken.image);
          return taken;
        };
      }),
    );
    expect(failures).toContain(
      "captures straight alpha bit for bit, with the colour under transparent pixels",
    );
    expect(failures).not.toContain("captures opaque pixels bit for bit");
  });

  test("overwrites what was changed meanwhile", async () => {
    const failures = await failuresOf(
      spoilt((host) => {
        const commit = host.commit.bind(host);
        host.commit = async (capture, result, options): Promise<Commit> => {
          const { revision } = await host.capture().catch(() => capture);
          return commit({ ...capture, revision }, result, options);
        };
      }),
    );
    expect(failures).toEqual(
      expect.arrayContaining([
        "refuses to overwrite pixels that were changed meanwhile",
        "does not overwrite what was changed during the run",
      ]),
    );
  });

  test("makes more undo steps than it says", async () => {
    const failures = await failuresOf(
      spoilt((host, { host: document }) => {
        const commit = host.commit.bind(host);
        host.commit = async (capture, result, options) => {
          const done = await commit(capture, result, options);
          document.updateLayer(document.layers.at(-1)!.id, { name: "renamed" });
          return done;
        };
      }),
    );
    expect(failures).toContain("undoes a replacement in the documented number of steps, and redoes it");
  });

  test("changes the document before it refuses", async () => {
    const failures = await failuresOf(
      spoilt((host, opened) => {
        const commit = host.commit.bind(host);
        host.commit = (capture, result, options) => {
          void opened.edit();
          return commit(capture, result, options);
        };
      }),
    );
    expect(failures).toContain("refuses a result beyond its limits and leaves the document alone");
  });
});

type CommitValues = Parameters<EditorHost["commit"]>;

/** A host that commits something else. */
const committing = (change: (...values: CommitValues) => CommitValues) => (host: EditorHost) => {
  const commit = host.commit.bind(host);
  host.commit = (...values) => commit(...change(...values));
};

/** A host that gives something else out. */
const capturing = (change: (capture: Capture) => Capture) => (host: EditorHost) => {
  const capture = host.capture.bind(host);
  host.capture = async (options) => change(await capture(options));
};

let opened = 0;
test.each<[string, (host: EditorHost) => void, string]>([
  [
    "adds no mask to a new layer",
    committing((capture, result, options) => [
      capture,
      result,
      options.mode === "mask" ? { ...options, mode: "new-layer" } : options,
    ]),
    "adds a layer with a layer mask",
  ],
  [
    "shows all of a masked layer",
    committing((capture, result, options) => [{ ...capture, mask: undefined }, result, options]),
    "restores only what is selected",
  ],
  [
    "shows what was not selected of a masked layer",
    committing((capture, result, options) => [
      {
        ...capture,
        mask: capture.mask?.withData(Uint8Array.from(capture.mask.data, (value) => 255 - value)),
      },
      result,
      options,
    ]),
    "restores only what is selected",
  ],
  [
    "takes the active layer for the whole document",
    (host) => {
      const capture = host.capture.bind(host);
      host.capture = ({ target, ...options } = {}) =>
        capture({ ...options, ...(target !== undefined && target !== "image" && { target }) });
    },
    "captures what is visible as a picture of its own",
  ],
  [
    "says of the whole document that it is a layer",
    capturing((capture) => ({ ...capture, target: capture.mask ? "selection" : "layer" })),
    "captures what is visible as a picture of its own",
  ],
  [
    "gives a document another id each time",
    capturing((capture) => ({ ...capture, documentId: `document ${++opened}` })),
    "gives another revision after an edit",
  ],
])("the conformance suite finds a host that %s", async (_, spoil, check) => {
  expect(await failuresOf(spoilt(spoil))).toContain(check);
});

test("an exclusion that no longer holds is an error, and so is one of a check that does not exist", async () => {
  const open: HostFixture["open"] = (image) => Promise.resolve(openHeadless(image));
  const name = "captures opaque pixels bit for bit";
  const excluded = hostConformanceChecks({ open, exclusions: { [name]: "no reason" } });
  await expect(excluded.find((check) => check.name === name)?.run()).rejects.toThrow("though it is excluded");
  expect(() => hostConformanceChecks({ open, exclusions: { "flies to the moon": "no wings" } })).toThrow(
    RangeError,
  );
});
