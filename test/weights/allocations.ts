/**
 * Runs something and watches how many bytes it asks for at once through `new Uint8Array(length)`, whether or not
 * it then fails.
 */
export function largestAllocation(run: () => unknown): { bytes: number; error: unknown } {
  const original = globalThis.Uint8Array;
  let bytes = 0;
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, parameters, newTarget) {
      if (typeof parameters[0] === "number") {
        bytes = Math.max(bytes, parameters[0]);
      }
      return Reflect.construct(target, parameters, newTarget) as Uint8Array;
    },
  });
  try {
    run();
    return { bytes, error: undefined };
  } catch (error) {
    return { bytes, error };
  } finally {
    globalThis.Uint8Array = original;
  }
}
