/**
 * What would move a terminal's cursor, change its colours or the order of its letters: control characters but for tabs and line ends,
 * and Unicode's marks of direction.
 */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const active = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text that a terminal shows as it is: names of files and words of strangers can hold commands for it. In JSON the same escapes
 * stand for the same characters.
 *
 * @param text - anything
 */
export function printable(text: string): string {
  return text.replace(active, escapeCharacter);
}

/** The same for what must stay on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
