/**
 * Whether WebGPU can be had here, on a real GPU: in some frames a page has it and its workers do not, in others nobody has.
 *
 * @returns undefined if it can; else the reason, for people
 */
export async function whyNoWebgpu(): Promise<string | undefined> {
  if (!globalThis.isSecureContext) return "this is not a secure context";
  const { gpu } = navigator as { gpu?: GPU };
  if (gpu === undefined) return "navigator.gpu is missing";
  try {
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return "there is no WebGPU adapter";
    return adapter.info?.isFallbackAdapter ? "the WebGPU adapter is a software one" : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
