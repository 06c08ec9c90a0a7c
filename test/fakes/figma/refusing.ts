/** What test runners and promises ask of anything. */
const asked = [
  "then",
  "toJSON",
  "constructor",
  "asymmetricMatch",
  "nodeType",
  "$$typeof",
  "tagName",
  "hasAttribute",
];

/**
 * An object on which reading what it does not have is an error, so that a test learns that the fake lacks it, instead of going
 * on with undefined.
 *
 * @param name - of the object, for the error
 * @param object - what it has
 * @returns the object, guarded
 */
export function refusing<T extends object>(name: string, object: T): T {
  return new Proxy(object, {
    get(target, key, receiver) {
      if (typeof key === "string" && !(key in target) && !asked.includes(key) && !key.startsWith("@@")) {
        throw new Error(`the fake Figma has no ${key} of ${name}`);
      }
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
}
