// A trace as a text that is edited: each version has its lines, its trees and its program, and stays readable after the
// next one is made. An edit re-reads its own lines only.

import { assemble } from "./assemble.ts";
import { bindLine } from "./bind.ts";
import { type Chunk, cut, lineOf, lineStarts } from "./chunks.ts";
import type { LineFacts } from "./facts.ts";
import { Names } from "./names.ts";
import { parse, parseLine } from "./parse.ts";
import type { Program } from "./program.ts";
import type { TextEdit } from "./text.ts";
import { scan, T, Tokens } from "./token.ts";
import type { LineTree } from "./tree.ts";

// Reads a whole text.
export function analyse(text: string): Document {
  const names = new Names();
  const pieces = cut(text);
  const tokens = new Tokens();
  let line = 0;
  const chunks = pieces.map((piece, i) => {
    const chunk = readChunk(piece, i === pieces.length - 1, line, names, tokens);
    line += chunk.starts.length;
    return chunk;
  });
  return new Document(chunks, names);
}

export class Document {
  readonly lineCount: number;
  private readonly chunks: readonly Chunk[];
  private readonly names: Names;
  private made: Program | undefined;

  constructor(chunks: readonly Chunk[], names: Names) {
    this.chunks = chunks;
    this.names = names;
    this.lineCount = chunks.reduce((sum, chunk) => sum + chunk.starts.length, 0);
  }

  // The bound program; put together when it is first asked for.
  get program(): Program {
    this.made ??= assemble(this.chunks, this.names);
    return this.made;
  }

  get text(): string {
    return this.chunks.map((chunk) => chunk.text).join("");
  }

  // A line without its line end; empty past the last one.
  line(number: number): string {
    if (number < 0 || number >= this.lineCount) return "";
    const { chunk, first } = this.find(number);
    return lineOf(this.chunks[chunk], number - first);
  }

  tree(number: number): LineTree {
    return parseLine(this.line(number));
  }

  // The version after the changes, which apply one after the other. Positions past a line's or the text's end mean that end.
  edit(changes: readonly TextEdit[]): Document {
    return changes.reduce((document: Document, change) => document.change(change), this);
  }

  private change({ from, to, text }: TextEdit): Document {
    const start = this.place(from);
    const end = this.place(to);
    const before = this.chunks[start.chunk];
    const after = this.chunks[end.chunk];
    const joined = before.text.slice(0, start.offset) + text + after.text.slice(end.offset);
    const isLast = end.chunk === this.chunks.length - 1;
    // The lines before and behind the edited ones say what they said.
    const head = before.facts.slice(0, start.line);
    const tail = after.facts.slice(end.line + 1);
    const pieces = cut(joined);
    // Joined chunks end with a line end, behind which only the document's last chunk has a line.
    if (!isLast && pieces[pieces.length - 1] === "") pieces.pop();
    const total = pieces.map((piece, i) => lineStarts(piece, isLast && i === pieces.length - 1));
    const lines = total.reduce((sum, starts) => sum + starts.length, 0);
    const tokens = new Tokens();
    let index = 0;
    const chunks = pieces.map((piece, i): Chunk => {
      const starts = total[i];
      const facts = Array.from(starts, (_, j): LineFacts => {
        const at = index + j;
        if (at < head.length) return head[at];
        if (at >= lines - tail.length) return tail[at - (lines - tail.length)];
        return readLine(piece, starts, j, start.first + at, this.names, tokens);
      });
      index += starts.length;
      return { text: piece, starts, facts };
    });
    return new Document(
      [...this.chunks.slice(0, start.chunk), ...chunks, ...this.chunks.slice(end.chunk + 1)],
      this.names,
    );
  }

  // The chunk of a position, its offset there, and the line's index in the chunk; `first` is the chunk's first line.
  private place({ line, column }: TextEdit["from"]): { chunk: number; offset: number; line: number; first: number } {
    const last = this.lineCount - 1;
    const number = Math.min(Math.max(line, 0), last);
    const { chunk, first } = this.find(number);
    const { starts } = this.chunks[chunk];
    const index = number - first;
    const length = lineOf(this.chunks[chunk], index).length;
    const within = line > last ? length : Math.min(Math.max(column, 0), length);
    return { chunk, offset: starts[index] + within, line: index, first };
  }

  private find(line: number): { chunk: number; first: number } {
    let first = 0;
    for (const [i, chunk] of this.chunks.entries()) {
      if (line < first + chunk.starts.length) return { chunk: i, first };
      first += chunk.starts.length;
    }
    return { chunk: this.chunks.length - 1, first: first - this.chunks[this.chunks.length - 1].starts.length };
  }
}

function readChunk(text: string, last: boolean, line: number, names: Names, tokens: Tokens): Chunk {
  tokens.length = 0;
  scan(text, 0, text.length, tokens);
  const starts = lineStarts(text, last);
  const facts: LineFacts[] = [];
  let first = 0;
  for (const [i, start] of starts.entries()) {
    let end = first;
    while (end < tokens.length && tokens.kinds[end] !== T.newline) end++;
    const tree = parse(text, tokens, first, end, start);
    facts.push(bindLine(tree, line + i, sourceOf(tree, text, start), names));
    first = end + 1;
  }
  return { text, starts, facts };
}

// The text of a statement's line; only those that keep part of it need it.
function sourceOf(tree: LineTree, text: string, start: number): string {
  return tree.node.kind === "expect" ? text.slice(start, start + tree.node.end) : "";
}

function readLine(
  text: string,
  starts: Uint32Array,
  index: number,
  line: number,
  names: Names,
  tokens: Tokens,
): LineFacts {
  const start = starts[index];
  const end = index + 1 < starts.length ? starts[index + 1] : text.length;
  tokens.length = 0;
  scan(text, start, end, tokens);
  const tree = parse(text, tokens, 0, Math.max(0, tokens.length - 1), start);
  return bindLine(tree, line, sourceOf(tree, text, start), names);
}
