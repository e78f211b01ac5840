// What may stand where the cursor is. Read from the line's tokens before the cursor, so that a line that is half typed,
// or broken further on, is as good as a whole one.

import type { FieldOwner } from "../lang/fields.ts";
import type { OpSpec, Param } from "../lang/ops.ts";
import { OPS } from "../lang/ops.ts";
import type { Program } from "../lang/program.ts";
import type { Span } from "../lang/text.ts";
import { scan, T, Tokens } from "../lang/token.ts";
import { FUNCTION_VALUES, ownerOfField, SYMBOL_VALUES, WORD_VALUES } from "./owners.ts";

export type Context =
  // A statement begins; behind `child:` or `p =` only an operation can.
  | { readonly kind: "statement" }
  | { readonly kind: "operation"; readonly binds: boolean }
  | { readonly kind: "model"; readonly given: readonly string[] }
  | { readonly kind: "when" }
  | { readonly kind: "setting"; readonly given: readonly string[] }
  | { readonly kind: "setting value"; readonly key: string }
  | Argument
  | { readonly kind: "outcome"; readonly op: OpSpec | undefined; readonly given: readonly string[] }
  | { readonly kind: "field"; readonly owner: FieldOwner }
  // `compared` is the text of what the cursor's side is compared with.
  | { readonly kind: "expression"; readonly check: boolean; readonly compared: string | undefined }
  | { readonly kind: "nothing" };

export interface Argument {
  readonly kind: "argument";
  readonly op: OpSpec;
  // The parameter that the cursor's argument is for; undefined when there are no more.
  readonly param: Param | undefined;
  // Whether the argument's name is written: `fd=|`.
  readonly named: boolean;
  // Whether the argument has begun with something other than the word at the cursor: `private|`, `p + `.
  readonly begun: boolean;
  // The words already joined by `|`.
  readonly words: readonly string[];
  // Parameters that the line has given before.
  readonly given: readonly string[];
}

export interface Place {
  readonly context: Context;
  // The word that a proposal replaces.
  readonly word: Span;
}

export interface Token extends Span {
  readonly kind: number;
  readonly text: string;
}

const NOTHING: Context = { kind: "nothing" };

export function placeAt(text: string, column: number, program: Program): Place {
  const before = tokensOf(text.slice(0, column));
  const last = before.at(-1);
  if (inside(last, column)) return { context: NOTHING, word: { start: column, end: column } };
  const touches = last !== undefined && last.end === column && (last.kind === T.name || isWordLike(before, last));
  const start = touches ? wordStart(text, column, before) : column;
  const earlier = before.filter((token) => token.end <= start);
  return { context: contextOf(earlier, text, program), word: { start, end: wordEnd(text, column) } };
}

// The tokens of a line, without its end.
export function tokensOf(text: string): Token[] {
  const tokens = new Tokens();
  scan(text, 0, text.length, tokens);
  const all: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens.kinds[i] === T.newline) continue;
    const [kind, start, end] = [tokens.kinds[i], tokens.starts[i], tokens.ends[i]];
    all.push({ kind, start, end, text: text.slice(start, end) });
  }
  return all;
}

function contextOf(tokens: readonly Token[], text: string, program: Program): Context {
  const [first] = tokens;
  if (!first) return { kind: "statement" };
  const last = tokens[tokens.length - 1];
  if (last.kind === T.dot) return fieldContext(tokens, program);
  switch (first.text) {
    case "kernel":
      return { kind: "model", given: wordsOf(text, first.end) };
    case "machine":
      return settingContext(tokens);
    case "expect":
      if (last.kind === T.at || isWhen(tokens, text)) return { kind: "when" };
      return { kind: "expression", check: true, compared: comparedWith(tokens, text) };
    case "repeat":
      return tokens.length === 1 ? { kind: "expression", check: false, compared: undefined } : NOTHING;
    case "process":
    case "end":
    case "mmtrace":
      return NOTHING;
  }
  return operationContext(tokens);
}

function operationContext(tokens: readonly Token[]): Context {
  const arrow = tokens.findIndex(({ kind }) => kind === T.arrow);
  const op = OPS.get(tokens[tokens.findIndex(({ kind }) => kind === T.leftParen) - 1]?.text ?? "");
  if (arrow >= 0) return { kind: "outcome", op, given: tokens.slice(arrow + 1).map((token) => token.text) };
  const open = openBracket(tokens);
  if (open < 0) {
    const last = tokens[tokens.length - 1];
    if (last.kind === T.colon) return { kind: "operation", binds: false };
    return last.kind === T.assign ? { kind: "operation", binds: true } : NOTHING;
  }
  const called = OPS.get(tokens[open - 1]?.text ?? "");
  // Brackets within an argument: `read(p + (`, `data(`.
  if (!called) return { kind: "expression", check: false, compared: undefined };
  return argumentContext(tokens.slice(open + 1), called);
}

// Which parameter of the operation the cursor is at, counting the tokens behind its bracket.
export function argumentContext(tokens: readonly Token[], op: OpSpec): Argument {
  const given: string[] = [];
  let position = 0;
  let depth = 0;
  let from = 0;
  let anyNamed = false;
  const isNamed = (until: number): boolean =>
    tokens[from]?.kind === T.name && tokens[from + 1]?.kind === T.assign && from + 1 < until;
  const nameOf = (until: number): string | undefined => {
    if (isNamed(until)) return tokens[from].text;
    // Behind one given by name, every argument is.
    return anyNamed ? undefined : op.params[position]?.name;
  };
  for (const [i, token] of tokens.entries()) {
    if (token.kind === T.leftParen || token.kind === T.leftBracket) depth++;
    else if (token.kind === T.rightParen || token.kind === T.rightBracket) depth--;
    else if (token.kind === T.comma && depth === 0) {
      const name = nameOf(i);
      if (name !== undefined) given.push(name);
      if (isNamed(i)) anyNamed = true;
      position++;
      from = i + 1;
    }
  }
  const named = isNamed(tokens.length);
  const argument = tokens.slice(named ? from + 2 : from);
  const name = nameOf(tokens.length);
  return {
    kind: "argument",
    op,
    param: op.params.find((param) => param.name === name),
    named,
    begun: argument.length > 0,
    words: argument.filter(({ kind }) => kind === T.name).map((token) => token.text),
    given,
  };
}

// The innermost bracket that is still open, -1 without one.
export function openBracket(tokens: readonly Token[]): number {
  let depth = 0;
  for (let i = tokens.length - 1; i >= 0; i--) {
    const { kind } = tokens[i];
    if (kind === T.rightParen) depth++;
    else if (kind === T.leftParen && --depth < 0) return i;
  }
  return -1;
}

function fieldContext(tokens: readonly Token[], program: Program): Context {
  const owner = ownerBefore(tokens, tokens.length - 1, program);
  return owner ? { kind: "field", owner } : NOTHING;
}

// What the value is that ends before token `end`.
function ownerBefore(tokens: readonly Token[], end: number, program: Program): FieldOwner | undefined {
  const last = tokens[end - 1];
  if (last?.kind === T.name) {
    if (tokens[end - 2]?.kind === T.dot) {
      const owner = ownerBefore(tokens, end - 2, program);
      return owner && ownerOfField(owner, last.text);
    }
    const symbol = program.symbol(last.text);
    return symbol ? SYMBOL_VALUES[symbol.kind] : WORD_VALUES[last.text];
  }
  if (last?.kind !== T.rightParen) return undefined;
  let depth = 0;
  for (let i = end - 1; i > 0; i--) {
    if (tokens[i].kind === T.rightParen) depth++;
    if (tokens[i].kind === T.leftParen && --depth === 0) return FUNCTION_VALUES[tokens[i - 1].text];
  }
  return undefined;
}

function settingContext(tokens: readonly Token[]): Context {
  const last = tokens[tokens.length - 1];
  if (last.kind === T.assign) return { kind: "setting value", key: tokens[tokens.length - 2].text };
  const given = tokens.filter((_, i) => tokens[i + 1]?.kind === T.assign).map((token) => token.text);
  return { kind: "setting", given };
}

// The condition behind `@` holds no blanks, and the cursor is still in it.
function isWhen(tokens: readonly Token[], text: string): boolean {
  if (tokens[1]?.kind !== T.at) return false;
  const last = tokens[tokens.length - 1];
  return !/\s/.test(text.slice(tokens[1].start, last.end)) && !/^\s/.test(text.slice(last.end));
}

const COMPARISONS: ReadonlySet<number> = new Set([T.equal, T.notEqual, T.less, T.lessEqual, T.greater, T.greaterEqual]);

// In `expect A && page(p).refcount == |` it is `page(p).refcount`.
function comparedWith(tokens: readonly Token[], text: string): string | undefined {
  const last = tokens[tokens.length - 1];
  if (!COMPARISONS.has(last.kind)) return undefined;
  let depth = 0;
  let from = tokens.length - 1;
  for (let i = tokens.length - 2; i > 0; i--) {
    const { kind } = tokens[i];
    if (kind === T.rightParen) depth++;
    if (kind === T.leftParen && --depth < 0) break;
    if (depth === 0 && (kind === T.andAnd || kind === T.orOr || kind === T.bang)) break;
    if (tokens[1].kind === T.at && i <= whenEnd(tokens)) break;
    from = i;
  }
  const compared = text.slice(tokens[from].start, last.start).trim();
  return compared === "" ? undefined : compared;
}

// The last token of the condition behind `@`, which ends at the first blank.
function whenEnd(tokens: readonly Token[]): number {
  let i = 1;
  while (tokens[i + 1] && tokens[i + 1].start === tokens[i].end) i++;
  return i;
}

function inside(last: Token | undefined, column: number): boolean {
  if (!last || column < last.end) return false;
  return last.kind === T.comment || (last.kind === T.openString && last.end === column);
}

// Behind `kernel` and `@`, release numbers and model names are one word: `6.1`, `refpage-v2`.
function isWordLike(tokens: readonly Token[], last: Token): boolean {
  return isModelList(tokens) && last.kind !== T.at && last.kind !== T.comma;
}

function isModelList(tokens: readonly Token[]): boolean {
  return tokens[0]?.text === "kernel" || (tokens[0]?.text === "expect" && tokens[1]?.kind === T.at);
}

function wordStart(text: string, column: number, tokens: readonly Token[]): number {
  const word = isModelList(tokens) ? /[\w.-]*$/ : /\w*$/;
  const found = word.exec(text.slice(0, column));
  const start = found ? found.index : column;
  return Math.max(start, tokens[0].end === column ? tokens[0].start : 0);
}

function wordEnd(text: string, column: number): number {
  const found = /^\w*/.exec(text.slice(column));
  return column + (found ? found[0].length : 0);
}

function wordsOf(text: string, from: number): string[] {
  return text
    .slice(from)
    .replace(/#.*$/, "")
    .split(/[\s,]+/)
    .filter((word) => word !== "");
}
