// The text of a document: chunks of lines, each with what its lines say. An edit makes new chunks where it happened and
// shares all others with the version before it.

import type { LineFacts } from "./facts.ts";
import type { Section } from "./section.ts";

// A chunk is closed at the first line end past so many lines or characters.
const LINES = 512;
const CHARACTERS = 64 * 1024;

export interface Chunk {
  // Its lines with their line ends. Only the document's last chunk does not end in one.
  readonly text: string;
  // Where each line begins in `text`.
  readonly starts: Uint32Array;
  // By line.
  readonly facts: readonly LineFacts[];
  // What the chunk contributes to the program where it stood last.
  section?: Section;
}

// How a text is cut: pieces that end with a line end, and the last one, which has the last line.
export function cut(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    lines++;
    if (lines < LINES && at - start < CHARACTERS) continue;
    pieces.push(text.slice(start, at + 1));
    start = at + 1;
    lines = 0;
  }
  pieces.push(text.slice(start));
  return pieces;
}

// Where the lines of a piece begin. A piece that ends in a line end has no empty line behind it, unless it is the last.
export function lineStarts(text: string, last: boolean): Uint32Array {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  if (!last) starts.pop();
  return Uint32Array.from(starts);
}

// A line of a chunk without its line end.
export function lineOf(chunk: Chunk, index: number): string {
  const start = chunk.starts[index];
  let end = index + 1 < chunk.starts.length ? chunk.starts[index + 1] : chunk.text.length;
  if (end > start && chunk.text.charCodeAt(end - 1) === 10) end--;
  if (end > start && chunk.text.charCodeAt(end - 1) === 13) end--;
  return chunk.text.slice(start, end);
}
