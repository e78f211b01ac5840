// How DAP messages travel over a stream of bytes: `Content-Length: N`, an empty line, N bytes of JSON.
//
// The SDK's reader keeps whatever arrives until a header appears in it and trusts every length. This one goes on after
// anything: garbage before a header is skipped, a wrong length costs one message, and memory stays below LONGEST.

export const LONGEST_MESSAGE = 64 * 2 ** 20;
const LONGEST_HEADER = 4096;

const HEADER = /content-length: *(\d+)[^\n]*\r\n(?:[^\n]*\r\n)*?\r\n/i;
const MARK = "content-length:";
// What may stand before it: nothing, or other fields of the header.
const OTHER_FIELDS = /^(?:(?!content-length)[\w-]+: *[^\r\n]*\r\n)*$/i;

export interface FrameEvents {
  // A message's JSON, parsed. Whether it is a message of the protocol is for the connection to say.
  message(value: unknown): void;
  // Bytes that were no message, and why.
  malformed(reason: string): void;
}

export class FrameReader {
  private readonly events: FrameEvents;
  private buffer = new Uint8Array(8192);
  private start = 0;
  private end = 0;
  // Bytes of the body that is awaited; -1 while a header is.
  private awaited = -1;
  // Where the search for a header inside an awaited body goes on.
  private searched = 0;
  private readonly decoder = new TextDecoder();

  constructor(events: FrameEvents) {
    this.events = events;
  }

  // Bytes that are kept.
  get pending(): number {
    return this.end - this.start;
  }

  push(bytes: Uint8Array): void {
    this.append(bytes);
    while (this.awaited < 0 ? this.readHeader() : this.readBody());
    if (this.start === this.end) {
      this.start = 0;
      this.end = 0;
    }
  }

  private append(bytes: Uint8Array): void {
    const kept = this.end - this.start;
    const needed = kept + bytes.length;
    if (this.end + bytes.length > this.buffer.length) {
      const next = needed > this.buffer.length ? new Uint8Array(Math.max(needed, this.buffer.length * 2)) : this.buffer;
      next.set(this.buffer.subarray(this.start, this.end));
      this.buffer = next;
      this.searched -= this.start;
      this.start = 0;
      this.end = kept;
    }
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  // Whether the buffer may hold more to read.
  private readHeader(): boolean {
    if (this.pending === 0) return false;
    const text = latin1(this.buffer.subarray(this.start, Math.min(this.end, this.start + LONGEST_HEADER)));
    const found = HEADER.exec(text);
    if (!found) return this.skipGarbage(text);
    if (!OTHER_FIELDS.test(text.slice(0, found.index))) {
      this.events.malformed(`${found.index} bytes before a header are no message`);
    }
    this.start += found.index + found[0].length;
    const length = Number(found[1]);
    if (length > LONGEST_MESSAGE) {
      this.events.malformed(`a message of ${found[1]} bytes is longer than ${LONGEST_MESSAGE}`);
      return true;
    }
    this.awaited = length;
    this.searched = this.start;
    return true;
  }

  // No whole header in the first LONGEST_HEADER bytes: keeps what may be the beginning of one.
  private skipGarbage(text: string): boolean {
    const mark = text.toLowerCase().lastIndexOf(MARK);
    if (mark > 0) {
      this.start += mark;
      this.events.malformed(`${mark} bytes before a header are no message`);
      return true;
    }
    if (text.length < LONGEST_HEADER) return false;
    const keep = mark === 0 ? 0 : MARK.length;
    this.start += text.length - keep;
    this.events.malformed(`${text.length - keep} bytes hold no header`);
    return true;
  }

  private readBody(): boolean {
    const whole = this.pending >= this.awaited;
    const header = this.headerInside(whole ? this.start + this.awaited : this.end);
    if (header >= 0) {
      // JSON cannot hold a header's line ends, so the length was wrong.
      this.events.malformed("a message is shorter than its Content-Length");
      this.start = header;
      this.awaited = -1;
      return true;
    }
    if (!whole) return false;
    const body = this.buffer.subarray(this.start, this.start + this.awaited);
    this.start += this.awaited;
    this.awaited = -1;
    const value = parse(this.decoder.decode(body));
    if (value === undefined) this.events.malformed("a message is no JSON");
    else this.events.message(value);
    return true;
  }

  // Where a whole header starts in the bytes of the body up to `end`, or -1.
  private headerInside(end: number): number {
    const { buffer } = this;
    for (let at = this.searched; at + 3 < end; at++) {
      if (buffer[at] !== 13 || buffer[at + 1] !== 10 || buffer[at + 2] !== 13 || buffer[at + 3] !== 10) continue;
      const from = Math.max(this.start, at - 64);
      const mark = latin1(buffer.subarray(from, at)).toLowerCase().lastIndexOf(MARK);
      if (mark >= 0) return from + mark;
    }
    this.searched = Math.max(this.start, end - 3);
    return -1;
  }
}

const encoder = new TextEncoder();

export function frame(message: object): Uint8Array {
  const body = encoder.encode(JSON.stringify(message));
  const header = encoder.encode(`Content-Length: ${body.length}\r\n\r\n`);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}

// undefined when the text is no JSON: JSON itself has no undefined.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
