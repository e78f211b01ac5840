// Checks that hold: the values that the run really has where the cursor is, ready to be expected.

import type { Operation } from "../lang/program.ts";
import { source } from "../run/show.ts";
import type { Analysis } from "./analysis.ts";
import type { Proposal } from "./completion.ts";
import { valueHere } from "./value_here.ts";

const COUNTERS = ["refcount", "mapcount", "exclusive"];

// What `compared` is here, as the other side of a comparison.
export function actualValue(analysis: Analysis, line: number, compared: string): Proposal[] {
  const value = valueHere(analysis, line, compared);
  const text = value === undefined ? undefined : source(value);
  return text === undefined ? [] : [proposal(text, analysis, text)];
}

// Whole checks about what the last operation above touched, or made.
export function likelyChecks(analysis: Analysis, line: number): Proposal[] {
  const operation = lastOperation(analysis, line);
  if (!operation) return [];
  return expressionsAbout(analysis, operation).flatMap((text) => {
    const value = valueHere(analysis, line, text);
    const shown = value === undefined ? undefined : source(value);
    return shown === undefined || value === null ? [] : [proposal(`${text} == ${shown}`, analysis, text)];
  });
}

function proposal(label: string, { models }: Analysis, filter: string): Proposal {
  return { label, kind: "value", detail: `the value under ${models[0]}`, filter };
}

function lastOperation({ program }: Analysis, line: number): Operation | undefined {
  for (let i = program.statements.length - 1; i >= 0; i--) {
    const statement = program.statements[i];
    if (statement.line < line && statement.kind === "operation") return statement;
  }
  return undefined;
}

function expressionsAbout({ program, document }: Analysis, operation: Operation): string[] {
  const { op, args, line, target, process } = operation;
  const found: string[] = [];
  const made = target === undefined ? undefined : program.symbols[target];
  if (made?.kind === "process") found.push(`${made.name}.rss_anon`, `${made.name}.rss`);
  if (made?.kind === "pin") found.push(`${made.name}.data`);
  const position = op.params.findIndex((param) => param.of.kind === "address");
  const at = args[position];
  const pin = args[op.params.findIndex((param) => param.of.kind === "pin")];
  if (pin) found.push(`${document.line(line).slice(pin.start, pin.end)}.data`);
  const address = at ? document.line(line).slice(at.start, at.end) : made?.kind === "address" ? made.name : undefined;
  const owner = process === undefined ? undefined : program.symbols[process].name;
  if (address !== undefined) {
    const place = owner === undefined || owner === "main" ? address : `${owner}, ${address}`;
    found.push(...COUNTERS.map((counter) => `page(${place}).${counter}`), `data(${place})`, `pte(${place}).writable`);
  }
  found.push(`${owner ?? "main"}.rss_anon`);
  return found;
}
