// What each word of the text is, for colouring: the kind of a name is known only after binding.

import type { SymbolKind } from "../lang/program.ts";
import type { Analysis } from "./analysis.ts";
import type { Mark } from "./marks.ts";

export const TOKEN_TYPES = [
  "comment",
  "keyword",
  "string",
  "number",
  "variable",
  "parameter",
  "property",
  "function",
  // Ours; package.json gives each a standard type to fall back on.
  "process",
  "mapping",
  "pin",
  "fileHandle",
  "operation",
  "flag",
  "outcome",
  "model",
] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

export const TOKEN_MODIFIERS = ["declaration"] as const;

export interface Token {
  readonly line: number;
  readonly start: number;
  readonly length: number;
  readonly type: TokenType;
  readonly declares: boolean;
}

// The tokens of the lines [from, to), in order.
export function semanticTokens(analysis: Analysis, from: number, to: number): Token[] {
  const tokens: Token[] = [];
  const last = Math.min(to, analysis.document.lineCount);
  for (let line = Math.max(0, from); line < last; line++) {
    for (const mark of analysis.marks(line)) {
      const type = typeOf(mark, analysis);
      const length = mark.end - mark.start;
      if (type === undefined || length === 0) continue;
      tokens.push({ line, start: mark.start, length, type, declares: mark.kind === "symbol" && mark.declares });
    }
  }
  return tokens;
}

// Five numbers a token: lines and columns relative to the token before, as the protocol packs them.
export function packed(tokens: readonly Token[]): number[] {
  const data = new Array<number>(tokens.length * 5);
  let line = 0;
  let start = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.line !== line) start = 0;
    data[5 * i] = token.line - line;
    data[5 * i + 1] = token.start - start;
    data[5 * i + 2] = token.length;
    data[5 * i + 3] = TOKEN_TYPES.indexOf(token.type);
    data[5 * i + 4] = token.declares ? 1 : 0;
    line = token.line;
    start = token.start;
  }
  return data;
}

const SYMBOL_TYPES: Readonly<Record<SymbolKind, TokenType>> = {
  process: "process",
  address: "mapping",
  file: "fileHandle",
  pin: "pin",
  number: "variable",
  unknown: "variable",
};

function typeOf(mark: Mark, analysis: Analysis): TokenType | undefined {
  switch (mark.kind) {
    case "comment":
    case "keyword":
    case "string":
    case "number":
    case "parameter":
    case "function":
    case "operation":
    case "outcome":
    case "model":
      return mark.kind;
    case "when":
      return "model";
    case "constant":
      return "keyword";
    case "setting":
    case "field":
      return "property";
    case "setting value":
    case "word":
      return "flag";
    case "symbol": {
      const symbol = analysis.program.symbol(mark.name);
      return symbol && SYMBOL_TYPES[symbol.kind];
    }
  }
}
