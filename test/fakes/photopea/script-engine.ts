import { parse, type Node } from "acorn";
import Sval from "sval";
import type { PhotopeaUnknowns } from "./unknowns.js";

/** A script that Photopea ends without a word. */
export class ScriptAborted extends Error {}

type AnyNode = Node & Record<string, unknown>;

/** The expression `void 0`. */
const nothing: unknown = {
  type: "UnaryExpression",
  operator: "void",
  prefix: true,
  argument: { type: "Literal", value: 0, raw: "0" },
};

/** Syntax that Photopea's engine takes and makes something else of, without an error; all of it was seen. */
const replacements: Readonly<Record<string, object>> = {
  ArrowFunctionExpression: nothing as object,
  TemplateLiteral: { type: "Literal", value: null, raw: "null" },
  ForOfStatement: { type: "EmptyStatement" },
};

/**
 * Node types of ECMAScript 5, and of the default parameters that plugins use. Nobody knows what becomes of other syntax.
 */
const knownTypes: ReadonlySet<string> = new Set([
  "AssignmentPattern",
  "Program",
  "ExpressionStatement",
  "BlockStatement",
  "EmptyStatement",
  "DebuggerStatement",
  "WithStatement",
  "ReturnStatement",
  "LabeledStatement",
  "BreakStatement",
  "ContinueStatement",
  "IfStatement",
  "SwitchStatement",
  "SwitchCase",
  "ThrowStatement",
  "TryStatement",
  "CatchClause",
  "WhileStatement",
  "DoWhileStatement",
  "ForStatement",
  "ForInStatement",
  "FunctionDeclaration",
  "FunctionExpression",
  "VariableDeclaration",
  "VariableDeclarator",
  "ThisExpression",
  "ArrayExpression",
  "ObjectExpression",
  "Property",
  "UnaryExpression",
  "UpdateExpression",
  "BinaryExpression",
  "AssignmentExpression",
  "LogicalExpression",
  "MemberExpression",
  "ConditionalExpression",
  "CallExpression",
  "NewExpression",
  "SequenceExpression",
  "Identifier",
  "Literal",
]);

/**
 * Photopea's script engine, as far as anybody has seen it: ECMAScript 5 with `let`, `const` and default parameters. What it gets
 * silently wrong is silently wrong here, a function expression that is an argument is undefined, as it was in 2024, and what
 * nobody has tried ends the script.
 */
export class ScriptEngine {
  readonly #sval = new Sval({ ecmaVer: "latest", sourceType: "script", sandBox: true });
  #unknowns: PhotopeaUnknowns | undefined;

  /** @param globals - what scripts see besides the language's own */
  constructor(globals: Readonly<Record<string, unknown>>) {
    this.#sval.import({
      ...globals,
      typeofValue: (value: unknown) =>
        isLength(value) && this.#unknowns?.lengths === "number" ? "number" : typeof value,
      // As in the engine: user report of setTimeout and eval.
      setTimeout: undefined,
      eval: undefined,
      Function: undefined,
    });
  }

  /**
   * Runs a script to its end.
   *
   * @param source - of the script
   * @param unknowns - how the engine is today
   * @throws {@link ScriptAborted} for syntax that nobody has seen work; SyntaxError; and whatever the script throws
   */
  run(source: string, unknowns: PhotopeaUnknowns): void {
    this.#unknowns = unknowns;
    const program = parse(source, { ecmaVersion: "latest", sourceType: "script" });
    this.#sval.run(rewrite(program as unknown as AnyNode));
  }
}

/** A length, as scripts see it: what `bounds` consist of. */
export class ScriptLength {
  /** In pixels. */
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** In a unit; the fake knows pixels. */
  as(unit: string): number {
    if (unit !== "px") throw new Error(`the fake measures in px, not in ${unit}`);
    return this.value;
  }
}

function isLength(value: unknown): boolean {
  return value instanceof ScriptLength;
}

/** Changes a program to what the engine makes of it. */
function rewrite(node: AnyNode): AnyNode {
  const replacement = replacements[node.type];
  if (replacement !== undefined) return replacement as AnyNode;
  if (!knownTypes.has(node.type)) {
    throw new ScriptAborted(`nobody knows what Photopea does with ${node.type}`);
  }
  if (node.async === true || node.generator === true || node.shorthand === true || node.optional === true) {
    throw new ScriptAborted("nobody knows what Photopea does with syntax that new");
  }
  if (node.type === "CallExpression" || node.type === "NewExpression") {
    node.arguments = (node.arguments as AnyNode[]).map((argument) =>
      argument.type === "FunctionExpression" ? (nothing as AnyNode) : argument,
    );
  }
  for (const name in node) {
    const value = node[name];
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        if (value[index] !== null) value[index] = rewrite(value[index] as AnyNode);
      }
    } else if (typeof (value as AnyNode).type === "string") node[name] = rewrite(value as AnyNode);
  }
  if (node.type !== "UnaryExpression" || node.operator !== "typeof") return node;
  return {
    ...node,
    type: "CallExpression",
    callee: { type: "Identifier", name: "typeofValue" },
    arguments: [node.argument],
    optional: false,
  };
}
