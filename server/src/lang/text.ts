// Where something stands in a trace, and how a change of its text is told.

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
