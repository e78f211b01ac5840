// Tokens of one line to its tree. Knows the forms of statements and no operation; never throws.
//
// The first thing that cannot be read is the line's one syntax problem, with the place where the reading stopped; what
// was read up to there is in the tree. Expressions are in parse_expression.ts.

import { type Cursor, cursorOn } from "./cursor.ts";
import { nearest } from "./nearest.ts";
import { parseExpression } from "./parse_expression.ts";
import { scan, T, Tokens } from "./token.ts";
import type { ArgNode, ExprNode, LineNode, LineTree, NameNode, OperationNode, SettingNode } from "./tree.ts";
import { RESERVED } from "./words.ts";

// The words that begin a statement which is no operation.
const STATEMENTS = ["mmtrace", "kernel", "machine", "process", "repeat", "end", "expect", "interleave", "include"];

// The tree of one line of text (without its line end).
export function parseLine(line: string): LineTree {
  const tokens = new Tokens();
  scan(line, 0, line.length, tokens);
  return parse(line, tokens, 0, tokens.length - 1, 0);
}

// The tree of the tokens [first, last) of `text`; `base` is where the line starts there. tokens[last] is its newline.
export function parse(text: string, tokens: Tokens, first: number, last: number, base: number): LineTree {
  const c = cursorOn(text, tokens, first, last, base);
  const start = c.start;
  const node = statement(c, start);
  if (!c.is(T.newline)) c.syntax(c.start, c.end, unexpected(c));
  return { node, comment: c.comment, problems: c.problems };
}

function statement(c: Cursor, start: number): LineNode {
  if (c.is(T.newline)) return { kind: "blank", start, end: c.end };
  if (!c.is(T.name)) {
    c.syntax(c.start, c.end, c.is(T.unknown) ? unknownCharacter(c) : "a statement begins with a word");
    return { kind: "broken", start, end: c.skip() };
  }
  // A word of the language in a name's place reads as one, so that the problem is the name.
  if (c.peek === T.assign || c.peek === T.colon) return operation(c, start);
  switch (c.text) {
    case "mmtrace":
      return version(c, start);
    case "kernel":
      return kernel(c, start);
    case "machine":
      return machine(c, start);
    case "process":
      return process(c, start);
    case "repeat":
      return repeat(c, start);
    case "end":
      c.next();
      return { kind: "end", start, end: c.behind };
    case "expect":
      return expect(c, start);
    case "include":
    case "interleave":
    case "and":
      return reserved(c, start);
    default:
      return operation(c, start);
  }
}

function version(c: Cursor, start: number): LineNode {
  c.next();
  const version = c.is(T.newline) ? undefined : c.word();
  if (!version) c.syntax(start, c.behind, "the version is missing: `mmtrace 1`");
  return { kind: "version", version, start, end: c.behind };
}

function kernel(c: Cursor, start: number): LineNode {
  c.next();
  const models: NameNode[] = [];
  while (!c.is(T.newline) && !c.stopped) {
    if (c.is(T.comma)) c.next();
    else models.push(c.word());
  }
  if (models.length === 0) c.syntax(start, c.behind, "at least one model is missing: `kernel 6.18`");
  return { kind: "kernel", models, start, end: c.behind };
}

function machine(c: Cursor, start: number): LineNode {
  c.next();
  const settings: SettingNode[] = [];
  while (!c.is(T.newline) && !c.stopped) {
    if (c.is(T.comma)) {
      c.next();
      continue;
    }
    if (!c.is(T.name)) {
      c.syntax(c.start, c.end, "a setting is KEY=VALUE: `memory=1G`");
      break;
    }
    const key = c.name();
    let value: NameNode | undefined;
    if (c.is(T.assign)) {
      c.next();
      if (!c.is(T.newline) && !c.is(T.comma) && c.start === c.behind) value = c.word();
    }
    if (!value) c.syntax(key.start, c.behind, `the value is missing: \`${key.text}=…\`, without blanks`);
    settings.push({ key, value, start: key.start, end: c.behind });
  }
  if (settings.length === 0) c.syntax(start, c.behind, "a setting is missing: `machine memory=1G`");
  return { kind: "machine", settings, start, end: c.behind };
}

function process(c: Cursor, start: number): LineNode {
  c.next();
  return { kind: "process", name: ownName(c, "the name of the process is missing"), start, end: c.behind };
}

function repeat(c: Cursor, start: number): LineNode {
  c.next();
  const count = parseExpression(c, "the count is missing: `repeat 10`");
  let name: NameNode | undefined;
  if (c.is(T.name) && c.text === "as") {
    c.next();
    name = ownName(c, "the name behind `as` is missing");
  }
  return { kind: "repeat", count, name, start, end: c.behind };
}

function expect(c: Cursor, start: number): LineNode {
  c.next();
  let when: NameNode | undefined;
  if (c.is(T.at)) {
    const at = c.start;
    const word = c.blankWord();
    when = { text: word.text, start: at, end: word.end };
  }
  const condition = parseExpression(c, "the condition is missing: `expect page(p).refcount == 1`");
  if (c.is(T.assign)) c.fix(c.start, c.end, "`=` binds names; a comparison is `==`", "Compare with `==`", "==");
  return { kind: "expect", when, condition, start, end: c.behind };
}

function reserved(c: Cursor, start: number): LineNode {
  const word = c.name();
  const end = c.skip();
  c.problem(word.start, end, "not-supported", `\`${word.text}\` is not supported yet`);
  return { kind: "reserved", word, start, end };
}

// [PROC:] [NAME =] OP(ARGS) [-> OUTCOME…]
function operation(c: Cursor, start: number): OperationNode {
  let process: NameNode | undefined;
  let target: NameNode | undefined;
  let name = c.name();
  if (c.is(T.colon)) {
    process = name;
    if (RESERVED.has(process.text)) reservedWord(c, process);
    c.next();
    name = operationName(c, "an operation is missing: `child: exit()`");
  }
  if (c.is(T.assign)) {
    target = name;
    if (RESERVED.has(target.text)) reservedWord(c, target);
    c.next();
    name = operationName(c, "an operation is missing: `p = mmap(4K)`");
  }
  const args: ArgNode[] = [];
  let open = -1;
  let close = -1;
  if (c.is(T.leftParen)) {
    open = c.start;
    c.next();
    close = argumentList(c, args);
  } else if (name.text !== "") {
    noBrackets(c, name, process === undefined && target === undefined);
  }
  const outcomes: NameNode[] = [];
  let arrow = -1;
  if (c.is(T.arrow)) {
    arrow = c.start;
    c.next();
    while (c.is(T.name)) outcomes.push(c.name());
    if (outcomes.length === 0) c.syntax(arrow, c.behind, "the outcome is missing: `-> anon`");
  }
  return { kind: "operation", process, target, name, open, close, args, arrow, outcomes, start, end: c.behind };
}

// A word without `(`: the beginning of another statement, misspelt, or an operation that lacks its brackets.
function noBrackets(c: Cursor, name: NameNode, alone: boolean): void {
  const near = alone ? nearest(name.text, STATEMENTS) : undefined;
  if (near !== undefined) {
    const message = `there is no statement \`${name.text}\`; did you mean \`${near}\`?`;
    c.fix(name.start, name.end, message, `Change to \`${near}\``, near);
  } else if (c.is(T.newline)) {
    c.syntax(name.start, name.end, `\`${name.text}\` is no statement; an operation has brackets: \`${name.text}()\``);
  } else {
    c.syntax(c.start, c.end, unexpected(c));
  }
}

function operationName(c: Cursor, message: string): NameNode {
  if (c.is(T.name)) {
    if (RESERVED.has(c.text)) c.syntax(c.start, c.end, `\`${c.text}\` is a statement of its own, not an operation`);
    return c.name();
  }
  c.syntax(c.behind, Math.max(c.behind, c.end), message);
  return { text: "", start: c.behind, end: c.behind };
}

// Reads up to the closing bracket; returns its column, -1 when it is missing.
function argumentList(c: Cursor, args: ArgNode[]): number {
  while (!c.stopped) {
    if (c.is(T.rightParen)) {
      const close = c.start;
      c.next();
      return close;
    }
    args.push(argument(c));
    if (c.is(T.comma)) c.next();
    else if (!c.is(T.rightParen)) {
      c.syntax(c.start, c.end, c.is(T.newline) ? "the closing `)` is missing" : unexpected(c));
    }
  }
  return -1;
}

function argument(c: Cursor): ArgNode {
  const start = c.start;
  if (c.is(T.name) && c.peek === T.assign) {
    const key = c.name();
    c.next();
    const value = parseExpression(c, `the value of \`${key.text}\` is missing`);
    return { key, value, start, end: value.end };
  }
  const value: ExprNode = parseExpression(c, "an argument is missing");
  return { key: undefined, value, start, end: value.end };
}

function ownName(c: Cursor, message: string): NameNode | undefined {
  if (!c.is(T.name)) {
    c.syntax(c.behind, Math.max(c.end, c.behind), message);
    return undefined;
  }
  const name = c.name();
  if (RESERVED.has(name.text)) reservedWord(c, name);
  return name;
}

function reservedWord(c: Cursor, name: NameNode): void {
  c.problem(name.start, name.end, "reserved-word", `\`${name.text}\` is a word of the language and cannot be a name`);
}

function unknownCharacter(c: Cursor): string {
  return `\`${c.text.slice(0, 20)}\` means nothing outside of a string or a comment`;
}

function unexpected(c: Cursor): string {
  if (c.is(T.newline)) return "the line ends too early";
  if (c.is(T.unknown)) return unknownCharacter(c);
  return `\`${c.text.length > 30 ? `${c.text.slice(0, 30)}…` : c.text}\` does not belong here`;
}
