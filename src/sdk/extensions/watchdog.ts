import { toDisposable, type Disposable } from "../base/index.js";

/**
 * Notices that a worker hangs: it is asked for a sign of life now and then.
 *
 * @param ping - asks for a sign of life; rejects if there is none
 * @param interval - time between two questions, in milliseconds
 * @param onSilent - told once why there is no sign of life
 * @returns stops asking
 */
export function watch(
  ping: () => Promise<unknown>,
  interval: number,
  onSilent: (error: unknown) => void,
): Disposable {
  let isDisposed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const schedule = (): void => {
    if (isDisposed) return;
    timer = setTimeout(() => {
      ping().then(schedule, (error: unknown) => {
        if (!isDisposed) onSilent(error);
      });
    }, interval);
  };
  schedule();
  return toDisposable(() => {
    isDisposed = true;
    clearTimeout(timer);
  });
}
