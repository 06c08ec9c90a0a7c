/**
 * A TypeDoc plugin: a link that names nothing in its own entry may mean an export of another one. The compiler
 * resolves most links itself, but not those after `@throws`.
 *
 * @param {import("typedoc").Application} app
 */
export function load(app) {
  app.converter.addUnknownSymbolResolver((reference, from) => {
    const [first, ...rest] = reference.symbolReference?.path ?? [];
    if (reference.moduleSource || !first || rest.length > 0) return undefined;
    const modules = from.project.children ?? [];
    const target = modules.map((module) => module.getChildByName([first.path])).find(Boolean);
    // Its type says that a target is an address; what is done with it takes a reflection as well.
    return target && { target: /** @type {any} */ (target), caption: first.path };
  });
}
