import type sharp from "sharp";

/** What reads and writes JPEG in Node. Its name is kept from bundlers, which would put it into pages. */
export async function loadSharp(): Promise<typeof sharp> {
  const name = "sharp";
  return ((await import(name)) as { default: typeof sharp }).default;
}
