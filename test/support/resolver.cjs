/**
 * Jest's resolver, taught that a relative import of `./name.js` from a TypeScript file means `./name.ts`,
 * as the compiler reads it. Packages in node_modules resolve as usual.
 *
 * @param {string} request
 * @param {{ basedir: string; defaultResolver: (request: string, options: object) => string }} options
 * @returns {string} the file's path
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
