import type { Frame, Page } from "playwright-core";

/** What the keyboard is at: an id, a name for screen readers, or a text. */
export function focusedIn(frame: Frame | Page): Promise<string> {
  return frame.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return "";
    const labelled = (element as HTMLInputElement).labels?.[0]?.textContent;
    const name = element.id || element.getAttribute("aria-label") || labelled || element.textContent;
    return name.trim().replaceAll(/\s+/g, " ");
  });
}

/**
 * Presses Tab from what has the focus on.
 *
 * @param page - whose keyboard it is
 * @param frame - what the keyboard goes through
 * @param last - where it stops
 * @returns what it comes to, the last one included
 * @throws if `last` is not reached with 80 steps, or something that has the focus does not show it
 */
export async function tabThrough(page: Page, frame: Frame | Page, last: string): Promise<string[]> {
  const seen: string[] = [];
  while (seen.at(-1) !== last) {
    if (seen.length === 80) throw new Error(`the keyboard does not reach ${last}: ${seen.join(", ")}`);
    await page.keyboard.press("Tab");
    seen.push(await focusedIn(frame));
    const hasRing = await frame.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return true;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    });
    if (!hasRing) throw new Error(`${seen.at(-1)} does not show that it has the focus`);
  }
  return seen;
}

/** Listens, as a screen reader does, to what the live regions say. */
export async function listen(frame: Frame | Page, ids: readonly string[]): Promise<() => Promise<string[]>> {
  await frame.evaluate((regions) => {
    const heard: string[] = [];
    for (const id of regions) {
      const region = document.getElementById(id)!;
      new MutationObserver(() => {
        const text = region.textContent.trim();
        if (text !== "" && text !== heard.at(-1)) heard.push(text);
      }).observe(region, { childList: true, characterData: true, subtree: true });
    }
    Object.assign(globalThis, { heard });
  }, ids);
  return () => frame.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.splice(0));
}
