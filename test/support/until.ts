/**
 * Waits until something holds. A page's policy may forbid the evaluation that Playwright's `waitForFunction` does in it.
 *
 * @param timeout - milliseconds after which it fails
 */
export async function until(condition: () => Promise<boolean>, timeout = 60_000): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`still not: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
