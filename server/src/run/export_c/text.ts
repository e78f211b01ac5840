// Text of a trace inside of C: nothing in it may end a comment or a string, start a directive, or confuse a reader of TAP.

import { encode } from "../../lang/bytes.ts";

// Printable ASCII; everything else, and what would end or open a comment, is shown in another way.
export function comment(text: string): string {
  return plain(text).replaceAll("*/", "* /").replaceAll("/*", "/ *").replaceAll("??", "? ?").replace(/\\$/, "\\ ");
}

// The name of a test. In TAP a `#` begins a directive, so that a name has none.
export function testName(text: string): string {
  return stringLiteral(plain(text).replaceAll("#", "\\#"));
}

// A C string of the bytes, without a zero byte of their own.
export function stringLiteral(text: string): string {
  return bytesLiteral(encode(text));
}

export function bytesLiteral(bytes: Uint8Array): string {
  let out = '"';
  let question = false;
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte > 0x7e) out += octal(byte);
    else if (character === '"' || character === "\\") out += `\\${character}`;
    // Two question marks may begin a trigraph.
    else if (character === "?" && question) out += "\\?";
    else out += character;
    question = character === "?";
  }
  return `${out}"`;
}

// A number as a person writes it: sizes in their unit, what looks like an address in hex.
export function number(value: bigint): string {
  if (value < 0n) return `(${value}L)`;
  if (value >= 1n << 30n) {
    const gib = 1n << 30n;
    return value % gib === 0n && value < 1n << 40n ? `(${value / gib} * GiB)` : `0x${value.toString(16)}UL`;
  }
  for (const [unit, name] of UNITS) {
    if (value >= unit && value % unit === 0n) return value === unit ? name : `(${value / unit} * ${name})`;
  }
  return value.toString();
}

const UNITS: readonly (readonly [bigint, string])[] = [
  [1n << 20n, "MiB"],
  [1n << 12n, "PAGE"],
  [1n << 10n, "KiB"],
];

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, "0")}`;
}

function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) =>
    character === "\t" ? " " : `<U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}

// Without the brackets that an expression needs inside of another one.
export function bare(code: string): string {
  if (!code.startsWith("(") || !code.endsWith(")")) return code;
  let depth = 0;
  for (let i = 0; i < code.length - 1; i++) {
    if (code[i] === "(") depth++;
    else if (code[i] === ")" && --depth === 0) return code;
  }
  return /^\([a-z]+[ *]*\)/.test(code) ? code : code.slice(1, -1);
}

// Code without its strings and comments.
export function stripped(code: string): string {
  return code.replace(/"(?:[^"\\]|\\.)*"|\/\*[\s\S]*?\*\//g, '""');
}
