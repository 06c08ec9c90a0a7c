// An extension whose code throws, for extensions.browser.test.ts.
export function activate(): void {
  throw new RangeError("no luck");
}
