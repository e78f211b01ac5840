// A cursor over the tokens of one line: what the parser reads through. All positions it gives are columns.

import type { Code } from "./codes.ts";
import type { LineProblem } from "./problem.ts";
import type { Span } from "./text.ts";
import { T, type TokenKind, type Tokens } from "./token.ts";
import type { NameNode } from "./tree.ts";

const NO_PROBLEMS: LineProblem[] = [];

export function cursorOn(text: string, tokens: Tokens, first: number, last: number, base: number): Cursor {
  return new Cursor(text, tokens, first, last, base);
}

export class Cursor {
  // Shared while empty: most lines have none.
  problems: LineProblem[] = NO_PROBLEMS;
  comment: Span | undefined;
  // The kind of the token that is next; newline when the line is at its end or the reading stopped.
  kind: TokenKind;
  // A syntax problem was met: nothing more is read.
  stopped = false;
  // Column behind the last token that was read.
  behind: number;
  // How many more operators and brackets the line may have: bounds the height of its trees.
  budget = 1000;
  private readonly source: string;
  private readonly tokens: Tokens;
  private readonly base: number;
  private readonly last: number;
  // Column behind the last token that is no comment; 0 in a line without one.
  private readonly lineEnd: number;
  private at: number;

  constructor(text: string, tokens: Tokens, first: number, last: number, base: number) {
    this.source = text;
    this.tokens = tokens;
    this.base = base;
    this.at = first;
    if (last > first && tokens.kinds[last - 1] === T.comment) {
      last--;
      this.comment = { start: tokens.starts[last] - base, end: tokens.ends[last] - base };
    }
    this.last = last;
    this.lineEnd = last > first ? tokens.ends[last - 1] - base : 0;
    this.kind = this.kindAt(first);
    this.behind = this.start;
  }

  get start(): number {
    return this.at < this.last ? this.tokens.starts[this.at] - this.base : this.lineEnd;
  }

  get end(): number {
    return this.at < this.last ? this.tokens.ends[this.at] - this.base : this.lineEnd;
  }

  get text(): string {
    return this.source.slice(this.start + this.base, this.end + this.base);
  }

  is(kind: TokenKind): boolean {
    return this.kind === kind;
  }

  // The kind of the token behind the next.
  get peek(): TokenKind {
    return this.kindAt(this.at + 1);
  }

  next(): void {
    if (this.at >= this.last) return;
    this.behind = this.end;
    this.at++;
    this.kind = this.stopped ? T.newline : this.kindAt(this.at);
  }

  name(): NameNode {
    const node = { text: this.text, start: this.start, end: this.end };
    this.next();
    return node;
  }

  // What stands from here to the next blank or comma, whatever tokens it is made of: `6.10`, `refpage-v2`, `64K|128K`.
  word(): NameNode {
    return this.take(true);
  }

  // What stands from here to the next blank.
  blankWord(): NameNode {
    return this.take(false);
  }

  // Everything up to the end of the line; returns the column behind it.
  skip(): number {
    while (this.at < this.last) {
      this.behind = this.end;
      this.at++;
    }
    this.kind = T.newline;
    return this.behind;
  }

  problem(start: number, end: number, code: Code, message: string): void {
    if (this.problems === NO_PROBLEMS) this.problems = [];
    this.problems.push({ start, end, code, severity: "error", message });
  }

  // The first syntax problem of the line; the reading stops there, and later ones are its consequences.
  syntax(start: number, end: number, message: string, code: Code = "syntax"): void {
    if (this.stopped) return;
    this.stopped = true;
    const unread = this.kind === T.unknown && code === "syntax" ? "unknown-character" : code;
    this.kind = T.newline;
    this.problem(start, end, unread, message);
  }

  // A syntax problem that a replacement of its span mends.
  fix(start: number, end: number, message: string, title: string, text: string): void {
    if (this.stopped) return;
    this.syntax(start, end, message);
    const found = this.problems[this.problems.length - 1];
    this.problems[this.problems.length - 1] = { ...found, fixes: [{ start, end, title, text }] };
  }

  private take(commaEnds: boolean): NameNode {
    const start = this.start;
    const limit = this.lineEnd + this.base;
    let end = start + this.base;
    while (end < limit) {
      const c = this.source.charCodeAt(end);
      if (c === 32 || c === 9 || c === 13 || (commaEnds && c === 44)) break;
      end++;
    }
    while (this.at < this.last && this.tokens.starts[this.at] < end) this.at++;
    this.behind = end - this.base;
    this.kind = this.stopped ? T.newline : this.kindAt(this.at);
    return { text: this.source.slice(start + this.base, end), start, end: this.behind };
  }

  private kindAt(at: number): TokenKind {
    return at < this.last ? (this.tokens.kinds[at] as TokenKind) : T.newline;
  }
}
