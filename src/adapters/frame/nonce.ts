/**
 * A name that nobody can guess or has used: 96 random bits, so that no message of another page, of another plugin or of an
 * earlier session passes for one of this.
 *
 * @returns 24 hexadecimal digits
 */
export function makeNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
