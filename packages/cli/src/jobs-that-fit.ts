/** Memory of a job that restores a photo of 12 megapixels, in bytes: its own Limpid, the photo and its result. */
const jobMemory = 300 * 2 ** 20;

/**
 * How many photos are restored at once: more than there are processors would only take memory, and more than fit into half of the
 * memory that is free would end in swapping.
 *
 * @param jobs - as many as are asked for
 * @param machine - its processors, and the bytes of memory that are free
 * @returns one at least
 */
export function jobsThatFit(
  jobs: number,
  machine: { readonly processors: number; readonly freeMemory: number },
): number {
  const { processors, freeMemory } = machine;
  return Math.max(1, Math.min(jobs, processors, Math.floor(freeMemory / 2 / jobMemory)));
}
