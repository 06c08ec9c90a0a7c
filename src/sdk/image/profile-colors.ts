import type { ColorDescription } from "./color-description.js";
import { colorModelOfProfile, colorSpaceOfProfile } from "./icc-profile.js";

/**
 * What the profile of a file says of its colours.
 *
 * @param iccProfile - its bytes, which may be malformed; undefined if they could not even be read
 * @param models - the kinds of profile that describe such a picture
 * @param notes - told why the profile is of no use
 * @returns undefined if it is of none
 */
export function colorsOfProfile(
  iccProfile: Uint8Array | undefined,
  models: readonly ("rgb" | "gray")[],
  notes: string[],
): ColorDescription | undefined {
  const model = iccProfile && colorModelOfProfile(iccProfile);
  if (iccProfile === undefined || model === undefined) notes.push("damaged colour profile left out");
  else if (model === "other" || !models.includes(model)) {
    notes.push("colour profile of another kind of image left out");
  } else return { colorSpace: colorSpaceOfProfile(iccProfile), iccProfile };
  return undefined;
}
