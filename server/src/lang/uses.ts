// Uses of names against what binds them: names that nothing binds, and names of the wrong kind.

import { unknownField } from "./bind_expression.ts";
import { ANY_KIND, Findings, KIND_BITS, type Use } from "./facts.ts";
import { fieldOf } from "./fields.ts";
import { nearest } from "./nearest.ts";
import { onLine, type Problem } from "./problem.ts";
import { MAIN, type SymbolKind, type TraceSymbol } from "./program.ts";
import type { Span } from "./text.ts";

export const KINDS: Readonly<Record<SymbolKind, string>> = {
  process: "a process",
  address: "an address",
  file: "a file",
  pin: "a pin",
  number: "a number",
  unknown: "unknown",
};

// What is wrong with using the symbol this way, if anything.
export function misuse(use: Use, symbol: TraceSymbol, line: number): Problem | undefined {
  const { kind } = symbol;
  if (kind === "unknown") return undefined;
  if (use.field !== undefined) return fieldProblem(use, symbol, line);
  if ((KIND_BITS[kind] & use.wants) !== 0) return undefined;
  return {
    range: { line, ...spanOf(use) },
    code: "wrong-kind",
    severity: "error",
    message: `${wanted(use.wants)} is wanted here; \`${symbol.name}\` is ${KINDS[kind]}`,
    related: boundHere(symbol),
  };
}

// A name that no line before binds.
export function unbound(
  use: Use,
  name: string,
  symbols: readonly (TraceSymbol | undefined)[],
  line: number,
  suggest: boolean,
): Problem {
  const range = { line, ...spanOf(use) };
  const later = symbols[use.symbol];
  if (later?.declaration) {
    const message = `\`${name}\` is bound only in line ${lineOf(later)}`;
    return { range, code: "used-before", severity: "error", message, related: boundHere(later) };
  }
  const near = suggest ? nearest(name, fitting(use, name, symbols)) : undefined;
  const fixes = [];
  if (near !== undefined)
    fixes.push({ title: `Change to \`${near}\``, edits: [{ range, text: near }], preferred: true });
  const process = use.wants === KIND_BITS.process;
  if (process) {
    const at = { line, start: 0, end: 0 };
    fixes.push({
      title: `Declare the process \`${name}\``,
      edits: [{ range: at, text: `process ${name}\n` }],
      preferred: near === undefined,
    });
  }
  const message = `there is no ${process ? "process" : "name"} \`${name}\`${near === undefined ? "" : `; did you mean \`${near}\`?`}`;
  return { range, code: "unknown-name", severity: "error", message, fixes };
}

// The names that could stand where the use does.
function* fitting(use: Use, name: string, symbols: readonly (TraceSymbol | undefined)[]): Generator<string> {
  for (const symbol of symbols) {
    if (symbol === undefined || symbol.name === name) continue;
    const exists = symbol.declaration !== undefined || symbol.id === MAIN;
    if (exists && (KIND_BITS[symbol.kind] & use.wants) !== 0) yield symbol.name;
  }
}

function fieldProblem(use: Use, symbol: TraceSymbol, line: number): Problem | undefined {
  const name = use.field!;
  const { kind } = symbol;
  if (name.text === "") return undefined;
  if (kind === "process" || kind === "pin" || kind === "file") {
    if (fieldOf(kind, name.text) !== undefined) return undefined;
    const found = new Findings([]);
    unknownField(kind, name, found);
    return onLine(line, found.problems[0]);
  }
  // `p.refcount` of an address is meant for the page there.
  const owners = ["page", "pte", "vma"] as const;
  const owner = kind === "address" ? owners.find((of) => fieldOf(of, name.text) !== undefined) : undefined;
  const text = owner && `${owner}(${symbol.name})`;
  const range = { line, ...spanOf(use) };
  return {
    range: { line, ...spanOf(name) },
    code: "unknown-field",
    severity: "error",
    message: `${KINDS[kind]} has no fields${text === undefined ? "" : `; did you mean \`${text}.${name.text}\`?`}`,
    ...(text && { fixes: [{ title: `Change to \`${text}\``, edits: [{ range, text }], preferred: true }] }),
  };
}

function boundHere(symbol: TraceSymbol): Problem["related"] {
  return symbol.declaration ? [{ range: symbol.declaration, message: `\`${symbol.name}\` is bound here` }] : [];
}

function wanted(wants: number): string {
  if (wants === ANY_KIND) return "a value";
  if (wants === 0) return "something else";
  const kinds = (Object.keys(KIND_BITS) as SymbolKind[]).filter(
    (kind) => kind !== "unknown" && (KIND_BITS[kind] & wants) !== 0,
  );
  return kinds.map((kind) => KINDS[kind]).join(" or ");
}

export function lineOf(symbol: TraceSymbol): number {
  return (symbol.declaration?.line ?? 0) + 1;
}

export function spanOf({ start, end }: Span): Span {
  return { start, end };
}
