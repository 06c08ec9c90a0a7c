import { LimpidError } from "../../base/index.js";

/** A piece of a `when` clause. */
export interface WhenToken {
  /** What it is: an operator or parenthesis by its own text, else its kind. */
  readonly kind:
    "word" | "quoted" | "end" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "!" | "&&" | "||" | "(" | ")";
  /** The word, or the text between the quotes. */
  readonly text: string;
  /** Where it begins, in characters from 0. */
  readonly position: number;
}

/** How long a clause may be, in characters. */
const maximumLength = 2048;

const operators = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")"] as const;
/** A context key, a number, or a bare value. */
const wordPattern = /[\p{L}\p{N}_.:-]+/uy;

/**
 * Cuts a `when` clause into tokens.
 *
 * @returns the tokens, the last of kind `end`
 * @throws {@link LimpidError} `InvalidWhen` with `details.position`
 */
export function tokenizeWhen(text: string): readonly WhenToken[] {
  if (text.length > maximumLength) {
    throw invalidWhen(
      text,
      maximumLength,
      `is ${text.length} characters long, at most ${maximumLength} are read`,
    );
  }
  const tokens: WhenToken[] = [];
  let position = 0;
  for (;;) {
    while (/\s/.test(text[position] ?? "")) position++;
    if (position >= text.length) break;
    const [token, end] = tokenAt(text, position);
    tokens.push(token);
    position = end;
  }
  tokens.push({ kind: "end", text: "", position: text.length });
  return tokens;
}

/** The token that begins at a position, and where it ends. */
function tokenAt(text: string, position: number): readonly [WhenToken, number] {
  const character = text[position]!;
  if (character === "'" || character === '"') {
    const close = text.indexOf(character, position + 1);
    if (close < 0) throw invalidWhen(text, position, `has a quote ${character} that is not closed`);
    return [{ kind: "quoted", text: text.slice(position + 1, close), position }, close + 1];
  }
  if (text.startsWith("=~", position)) {
    throw invalidWhen(text, position, "has =~; patterns are not read, compare with == or in");
  }
  const operator = operators.find((candidate) => text.startsWith(candidate, position));
  if (operator !== undefined)
    return [{ kind: operator, text: operator, position }, position + operator.length];
  wordPattern.lastIndex = position;
  const [word] = wordPattern.exec(text) ?? [];
  if (word === undefined) throw invalidWhen(text, position, `has an unexpected ${JSON.stringify(character)}`);
  return [{ kind: "word", text: word, position }, position + word.length];
}

/**
 * The error of a malformed clause.
 *
 * @param position - where it goes wrong, in characters from 0
 * @param fault - the rest of the sentence "the when clause X ..."
 */
export function invalidWhen(text: string, position: number, fault: string): LimpidError {
  const shown = text.length > 120 ? `${text.slice(0, 120)}...` : text;
  return new LimpidError("InvalidWhen", `the when clause ${JSON.stringify(shown)} ${fault}, at ${position}`, {
    details: { when: text, position },
  });
}
