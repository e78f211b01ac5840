// The formatter: one way to write a line, and columns for `->` and comments.
//
//   p = mmap(16K, rw, private|anonymous)
//   write(p, "a")        -> anon            # the first touch
//   child: write(p, "b") -> cow             # a copy
//
// Within a run of lines (no blank line, no line that is a comment alone) all `->` stand in one column and all comments
// in one. Lines between `repeat` and `end` are indented by two. A line that has a syntax problem is left as it is.

import { parse } from "./parse.ts";
import type { Range } from "./text.ts";
import { scan, T, Tokens } from "./token.ts";

export interface Replacement {
  readonly range: Range;
  readonly text: string;
}

// What the formatter needs of a text.
export interface Lines {
  readonly lineCount: number;
  line(number: number): string;
}

// A line that would push the columns of all its neighbours far to the right stays out of the alignment.
const WIDEST = 80;

interface Parts {
  readonly line: number;
  readonly original: string;
  readonly indent: string;
  // The statement without what stands behind it, in its one way of writing.
  readonly statement: string;
  // From `->` on.
  readonly outcome: string;
  readonly comment: string;
  // Left alone.
  readonly frozen: boolean;
}

// The replacements that make the text formatted: at most one for each line.
export function format(text: Lines): Replacement[] {
  const replacements: Replacement[] = [];
  let run: Parts[] = [];
  let depth = 0;
  for (let line = 0; line < text.lineCount; line++) {
    const { parts, kind } = read(text.line(line), line, depth);
    if (kind === "end") depth = Math.max(0, depth - 1);
    if (kind === "repeat") depth++;
    if (parts.statement === "" || parts.frozen) {
      flush(run, replacements);
      run = [];
      if (!parts.frozen) put(parts, (parts.indent + parts.comment).trimEnd(), replacements);
    } else run.push(parts);
  }
  flush(run, replacements);
  return replacements;
}

// The whole text formatted; line ends stay as they are.
export function formatText(text: string): string {
  const lines = text.split("\n");
  const returns = lines.map((line) => line.endsWith("\r"));
  const bare = lines.map((line, i) => (returns[i] ? line.slice(0, -1) : line));
  for (const { range, text: to } of format({ lineCount: bare.length, line: (number) => bare[number] })) {
    bare[range.line] = to;
  }
  return bare.map((line, i) => (returns[i] ? `${line}\r` : line)).join("\n");
}

function flush(run: readonly Parts[], replacements: Replacement[]): void {
  const arrow = column(
    run,
    (parts) => parts.outcome !== "",
    (parts) => width(parts.indent + parts.statement),
  );
  const written = run.map((parts) => {
    const statement = parts.indent + parts.statement;
    return parts.outcome === "" ? statement : `${padded(statement, arrow)} ${parts.outcome}`;
  });
  const widths = new Map(run.map((parts, i) => [parts, width(written[i])]));
  const hash = column(
    run,
    (parts) => parts.comment !== "",
    (parts) => widths.get(parts)!,
  );
  for (const [i, parts] of run.entries()) {
    put(parts, parts.comment === "" ? written[i] : `${padded(written[i], hash)}  ${parts.comment}`, replacements);
  }
}

// The widest of the lines that have the column, as far as they take part.
function column(run: readonly Parts[], has: (parts: Parts) => boolean, widthOf: (parts: Parts) => number): number {
  let widest = 0;
  for (const parts of run) {
    const own = widthOf(parts);
    if (has(parts) && own <= WIDEST) widest = Math.max(widest, own);
  }
  return widest;
}

function padded(text: string, to: number): string {
  return text + " ".repeat(Math.max(0, to - width(text)));
}

// Columns that a text takes, one for each code point.
function width(text: string): number {
  let columns = 0;
  for (const _ of text) columns++;
  return columns;
}

function put(parts: Parts, text: string, replacements: Replacement[]): void {
  if (text === parts.original) return;
  replacements.push({ range: { line: parts.line, start: 0, end: parts.original.length }, text });
}

function read(original: string, line: number, depth: number): { parts: Parts; kind: string } {
  const tokens = new Tokens();
  scan(original, 0, original.length, tokens);
  const { node, comment, problems } = parse(original, tokens, 0, tokens.length - 1, 0);
  const level = node.kind === "end" ? depth - 1 : depth;
  const indent = "  ".repeat(Math.max(0, level));
  const written = comment ? original.slice(comment.start, comment.end).trimEnd() : "";
  const frozen = problems.some((problem) => problem.code !== "not-supported");
  const arrow = node.kind === "operation" ? node.arrow : -1;
  const end = comment ? comment.start : original.length;
  const body = original.slice(0, end).trimEnd();
  const parts: Parts = {
    line,
    original,
    indent,
    statement: node.kind === "blank" ? "" : statementText(body, tokens, arrow < 0 ? body.length : arrow, node.kind),
    outcome:
      arrow < 0
        ? ""
        : body
            .slice(arrow)
            .replace(/\s+/g, " ")
            .replace(/^->\s*/, "-> "),
    comment: written,
    frozen,
  };
  return { parts, kind: node.kind };
}

function statementText(body: string, tokens: Tokens, end: number, kind: string): string {
  const text = body.slice(0, end).trim();
  // Words that run to the next blank or comma keep what they are made of.
  if (kind === "kernel" || kind === "machine" || kind === "version") return text.replace(/[\s,]+/g, " ").trim();
  if (kind === "reserved") return text;
  let out = "";
  let before: number = T.newline;
  let operand = false;
  // Brackets that are open.
  let open = 0;
  const from = kind === "expect" ? whenEnd(body) : 0;
  if (from > 0) {
    out = body.slice(0, from).trim().replace(/\s+/g, " ");
    // A sign that were to stand against the WHEN would become a part of it.
    before = T.name;
  }
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens.kinds[i];
    if (token === T.newline || token === T.comment || tokens.starts[i] >= end) break;
    if (tokens.starts[i] < from) continue;
    const word = body.slice(tokens.starts[i], tokens.ends[i]);
    const isSign = (token === T.minus || token === T.bang) && !operand;
    if (out !== "" && gap(before, token, operand, isSign, open > 0)) out += " ";
    out += word;
    if (token === T.leftParen || token === T.leftBracket) open++;
    else if (token === T.rightParen || token === T.rightBracket) open--;
    // A sign binds to what follows it.
    before = isSign ? T.bang : token;
    operand =
      token === T.name ||
      token === T.number ||
      token === T.string ||
      token === T.rightParen ||
      token === T.rightBracket;
    if (token === T.name && (word === "expect" || word === "repeat" || word === "as" || word === "process"))
      operand = false;
  }
  return out;
}

// Column behind the WHEN of an expect, 0 without one.
function whenEnd(body: string): number {
  const found = /^\s*expect\s*@[^ \t]*/.exec(body);
  return found ? found[0].length : 0;
}

// Whether a blank stands between two tokens.
function gap(before: number, token: number, operand: boolean, isSign: boolean, inside: boolean): boolean {
  if (token === T.comma || token === T.rightParen || token === T.rightBracket || token === T.dot || token === T.colon)
    return false;
  if (before === T.leftParen || before === T.leftBracket || before === T.dot || before === T.bang) return false;
  if (before === T.comma || before === T.colon) return true;
  // Flags are written without blanks, and so is `key=value` inside of brackets.
  if (token === T.or || before === T.or) return false;
  if (token === T.assign || before === T.assign) return !inside;
  if (token === T.leftParen || token === T.leftBracket) return !operand;
  if (isSign) return before !== T.newline;
  return true;
}
