import { describe, expect, test } from "@jest/globals";
import { parse } from "acorn";
import fc from "fast-check";
import { PhotopeaExchange } from "../../../src/adapters/photopea/exchange.js";
import { PhotopeaScript, script } from "../../../src/adapters/photopea/script.js";
import { closeScratchDocuments } from "../../../src/adapters/photopea/scripts/close-scratch.js";
import { exportDocument } from "../../../src/adapters/photopea/scripts/export-document.js";
import { exportLayer } from "../../../src/adapters/photopea/scripts/export-layer.js";
import { exportSelection } from "../../../src/adapters/photopea/scripts/export-selection.js";
import { findOpened } from "../../../src/adapters/photopea/scripts/find-opened.js";
import { findMissing } from "../../../src/adapters/photopea/scripts/find-missing.js";
import {
  findAdded,
  finishPlacing,
  moveAbove,
  removeLayer,
} from "../../../src/adapters/photopea/scripts/finish-placing.js";
import { placeLayer } from "../../../src/adapters/photopea/scripts/place-layer.js";
import { readSelection } from "../../../src/adapters/photopea/scripts/read-selection.js";
import { readState } from "../../../src/adapters/photopea/scripts/read-state.js";
import { errorOf } from "../../support/index.js";

/** Every script of the adapter, with one text in every place that takes one. */
function everyScript(text: string): PhotopeaScript[] {
  const key = { source: text, name: text, index: 3 };
  const layer = { id: text, path: [[0, text]] as const };
  const place = {
    key,
    scratch: text,
    copiesDocument: true,
    label: text,
    left: -4,
    top: 0,
    width: 7,
    height: 1,
  };
  const limits = { maximumPixels: 1e8, maximumSide: 3e4 };
  return [
    readState(),
    readState(key),
    exportDocument(key),
    exportLayer({ key, layer, scratch: text, copiesDocument: false, ...limits }),
    exportSelection(key, text),
    findOpened(2, 640, 480, text),
    placeLayer({ ...place, source: undefined, replaces: false }),
    placeLayer({ ...place, source: layer, replaces: true }),
    findAdded(key, [text], text),
    moveAbove(key, layer, layer),
    removeLayer(key, layer),
    finishPlacing(key, layer, text, text),
    findMissing(),
    readSelection(key),
    closeScratchDocuments(text, key),
  ];
}

const hostile = `"); app.documents[0].close(); ("\\ \n \u2028 \u2029 \0 </script> \${1} \ud800 ü`;

describe("scripts for Photopea", () => {
  test("are ECMAScript 3 and ASCII, whatever names they carry", () => {
    for (const body of everyScript(hostile)) {
      const { message } = new PhotopeaExchange(hostile, body, true);
      expect(message).toMatch(/^[\n\x20-\x7e]*$/);
      parse(message, { ecmaVersion: 3, sourceType: "script" });
    }
  });

  test("hand no function to another, which Photopea has lost on the way", () => {
    const handed = (node: unknown): boolean => {
      if (typeof node !== "object" || node === null) return false;
      const { type, arguments: values } = node as { type?: string; arguments?: { type: string }[] };
      const isCall = type === "CallExpression" || type === "NewExpression";
      if (isCall && values!.some((value) => value.type === "FunctionExpression")) return true;
      return Object.values(node).some(handed);
    };
    expect(handed(parse("f(function () {});", { ecmaVersion: 3 }))).toBe(true);
    for (const body of everyScript("plain")) {
      const { message, ping } = new PhotopeaExchange("token", body, true);
      expect([message, ping].map((source) => handed(parse(source, { ecmaVersion: 3 })))).toEqual([
        false,
        false,
      ]);
    }
  });

  test("carry names only inside of string literals", () => {
    const literalsOf = (source: string): string[] => {
      const values: string[] = [];
      parse(source, {
        ecmaVersion: 3,
        onToken: ({ type, value }: { type: { label: string }; value?: unknown }) => {
          if (type.label === "string") values.push(String(value));
        },
      });
      return values;
    };
    const structure = (source: string): string =>
      source.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\s+/g, " ");
    everyScript(hostile).forEach((body, index) => {
      const plain = everyScript("plain")[index]!;
      const wrapped = (inner: PhotopeaScript): string => new PhotopeaExchange("token", inner, true).message;
      expect(structure(wrapped(body))).toBe(structure(wrapped(plain)));
      if (wrapped(plain).includes('"plain"')) expect(literalsOf(wrapped(body))).toContain(hostile);
    });
  });

  test("say any value exactly, and refuse the key that a literal reads otherwise", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        if (JSON.stringify(value).includes('"__proto__":')) {
          expect(errorOf(() => script`return ${value as string};`).code).toBe("InvalidArgument");
          return;
        }
        const { source } = script`return ${value as string};`;
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the test is what a literal means to a parser
        const run = new Function(source) as () => unknown;
        expect(JSON.stringify(run())).toBe(JSON.stringify(value));
        expect(source).toMatch(/^[\x20-\x7e]*$/);
      }),
      // The value that was once said as another prototype.
      { seed: 86, examples: [[JSON.parse('{"__proto__":{}}') as object]] },
    );
  });

  test("take no number that JSON cannot say", () => {
    for (const number of [NaN, Infinity, -Infinity]) {
      expect(errorOf(() => script`translate(${number}, 0)`).code).toBe("InvalidArgument");
      expect(errorOf(() => script`f(${{ deep: [number] }})`).code).toBe("InvalidArgument");
    }
  });
});
