import { readFileSync } from "node:fs";
import { Comment, CommentTag, Converter, ReflectionKind } from "typedoc";

const door = readFileSync(new URL("../src/sdk/index.ts", import.meta.url), "utf8");

/** The sections of the door, in the order in which people meet them, with the names that each exports. */
export const sections = door
  .split(/^\/\/ /m)
  .slice(1)
  .map((section) => {
    const [heading = "", ...lines] = section.split("\n");
    const lists = lines.join("\n").matchAll(/\{([^}]*)\}/g);
    const names = [...lists].flatMap(([, list = ""]) =>
      list
        .split(",")
        .map((name) => name.trim().replace(/^type /, ""))
        .filter(Boolean),
    );
    return { heading: heading.trim(), names };
  });

/**
 * A TypeDoc plugin: what `limpid` exports is grouped by the sections of `src/sdk/index.ts`, as if each declaration said so with
 * `@category`. The heading stands once, where the names are exported. What `Symbol.dispose` is for stands once, too, in `Disposable`.
 *
 * @param {import("typedoc").Application} app
 */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (_, signature) => {
    if (signature.name !== "[dispose]") return;
    signature.comment ??= new Comment([{ kind: "text", text: "The same as `dispose()`, for `using`." }]);
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const module = project.getChildByName(["limpid"]);
    for (const { heading, names } of sections) {
      for (const name of names) {
        const reflection = /** @type {import("typedoc").DeclarationReflection | undefined} */ (
          /** @type {import("typedoc").ContainerReflection} */ (module).children?.find(
            (child) => child.name === name,
          )
        );
        if (reflection === undefined) throw new Error(`TypeDoc does not know ${name} of src/sdk/index.ts`);
        const isFunction = reflection.kindOf(ReflectionKind.Function);
        for (const owner of isFunction ? (reflection.signatures ?? []) : [reflection]) {
          owner.comment ??= new Comment();
          owner.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: heading }]));
        }
      }
    }
  });
}
