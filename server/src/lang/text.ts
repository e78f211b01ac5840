// Where something stands in a trace, and the text itself: lines in chunks, so that an edit copies only its own chunk.

// A stretch of one line. Lines and columns count from 0; columns are UTF-16 units, as in LSP. Never crosses a line.
export interface Range {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

// A stretch of a line that the context already names.
export interface Span {
  readonly start: number;
  readonly end: number;
}

// A change as LSP gives it: what stands between two positions becomes `text`.
export interface TextEdit {
  readonly from: { readonly line: number; readonly column: number };
  readonly to: { readonly line: number; readonly column: number };
  readonly text: string;
}

export function rangeOn(line: number, span: Span): Range {
  return { line, start: span.start, end: span.end };
}
