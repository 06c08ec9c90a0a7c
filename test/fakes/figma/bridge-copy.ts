/**
 * What arrives on the other side of Figma's bridge: a copy, if everything in it may cross.
 *
 * @param value - of a message
 * @throws TypeError for functions, symbols, and binary data that is no `Uint8Array`
 */
export function copyAcrossBridge(value: unknown): unknown {
  switch (typeof value) {
    case "symbol":
      throw new TypeError("in postMessage: Cannot unwrap symbol");
    case "function":
    case "bigint":
      throw new TypeError(`in postMessage: a ${typeof value} cannot be sent`);
    case "object":
      return value === null ? null : copyObject(value);
    default:
      return value;
  }
}

function copyObject(value: object): unknown {
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind === "Uint8Array") return (value as Uint8Array).slice();
  if (kind === "Array") return (value as unknown[]).map(copyAcrossBridge);
  if (kind === "Date") return new Date((value as Date).getTime());
  if (kind !== "Object") throw new TypeError(`in postMessage: ${kind} is not supported`);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyAcrossBridge(item)]));
}
