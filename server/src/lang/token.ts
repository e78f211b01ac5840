// Text to tokens: a hand scanner into packed arrays, one pass, no object and no regular expression for a token.
//
// Every character of a line is in a token, a blank, or the line's end. A newline is a token and a hard stop: nothing,
// not even an unterminated string, reaches across it.

export const T = {
  newline: 0,
  name: 1,
  number: 2,
  string: 3,
  // A string without its closing quote.
  openString: 4,
  comment: 5,
  // Characters that mean nothing here.
  unknown: 6,
  leftParen: 7,
  rightParen: 8,
  leftBracket: 9,
  rightBracket: 10,
  comma: 11,
  dot: 12,
  colon: 13,
  assign: 14,
  arrow: 15,
  at: 16,
  bang: 17,
  // The binary operators, in the order of OPERATORS in parse.ts.
  orOr: 18,
  andAnd: 19,
  equal: 20,
  notEqual: 21,
  less: 22,
  lessEqual: 23,
  greater: 24,
  greaterEqual: 25,
  or: 26,
  and: 27,
  plus: 28,
  minus: 29,
  star: 30,
  slash: 31,
  percent: 32,
} as const;
export type TokenKind = (typeof T)[keyof typeof T];

// Tokens by number: kinds[i] stands at [starts[i], ends[i]) of the scanned text.
export class Tokens {
  length = 0;
  kinds = new Uint8Array(256);
  starts = new Int32Array(256);
  ends = new Int32Array(256);

  // Bytes of the arrays.
  get bytes(): number {
    return this.kinds.length * 9;
  }

  grow(): void {
    const size = this.kinds.length * 2;
    const kinds = new Uint8Array(size);
    const starts = new Int32Array(size);
    const ends = new Int32Array(size);
    kinds.set(this.kinds);
    starts.set(this.starts);
    ends.set(this.ends);
    this.kinds = kinds;
    this.starts = starts;
    this.ends = ends;
  }
}

// What a character may begin. Letters and digits have bits of their own, since they continue names and numbers.
const BLANK = 1;
const LETTER = 2;
const DIGIT = 4;
const WORD = LETTER | DIGIT;

const CLASS = new Uint8Array(128);
for (const blank of " \t\r\f\v") CLASS[blank.charCodeAt(0)] = BLANK;
for (let c = 48; c <= 57; c++) CLASS[c] = DIGIT;
for (let c = 65; c <= 90; c++) CLASS[c] = CLASS[c + 32] = LETTER;
CLASS[95] = LETTER;

// Tokens of one character that begins no longer one.
const SINGLE = new Uint8Array(128);
for (const [character, kind] of [
  ["(", T.leftParen],
  [")", T.rightParen],
  ["[", T.leftBracket],
  ["]", T.rightBracket],
  [",", T.comma],
  [".", T.dot],
  [":", T.colon],
  ["@", T.at],
  ["+", T.plus],
  ["*", T.star],
  ["/", T.slash],
  ["%", T.percent],
] as const) {
  SINGLE[character.charCodeAt(0)] = kind;
}

const NEWLINE = 10;
const QUOTE = 34;
const HASH = 35;
const BACKSLASH = 92;
const BYTE_ORDER_MARK = 0xfeff;

// Appends the tokens of text[from, to) to `tokens`. The text's end counts as a newline when it does not end in one.
export function scan(text: string, from: number, to: number, tokens: Tokens): void {
  let { kinds, starts, ends, length } = tokens;
  let at = from;
  let line = from;
  while (at < to) {
    const c = text.charCodeAt(at);
    const start = at++;
    let kind: number;
    if (c < 128) {
      const type = CLASS[c];
      if (type === BLANK) continue;
      if (type === LETTER) {
        kind = T.name;
        at = wordEnd(text, at, to);
      } else if (type === DIGIT) {
        kind = T.number;
        at = wordEnd(text, at, to);
      } else if (SINGLE[c] !== 0) {
        kind = SINGLE[c];
      } else if (c === NEWLINE) {
        kind = T.newline;
        line = at;
      } else if (c === HASH) {
        kind = T.comment;
        at = lineEnd(text, at, to);
      } else if (c === QUOTE) {
        const end = stringEnd(text, at, to);
        kind = end < 0 ? T.openString : T.string;
        at = end < 0 ? -end : end;
      } else {
        const next = at < to ? text.charCodeAt(at) : 0;
        kind = operator(c, next);
        if (isDouble(kind)) at++;
      }
    } else {
      if (c === BYTE_ORDER_MARK && start === 0) continue;
      kind = T.unknown;
    }
    // A run of such characters is one token, so that a binary file makes few.
    if (kind === T.unknown && length > 0 && kinds[length - 1] === T.unknown && ends[length - 1] === start) {
      ends[length - 1] = at;
      continue;
    }
    if (length === kinds.length) {
      tokens.length = length;
      tokens.grow();
      ({ kinds, starts, ends } = tokens);
    }
    kinds[length] = kind;
    starts[length] = start;
    ends[length] = at;
    length++;
  }
  tokens.length = length;
  if (line < to || from === to) push(tokens, T.newline, to, to);
}

function push(tokens: Tokens, kind: number, start: number, end: number): void {
  if (tokens.length === tokens.kinds.length) tokens.grow();
  tokens.kinds[tokens.length] = kind;
  tokens.starts[tokens.length] = start;
  tokens.ends[tokens.length] = end;
  tokens.length++;
}

function wordEnd(text: string, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const c = text.charCodeAt(at);
    if (c >= 128 || (CLASS[c] & WORD) === 0) break;
    at++;
  }
  return at;
}

function lineEnd(text: string, from: number, to: number): number {
  const newline = text.indexOf("\n", from);
  const end = newline < 0 || newline > to ? to : newline;
  return end > from && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
}

// Behind the closing quote; negative, the line's end, when there is none.
function stringEnd(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) return at + 1;
    if (c === BACKSLASH && at + 1 < to && text.charCodeAt(at + 1) !== NEWLINE) at++;
    else if (c === NEWLINE) return -(text.charCodeAt(at - 1) === 13 ? at - 1 : at);
  }
  return -to;
}

function operator(c: number, next: number): number {
  switch (c) {
    case 33: // !
      return next === 61 ? T.notEqual : T.bang;
    case 38: // &
      return next === 38 ? T.andAnd : T.and;
    case 45: // -
      return next === 62 ? T.arrow : T.minus;
    case 60: // <
      return next === 61 ? T.lessEqual : T.less;
    case 61: // =
      return next === 61 ? T.equal : T.assign;
    case 62: // >
      return next === 61 ? T.greaterEqual : T.greater;
    case 124: // |
      return next === 124 ? T.orOr : T.or;
    default:
      return T.unknown;
  }
}

function isDouble(kind: number): boolean {
  return (
    kind === T.notEqual ||
    kind === T.andAnd ||
    kind === T.arrow ||
    kind === T.lessEqual ||
    kind === T.equal ||
    kind === T.greaterEqual ||
    kind === T.orOr
  );
}
