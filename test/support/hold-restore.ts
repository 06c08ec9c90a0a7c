import type { Frame, Page } from "playwright-core";

/**
 * Keeps one restore of a page from its worker, so that the page stays as it is while it restores.
 *
 * @param passed - how many restores reach the worker before
 * @returns lets it go
 */
export async function holdRestore(page: Page | Frame, passed = 0): Promise<() => Promise<void>> {
  await page.evaluate((count) => {
    let left = count;
    type Post = (this: Worker, ...message: unknown[]) => void;
    const own = Worker.prototype as { postMessage: Post };
    const plain = own.postMessage;
    own.postMessage = function (...message) {
      const { method } = message[0] as { method?: string };
      if (method !== "restore" || left-- > 0) return plain.apply(this, message);
      own.postMessage = plain;
      Object.assign(globalThis, { letGo: () => plain.apply(this, message) });
    };
  }, passed);
  return () => page.evaluate(() => (globalThis as unknown as { letGo: () => void }).letGo());
}
