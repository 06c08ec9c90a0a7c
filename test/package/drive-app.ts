import { expect } from "@jest/globals";
import type { Page } from "playwright-core";
import { encodePng, PixelImage } from "../../src/sdk/image/index.js";
import { noisyPhoto } from "./noisy-photo.js";

/**
 * Opens a recipe, chooses a noisy photo, and expects it to be denoised in a worker and drawn.
 *
 * @param page - a blank page
 * @param address - of the recipe
 */
export async function driveApp(page: Page, address: string): Promise<void> {
  const photo = await noisyPhoto();
  await page.goto(address);
  const buffer = Buffer.from(await encodePng(photo));
  await page.setInputFiles("input", { name: "photo.png", mimeType: "image/png", buffer });
  await page.waitForSelector("output:not(:empty)");
  const text = await page.textContent("output");
  expect(text).toMatch(/^limpid\.denoise.* on (webgpu|wasm), in a worker: true$/);
  const pixels = await page.evaluate(() => {
    const { width, height } = document.querySelector("canvas")!;
    const context = document.querySelector("canvas")!.getContext("2d")!;
    return { width, height, data: [...context.getImageData(0, 0, width, height).data] };
  });
  const drawn = new PixelImage({ ...pixels, channels: 4, data: Uint8Array.from(pixels.data) });
  expect([drawn.width, drawn.height]).toEqual([photo.width, photo.height]);
  // What is left of the noise between neighbours.
  expect(roughness(drawn)).toBeLessThan(0.7 * roughness(photo));
  expect(roughness(drawn)).toBeGreaterThan(0);
}

/** The mean difference of neighbours in a row, of the first channel. */
function roughness({ width, height, channels, data }: PixelImage): number {
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 1; x < width; x++) {
      const index = (y * width + x) * channels;
      sum += Math.abs(data[index]! - data[index - channels]!);
    }
  }
  return sum / (height * (width - 1));
}
