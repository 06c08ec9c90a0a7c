import { describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import { encodePng } from "../../../src/sdk/image/index.js";
import { FakePhotopea } from "../../fakes/photopea/index.js";
import { makePicture } from "./connected.js";

/** Runs scripts in a fake Photopea with one document, and gives back what they say, the closing "done" left out. */
async function say(...scripts: string[]): Promise<unknown[]> {
  const said: unknown[] = [];
  const photopea = new FakePhotopea((message) => said.push(message));
  photopea.open({ layers: [{ image: makePicture(8, 6) }] });
  for (const script of scripts) await photopea.receive(script);
  return said.filter((message) => message !== "done");
}

describe("the stand-in for Photopea", () => {
  test.each([
    ["(function () { return 7; }())", "7"],
    ["(() => 7)", "undefined"],
    ["`text`", "null"],
    ["(function (f) { return typeof f; }(function () {}))", "undefined"],
    ["(function () { var n = 0; for (var one of [1, 2]) { n++; } return n; }())", "0"],
    ["(function () { let a = 1; const b = 2; return a + b; }())", "3"],
  ])("makes of %s what the engine was seen to make of it", async (expression, value) => {
    expect(await say(`app.echoToOE(String(${expression}))`)).toEqual([value]);
  });

  test.each([
    "class A {}",
    "var a = [...[1]];",
    "var { b } = {};",
    "a?.b;",
    "this is no script",
    "eval('1');",
  ])("ends %s without a word", async (source) => {
    expect(await say(`app.echoToOE("before"); ${source}`)).not.toContain("after");
    expect(await say(`${source}; app.echoToOE("after");`)).toEqual([]);
  });

  test("has what plugins use, and says what nobody knows it to have", async () => {
    const said: unknown[] = [];
    const photopea = new FakePhotopea((message) => said.push(message));
    const file = await encodePng(makePicture(3, 2));
    photopea.open({ layers: [{ image: makePicture(8, 6) }] });
    await photopea.receive(`
      var doc = app.activeDocument, layer = doc.artLayers.add(), white = new SolidColor();
      white.rgb.red = 255;
      doc.selection.select([[1, 1], [4, 1], [4, 3], [1, 3]], SelectionType.REPLACE, 0, false);
      doc.selection.fill(white);
      app.echoToOE([layer.typename, doc.layers.length, doc.selection.bounds[2].as("px"), doc.bitsPerChannel].join());
      doc.saveToOE("jpg:0.9");
      doc.saveToOE("psd:true");
      app.open("data:image/png;base64,${btoa(String.fromCharCode(...file))}");`);
    while (photopea.look().length < 2) await new Promise(setImmediate);
    const [text, jpeg, psd] = said.filter((message) => message !== "done") as [
      string,
      ArrayBuffer,
      ArrayBuffer,
    ];
    expect(text).toBe("ArtLayer,2,4,");
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: "jpeg", width: 8, height: 6 });
    expect(new TextDecoder().decode(new Uint8Array(psd, 0, 4))).toBe("8BPS");
    expect(psd.byteLength).toBe(40 + 8 * 6 * 4);
    expect(photopea.strangeMembers).toEqual(["Document.bitsPerChannel"]);
    expect(photopea.look()[1]).toMatchObject({ layers: [{ image: { width: 3, height: 2 } }] });
  });
});
