/**
 * Jest's resolver, taught that a relative import of `./name.js` from a TypeScript file means `./name.ts`,
 * as the compiler reads it. Packages in node_modules resolve as usual.
 *
 * @type {import("jest-resolve").SyncResolver}
 */
module.exports = (request, options) => {
  if (request.startsWith(".") && request.endsWith(".js") && !options.basedir.includes("node_modules")) {
    try {
      return options.defaultResolver(`${request.slice(0, -3)}.ts`, options);
    } catch {
      // Not a TypeScript file: resolved below under its own name.
    }
  }
  return options.defaultResolver(request, options);
};
