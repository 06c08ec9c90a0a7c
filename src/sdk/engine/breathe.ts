/**
 * Lets the event loop run its other tasks, input and painting included, and comes back as soon as it can. A message
 * channel is used where there is no scheduler, since browsers hold nested timers back by 4 ms each.
 *
 * @returns a promise that resolves in a later task
 */
export function breathe(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  if (scheduler?.yield !== undefined) return scheduler.yield();
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
