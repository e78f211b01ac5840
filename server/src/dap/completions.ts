// Completion in the debug console and in conditions: names, functions, fields behind a dot, and the console's commands.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { evaluate } from "../lang/evaluate.ts";
import { type FieldOwner, fieldsOf, hasField } from "../lang/fields.ts";
import { isFault } from "../lang/program.ts";
import type { Value } from "../lang/value.ts";
import type { ModelName } from "../mm/releases.ts";
import { readExpression } from "./expression.ts";
import { REPL_COMMANDS } from "./repl_commands.ts";
import { nameValue, type View, worldOf } from "./scope.ts";

const FUNCTIONS = ["page", "pte", "vma", "data", "byte", "min", "max", "abs", "sum", "count"];
const OBJECTS = ["last", "machine", "model"];

// `column` counts from 0 in the text.
export function completions(view: View, text: string, column: number): P.CompletionItem[] {
  const typed = text.slice(0, Math.max(0, column));
  const word = /[A-Za-z_]\w*$/.exec(typed)?.[0] ?? "";
  const before = typed.slice(0, typed.length - word.length);
  const place = { start: typed.length - word.length, length: word.length };
  const items = before.endsWith(".") ? fields(view, before.slice(0, -1)) : names(view, before.trim() === "");
  return items.filter(({ label }) => label.startsWith(word)).map((item) => ({ ...item, ...place }));
}

function names(view: View, first: boolean): P.CompletionItem[] {
  const items: P.CompletionItem[] = [];
  for (const symbol of view.trace.program.symbols) {
    if (nameValue(view, symbol.id) !== undefined)
      items.push({ label: symbol.name, type: "variable", detail: symbol.kind });
  }
  for (const label of FUNCTIONS) items.push({ label, text: `${label}(`, type: "function" });
  for (const label of OBJECTS) items.push({ label, type: "module" });
  if (first) {
    for (const { name, doc } of REPL_COMMANDS)
      items.push({ label: name, text: `${name} `, type: "keyword", detail: doc });
    items.push({ label: "goto", text: "goto ", type: "keyword", detail: "jump to the next run of a line" });
  }
  return items;
}

// What the dot stands behind is the longest end of the text that is one operand. Where it is `none`, the call says what
// it would be.
function fields(view: View, before: string): P.CompletionItem[] {
  const owner = ownerBefore(view, before);
  if (!owner) return [];
  const model = worldOf(view).model.name as ModelName;
  return fieldsOf(owner)
    .filter((spec) => spec.simulated && hasField(model, spec))
    .map((spec) => ({ label: spec.name, type: "field", detail: spec.doc.split(". ")[0].slice(0, 120) }));
}

function ownerBefore(view: View, before: string): FieldOwner | undefined {
  const text = before.slice(-200);
  for (let start = 0; start < text.length; start++) {
    if (start > 0 && /\w/.test(text[start - 1]) && /\w/.test(text[start])) continue;
    const expr = readExpression(view.trace.program, text.slice(start));
    if (typeof expr === "string" || expr.kind === "binary" || expr.kind === "unary") continue;
    worldOf(view);
    const value = evaluate(expr, view.timeline.recording.environment(view.timeline.stepsRun, view.task));
    if (value === null && expr.kind === "call") return CALLS[expr.name];
    return isFault(value) ? undefined : ownerOf(value);
  }
  return undefined;
}

const CALLS: Readonly<Record<string, FieldOwner | undefined>> = {
  page: "page",
  "pin.page": "page",
  pte: "pte",
  vma: "vma",
};

function ownerOf(value: Value | undefined): FieldOwner | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value.kind === "outcomes") return "last";
  return value.kind === "address" || value.kind === "words" ? undefined : value.kind;
}
