/** What a photo can be saved as. */
export type SaveFormat = "png" | "jpeg" | "webp";

/** What people read, and how such a file is named. */
export const saveFormats: Readonly<
  Record<SaveFormat, { readonly name: string; readonly extension: string; readonly type: string }>
> = {
  png: { name: "PNG", extension: "png", type: "image/png" },
  jpeg: { name: "JPEG", extension: "jpg", type: "image/jpeg" },
  webp: { name: "WebP", extension: "webp", type: "image/webp" },
};

/** The name of a saved file. */
export function restoredName(name: string, format: SaveFormat): string {
  return `${name.replace(/\.[^.]+$/, "")}.restored.${saveFormats[format].extension}`;
}
