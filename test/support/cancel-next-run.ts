import type { Frame, Page } from "playwright-core";

/** Cancels the next run at its first progress, from within the page: from outside, the run may be over by then. */
export const cancelNextRun = (page: Page | Frame): Promise<void> =>
  page.evaluate(() => {
    const progress = document.getElementById("progress")!;
    const observer = new MutationObserver(() => {
      if (!progress.hasAttribute("value")) return;
      observer.disconnect();
      document.getElementById("cancel")!.click();
    });
    observer.observe(progress, { attributes: true });
  });
