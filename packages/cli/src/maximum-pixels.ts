import { InvalidArgumentError, Option } from "commander";

const most = 268;

/** The option that says how large a photo may be. */
export function maximumPixelsOption(): Option {
  return new Option("--max-megapixels <n>", `refuse larger photos before they are decoded; at most ${most}`)
    .default(100)
    .argParser((text: string): number => {
      const megapixels = Number(text);
      if (text.trim() !== "" && megapixels > 0 && megapixels <= most) return megapixels;
      throw new InvalidArgumentError(`Expected a number above 0, at most ${most}.`);
    });
}

/** What the option says, in pixels. */
export function maximumPixels({ maxMegapixels = 100 }: { readonly maxMegapixels?: number }): number {
  return maxMegapixels * 1e6;
}
