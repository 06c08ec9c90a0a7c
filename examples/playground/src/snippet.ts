import type { ExpertChoice } from "limpid";

/** What the code must do. */
export interface SnippetOptions {
  /** `"auto"`, or the experts by name. */
  readonly experts: "auto" | readonly ExpertChoice[];
  /** 0 to 1. */
  readonly strength: number;
  /** Whether only what is painted is repaired. */
  readonly isMasked: boolean;
  /** Addresses of the packs that the experts come from. */
  readonly packs: readonly string[];
}

/** The lines that do with a canvas what the page does with a photo. */
export function snippetOf({ experts, strength, isMasked, packs }: SnippetOptions): string {
  const options = [
    ...(experts === "auto" ? [] : [`experts: [${experts.map(choice).join(", ")}],`]),
    ...(strength === 1 ? [] : [`strength: ${strength},`]),
    ...(isMasked ? ["mask, // grey, of the photo's size: white where you painted, black elsewhere"] : []),
  ];
  const call =
    options.length === 0
      ? ["const { image } = await limpid.restore(photo);"]
      : ["const { image } = await limpid.restore(photo, {", ...options.map((line) => `  ${line}`), "});"];
  return [
    'import { createLimpid, PixelImage } from "limpid";',
    "",
    'const limpid = await createLimpid({ assets: "/limpid/" });',
    ...packs.map((address) => `await limpid.packs.install(${JSON.stringify(address)});`),
    'const context = document.querySelector("canvas").getContext("2d");',
    "const { width, height } = context.canvas;",
    "const photo = PixelImage.fromImageData(context.getImageData(0, 0, width, height));",
    ...call,
    "context.putImageData(image.toImageData(), 0, 0);",
  ].join("\n");
}

function choice({ id, weight }: ExpertChoice): string {
  const name = JSON.stringify(id);
  return weight === undefined || weight === 1 ? `{ id: ${name} }` : `{ id: ${name}, weight: ${weight} }`;
}
