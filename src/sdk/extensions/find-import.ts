const whitespace = /\s*/y;
/** A character that makes the word after it a part of a longer name. */
const nameCharacter = /[\p{ID_Continue}$\u200c\u200d]/u;

/**
 * Looks for a way by which a module could load another: the code of an extension is one file, hashed as a whole, and what
 * it loads besides would be neither checked nor kept from the network.
 *
 * It errs on the safe side, since telling code from texts and comments takes an engine. Every static import or re-export
 * with names has `from` before a quote, one without has `import` before a quote, a dynamic one `import` before `(` or a
 * dot; neither word can be written with escapes. `import.meta` passes.
 *
 * @param code - the source of an ES module
 * @param start - where to begin, in characters
 * @returns where the first one begins, in characters; undefined if there is none
 */
export function findImport(code: string, start = 0): number | undefined {
  const words = /import|from/g;
  words.lastIndex = start;
  for (const { index, 0: word } of code.matchAll(words)) {
    if (nameCharacter.test(code[index - 1] ?? "")) continue;
    const after = skipSpace(code, index + word.length);
    // A comment may stand before what matters.
    if (/^(?:["']|\/[/*])/.test(code.slice(after, after + 2))) return index;
    if (word === "import" && (code[after] === "(" || isDynamicPhase(code, after))) return index;
  }
  return undefined;
}

/** Whether a dot follows, and not the word `meta`: `import.source(...)` loads, and more may come. */
function isDynamicPhase(code: string, position: number): boolean {
  if (code[position] !== ".") return false;
  const word = skipSpace(code, position + 1);
  return !/^meta(?![\p{ID_Continue}$\\])/u.test(code.slice(word, word + 5));
}

function skipSpace(code: string, position: number): number {
  whitespace.lastIndex = position;
  whitespace.exec(code);
  return whitespace.lastIndex;
}
