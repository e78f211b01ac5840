// What the thing under the cursor is, and what it came to here: Markdown.

import type { Range } from "../lang/text.ts";
import type { Analysis } from "./analysis.ts";
import {
  fieldDoc,
  functionDoc,
  keywordDoc,
  modelDoc,
  outcomeDoc,
  parameterDoc,
  sections,
  settingDoc,
  wordDoc,
} from "./docs.ts";
import { checkHover, whenHover } from "./hover_check.ts";
import { operationHover } from "./hover_operation.ts";
import { expressionHover, symbolHover } from "./hover_value.ts";
import type { Mark } from "./marks.ts";
import { markAt } from "./marks.ts";
import type { Position } from "./position.ts";

export interface Hover {
  readonly range: Range;
  readonly markdown: string;
}

export function hover(analysis: Analysis, at: Position): Hover | undefined {
  const mark = markAt(analysis.marks(at.line), at.column);
  const markdown = mark && markdownFor(analysis, at, mark);
  return mark && markdown ? { range: { line: at.line, start: mark.start, end: mark.end }, markdown } : undefined;
}

function markdownFor(analysis: Analysis, at: Position, mark: Mark): string | undefined {
  switch (mark.kind) {
    case "operation":
      return mark.op && operationHover(analysis, at.line, mark.op);
    case "symbol":
      return symbolHover(analysis, at.line, mark.name);
    case "field":
      return mark.spec && sections(expressionHover(analysis, at.line, mark), fieldDoc(mark.spec));
    case "parameter":
      return mark.param && parameterDoc(mark.param);
    case "word":
      return wordDoc(mark.text, mark.of, mark.spec);
    case "outcome":
      return outcomeDoc(mark.word);
    case "model":
      return modelDoc(mark.name);
    case "setting":
      return settingDoc(mark.key);
    case "setting value":
      return settingDoc(mark.key);
    case "function":
      return functionDoc(mark.name);
    case "keyword":
      return sections(mark.word === "expect" ? checkHover(analysis, at.line) : undefined, keywordDoc(mark.word));
    case "constant":
      return keywordDoc(mark.name);
    case "when":
      return whenHover(analysis, mark);
    case "number":
    case "string":
    case "comment":
      return undefined;
  }
}
