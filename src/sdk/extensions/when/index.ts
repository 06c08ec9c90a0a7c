export { parseWhen, WhenExpression } from "./when-expression.js";
