// Strings of the language are bytes. In memory they are JavaScript strings: UTF-8 decoded, with each byte that is no
// UTF-8 as the lone surrogate U+DC00 + byte, so that equal bytes are equal strings and nothing is lost on the way back.

const STRAY = 0xdc00;
const REPLACEMENT = [0xef, 0xbf, 0xbd];

export function encode(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      bytes.push(unit);
    } else if (unit < 0x800) {
      bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    } else if (unit >= STRAY + 0x80 && unit <= STRAY + 0xff) {
      bytes.push(unit - STRAY);
    } else if (unit >= 0xd800 && unit < 0xe000) {
      const point = text.codePointAt(at)!;
      if (point < 0x10000) {
        bytes.push(...REPLACEMENT);
      } else {
        bytes.push(
          0xf0 | (point >> 18),
          0x80 | ((point >> 12) & 0x3f),
          0x80 | ((point >> 6) & 0x3f),
          0x80 | (point & 0x3f),
        );
        at++;
      }
    } else {
      bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
    }
  }
  return Uint8Array.from(bytes);
}

export function decode(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = sequence(bytes, at);
    const first = bytes[at];
    if (size === 0) parts.push(String.fromCharCode(STRAY + first));
    else if (size === 1) parts.push(String.fromCharCode(first));
    else {
      let point = first & (0xff >> (size + 1));
      for (let i = 1; i < size; i++) point = (point << 6) | (bytes[at + i] & 0x3f);
      parts.push(String.fromCodePoint(point));
    }
    at += Math.max(size, 1);
  }
  return parts.join("");
}

// Bytes of the well-formed UTF-8 sequence at `at`; 0 when there is none. Unicode 15, table 3-7.
function sequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 1;
  const size =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (size === 0 || at + size > bytes.length) return 0;
  const second = bytes[at + 1];
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < size; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  return size;
}

// The string as the language writes it: `"hunter2\n"`, `"\xff"`.
export function quote(text: string): string {
  let out = '"';
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (character === '"' || character === "\\") out += `\\${character}`;
    else if (character === "\n") out += "\\n";
    else if (character === "\t") out += "\\t";
    else if (point < 0x20 || point === 0x7f) out += hex(point);
    else if (point >= STRAY + 0x80 && point <= STRAY + 0xff) out += hex(point - STRAY);
    else out += character;
  }
  return `${out}"`;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

// What the text between the quotes of a literal means. `bad` is the column of the first escape that means nothing.
export function unquote(inner: string): { value: string; bad: number } {
  if (!inner.includes("\\")) return { value: inner, bad: -1 };
  // An escaped byte may be part of a UTF-8 sequence: `\xc3\xa9` is é. So the whole string goes through its bytes.
  const bytes: number[] = [];
  let bad = -1;
  for (let at = 0; at < inner.length; ) {
    const backslash = inner.indexOf("\\", at);
    const plain = inner.slice(at, backslash < 0 ? inner.length : backslash);
    for (const byte of encode(plain)) bytes.push(byte);
    if (backslash < 0) break;
    const letter = inner[backslash + 1];
    const digits = inner.slice(backslash + 2, backslash + 4);
    at = backslash + 2;
    if (letter === "n") bytes.push(10);
    else if (letter === "t") bytes.push(9);
    else if (letter === "\\") bytes.push(92);
    else if (letter === '"') bytes.push(34);
    else if (letter === "x" && /^[0-9A-Fa-f]{2}$/.test(digits)) {
      bytes.push(Number.parseInt(digits, 16));
      at += 2;
    } else if (bad < 0) bad = backslash;
  }
  return { value: decode(Uint8Array.from(bytes)), bad };
}
