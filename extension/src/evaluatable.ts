// Which expression the mouse is over while debugging: `page(p).refcount` as a whole, not the word `refcount`.

import { EvaluatableExpression, type EvaluatableExpressionProvider, Range } from "vscode";
import { expressionAt } from "./expression.ts";

export const evaluatableExpression: EvaluatableExpressionProvider = {
  provideEvaluatableExpression(document, position) {
    const found = expressionAt(document.lineAt(position.line).text, position.character);
    if (!found) return undefined;
    const range = new Range(position.line, found.start, position.line, found.end);
    return new EvaluatableExpression(range, found.text);
  },
};
