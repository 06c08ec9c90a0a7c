import axe from "axe-core";
import type { Frame } from "playwright-core";
import { until } from "./until.js";

/**
 * Gives a panel, the first frame of its page, a width, and waits until it has it. The page stays as large as it is: after
 * another size of it Chromium may lose clicks in frames of other sites.
 *
 * @param width - as CSS says it
 */
export async function resizePanel(panel: Frame, width: string): Promise<void> {
  const pixels = await panel.page().evaluate((wanted) => {
    const frame = document.querySelector("iframe")!;
    frame.style.width = wanted;
    return frame.clientWidth;
  }, width);
  await until(async () => (await panel.evaluate(() => innerWidth)) === pixels);
}

/**
 * What is wrong with a panel as it is shown now, in both colour schemes and at some widths in pixels: what axe finds, and what
 * reaches past its side. Its width is what it was before when this ends.
 */
export async function panelFaults(panel: Frame, widths: readonly number[]): Promise<string[]> {
  const page = panel.page();
  const before = await page.evaluate(() => document.querySelector("iframe")!.style.width);
  await panel.evaluate(axe.source);
  const faults: string[] = [];
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of widths) {
      await resizePanel(panel, `${width}px`);
      const found = await panel.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
        const wide = [
          ...document.querySelectorAll("button, input, output, li, p, h2, summary, select, label"),
        ]
          .filter(
            (element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth,
          )
          .map((element) => `${element.id || element.textContent} is cut off`);
        return [...violations.map(({ id, nodes }) => `${id} ${nodes[0]!.html}`), ...wide];
      });
      faults.push(...found.map((fault) => `${scheme}, ${width}: ${fault}`));
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await resizePanel(panel, before);
  return faults;
}
