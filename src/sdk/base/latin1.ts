/** Bytes as text, a letter for each, as file formats spell their names. What lies beyond the end is left out. */
export function latin1(bytes: Uint8Array, start = 0, length = Infinity): string {
  let text = "";
  for (const byte of bytes.subarray(start, start + length)) text += String.fromCharCode(byte);
  return text;
}
