import type { PhotopeaLayer, PhotopeaLayerKind } from "limpid/photopea";

/** What people call the layers that are not made of pixels. */
const names: Readonly<Record<Exclude<PhotopeaLayerKind, "pixels">, string>> = {
  "smart-object": "a smart object",
  text: "a text layer",
  fill: "a fill layer",
  adjustment: "an adjustment layer",
};

/** Whether a layer is one of pixels; one of which Photopea does not tell counts as such. */
export function isMadeOfPixels({ kind = "pixels" }: PhotopeaLayer): boolean {
  return kind === "pixels";
}

/** What people must know of one layer before it is restored; empty for one of pixels. */
export function kindNote({ name, kind = "pixels" }: PhotopeaLayer): string {
  if (kind === "pixels") return "";
  if (kind === "adjustment") {
    return `“${name}” is ${names[kind]}, without pixels of its own. Choose another layer, or “All visible”.`;
  }
  return `“${name}” is ${names[kind]}. It stays as it is; the result is a layer of pixels above it, which does not follow later changes.`;
}

/** Names several layers that are not made of pixels, as a question. */
export function kindsNote(layers: readonly PhotopeaLayer[]): string {
  const [first, ...others] = layers.map(
    ({ name, kind = "pixels" }) => `“${name}”${kind === "pixels" ? "" : ` (${names[kind]})`}`,
  );
  const all =
    others.length === 0 ? first : `${[first, ...others.slice(0, -1)].join(", ")} and ${others.at(-1)}`;
  return `${all} ${layers.length === 1 ? "is" : "are"} not made of pixels. Restore ${layers.length === 1 ? "it" : "them"} too?`;
}

/** Why a layer cannot be restored; undefined if it can. */
export function whyLeftOut({ isGroup, kind }: PhotopeaLayer): string | undefined {
  if (isGroup) return "a group, not one of its layers";
  return kind === "adjustment" ? "an adjustment layer, without pixels of its own" : undefined;
}
