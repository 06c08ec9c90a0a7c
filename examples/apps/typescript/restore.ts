import { createLimpid, LimpidError, type Limpid, type PixelImage, type RestoreResult } from "limpid";

/** Repairs an image, and says which experts did it. */
export async function restore(limpid: Limpid, photo: PixelImage): Promise<readonly string[]> {
  try {
    const result: RestoreResult = await limpid.restore(photo, {
      strength: 0.8,
      onProgress: ({ fraction }) => console.log(`${Math.round(100 * fraction)} %`),
    });
    return result.mixture.map(({ expert }) => expert);
  } catch (error) {
    if (LimpidError.is(error, "OutOfMemory")) return [];
    throw error;
  }
}

/** The same engine for a whole page. */
export const openLimpid = (): Promise<Limpid> => createLimpid({ assets: "/limpid/" });
