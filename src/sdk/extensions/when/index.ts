export { LinearPattern } from "./linear-pattern.js";
export { parseWhen, WhenExpression } from "./when-expression.js";
