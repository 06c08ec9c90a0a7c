import axe from "axe-core";
import type { Frame, Page } from "playwright-core";

/**
 * What is wrong with a panel as it is shown now, in both colour schemes and at some widths: what axe finds, and what reaches
 * past its side.
 *
 * @param resize - gives the panel a width in pixels
 */
export async function panelFaults(
  page: Page,
  panel: Frame,
  widths: readonly number[],
  resize: (width: number) => Promise<unknown>,
): Promise<string[]> {
  await panel.evaluate(axe.source);
  const faults: string[] = [];
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of widths) {
      await resize(width);
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
  return faults;
}
