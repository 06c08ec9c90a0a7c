/** The keys in all `{...}` of a help text, and in those within them. */
export function promisedKeys(help: string): Set<string> {
  let depth = 0;
  let inside = "";
  for (const character of help.slice(help.indexOf("With --json"))) {
    if (character === "{") depth++;
    if (depth > 0) inside += character;
    if (character === "}") depth--;
  }
  return new Set([...inside.matchAll(/[{,]\s*(\w+)/g)].map(([, key]) => key!));
}

/** The keys in a value, and in those within it. */
export function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}
