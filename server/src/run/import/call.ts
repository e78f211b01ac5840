// What were a system call's arguments, and what did it return?
//
// The arguments are split at commas outside of strings, brackets, comments and the <…> of -y, so that ` = `, commas and
// parentheses inside of them do no harm. One pass over the text.

export interface Arguments {
  readonly list: readonly string[];
  /** Where the text after the closing parenthesis begins; -1 when there is none. */
  readonly end: number;
}

export interface Result {
  /** What the call returned; NaN for `?` and for what is no number. */
  readonly value: number;
  /** The number as it stands in the log, since 64 bits do not fit into a double. */
  readonly text: string;
  /** The name of the error, empty when the call succeeded. */
  readonly errno: string;
}

const QUOTE = 34;
const OPEN = 40;
const CLOSE = 41;
const STAR = 42;
const COMMA = 44;
const SLASH = 47;
const LESS = 60;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** The arguments in `text`, which is what follows `name(`. An unclosed string or bracket gives end -1. */
export function splitArguments(text: string): Arguments {
  const list: string[] = [];
  let start = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === COMMA) {
      if (depth > 0) continue;
      list.push(text.slice(start, i).trim());
      start = i + 1;
    } else if (c === QUOTE) {
      i = closingQuote(text, i);
      if (i < 0) break;
    } else if (c === LESS && isPath(text, i)) {
      i = text.indexOf(">", i);
      if (i < 0) break;
    } else if (c === SLASH && text.charCodeAt(i + 1) === STAR) {
      i = text.indexOf("*/", i + 2);
      if (i < 0) break;
    } else if (c === OPEN || c === OPEN_BRACKET || c === OPEN_BRACE) depth++;
    else if (c === CLOSE_BRACKET || c === CLOSE_BRACE) depth--;
    else if (c === CLOSE) {
      if (depth > 0) depth--;
      else {
        const last = text.slice(start, i).trim();
        if (last !== "" || list.length > 0) list.push(last);
        return { list, end: i + 1 };
      }
    }
  }
  return { list, end: -1 };
}

/** `-y` writes `3</etc/ld.so.cache>`, `-Y` `10491<python3>`; `21<<MAP_HUGE_SHIFT` is a shift. */
function isPath(text: string, i: number): boolean {
  const before = text.charCodeAt(i - 1);
  const digit = before >= 48 && before <= 57;
  return (digit || text.startsWith("AT_FDCWD", i - 8)) && text[i + 1] !== "<";
}

function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === QUOTE) return i;
  }
  return -1;
}

/** The result in `text` from `end` on: `   = 0x7f… <0.000045>`, ` = -1 ENOMEM (…)`, ` = ?`. */
export function readResult(text: string, end: number): Result | undefined {
  let i = end;
  while (text[i] === " ") i++;
  if (text[i] !== "=") return undefined;
  i++;
  while (text[i] === " ") i++;
  if (text.startsWith("-1 E", i)) {
    let j = i + 3;
    while (isName(text.charCodeAt(j))) j++;
    return { value: -1, text: "-1", errno: text.slice(i + 3, j) };
  }
  let j = i;
  while (j < text.length && text[j] !== " " && text[j] !== "<") j++;
  const word = text.slice(i, j);
  return { value: number(word), text: word, errno: "" };
}

const isName = (c: number): boolean => (c >= 65 && c <= 90) || (c >= 48 && c <= 57);

/**
 * The number an argument stands for: decimal, hexadecimal, NULL, with the comment of -X verbose, with the <…> of -y.
 * NaN when it is none. A number above 2^53 loses its low digits; `exact` tells.
 */
export function number(argument: string | undefined): number {
  if (argument === undefined || argument === "") return Number.NaN;
  if (argument.startsWith("NULL")) return 0;
  let i = 0;
  let sign = 1;
  if (argument[0] === "-") {
    sign = -1;
    i = 1;
  }
  const hexadecimal = argument[i] === "0" && argument[i + 1] === "x";
  if (hexadecimal) i += 2;
  const radix = hexadecimal ? 16 : 10;
  const start = i;
  let value = 0;
  for (; i < argument.length; i++) {
    const digit = digitOf(argument.charCodeAt(i));
    if (digit < 0 || digit >= radix) break;
    value = value * radix + digit;
  }
  if (i === start) return Number.NaN;
  const next = argument[i];
  if (next !== undefined && next !== " " && next !== "<" && next !== "|") return Number.NaN;
  return sign * value;
}

function digitOf(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 97 && c <= 102) return c - 87;
  return -1;
}

/** Whether a number came through without loss and is no error. */
export const exact = (n: number): boolean => n >= 0 && n <= Number.MAX_SAFE_INTEGER;

export interface Flags {
  readonly bits: number;
  /** Something stood there that the table does not know. */
  readonly unknown: boolean;
}

/** No call has more flags than a word has bits. */
const MAX_FLAGS = 64;

/** `MAP_PRIVATE|MAP_ANONYMOUS`, `0x22`, `0x22 /* … *\/`, `MAP_HUGETLB|21<<MAP_HUGE_SHIFT` → bits (the low 31). */
export function flags(argument: string | undefined, table: Readonly<Record<string, number>>): Flags {
  if (argument === undefined) return { bits: 0, unknown: true };
  let bits = 0;
  let unknown = false;
  const comment = argument.indexOf("/*");
  const end = comment < 0 ? argument.length : comment;
  for (let start = 0, i = 0; start < end && i < MAX_FLAGS; i++) {
    const bar = argument.indexOf("|", start);
    const stop = bar < 0 || bar > end ? end : bar;
    const name = argument.slice(start, stop).trim();
    start = stop + 1;
    const known = table[name];
    if (known !== undefined) bits |= known;
    else if (!name.includes("<<")) {
      // A shift is the page size of a huge page; else it must be a number.
      const value = number(name);
      if (Number.isNaN(value)) unknown = true;
      else bits |= value % 0x80000000;
    }
  }
  return { bits, unknown };
}

/** The size of huge pages that flags ask for: bytes of `30<<MAP_HUGE_SHIFT`, undefined where none is named. */
export function hugePageSize(argument: string | undefined): number | undefined {
  const shift = /(?:^|\|)(\d{1,2})<<M(?:AP|FD)_HUGE_SHIFT/.exec(argument ?? "");
  return shift === null ? undefined : 2 ** Number(shift[1]);
}

/** The field NAME of `{flags=CLONE_VM|…, stack=0x…} => {…}`. */
export function field(argument: string, name: string): string | undefined {
  const key = `${name}=`;
  let at = argument.indexOf(key);
  while (at > 0 && !"{ ,".includes(argument[at - 1]!)) at = argument.indexOf(key, at + 1);
  if (at < 0) return undefined;
  let end = at + key.length;
  while (end < argument.length && !",})".includes(argument[end]!)) end++;
  return argument.slice(at + key.length, end).trim();
}

/** The text inside of the first pair of quotes, with strace's escapes left as they are. */
export function quoted(argument: string | undefined): string | undefined {
  if (argument === undefined || argument[0] !== '"') return undefined;
  const end = closingQuote(argument, 0);
  return end < 0 ? undefined : argument.slice(1, end);
}

/** The path that -y puts behind a descriptor: `3</etc/ld.so.cache>`. */
export function pathOf(argument: string): string | undefined {
  const open = argument.indexOf("<");
  if (open < 0) return undefined;
  const close = argument.indexOf(">", open);
  return close < 0 ? undefined : argument.slice(open + 1, close);
}
