// Messages out of a stream of bytes: `Content-Length: N`, an empty line, N bytes of JSON.
//
// The SDK's reader stops at a header that it cannot read and waits for as many bytes as any header says. This one goes
// on after anything: what is no message is reported and skipped, up to the next header.

import { AbstractMessageReader, type DataCallback, type Disposable, type Message } from "vscode-languageserver/node";

const LONGEST_HEADER = 4096;
// An editor's largest document is 50 MB, in a string that JSON may make six times as long.
const LONGEST_MESSAGE = 512 * 2 ** 20;
const MARK = "Content-Length:";
const HEADER_END = "\r\n\r\n";

export interface ByteStream {
  on(event: "data", listener: (bytes: Buffer) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  off(event: "data", listener: (bytes: Buffer) => void): unknown;
}

export class FrameReader extends AbstractMessageReader {
  private readonly stream: ByteStream;
  // Joined when a header or a whole body is there, so that a long body is copied once.
  private chunks: Buffer[] = [];
  private size = 0;
  // Bytes of the body that is awaited; -1 while a header is.
  private awaited = -1;

  constructor(stream: ByteStream) {
    super();
    this.stream = stream;
  }

  listen(callback: DataCallback): Disposable {
    const read = (bytes: Buffer) => {
      this.chunks.push(bytes);
      this.size += bytes.length;
      while (this.awaited < 0 ? this.readHeader() : this.readBody(callback, bytes));
    };
    this.stream.on("data", read);
    this.stream.on("error", (error) => this.fireError(error));
    this.stream.on("close", () => this.fireClose());
    return { dispose: () => this.stream.off("data", read) };
  }

  // Whether there may be more to read in what is here.
  private readHeader(): boolean {
    if (this.size === 0) return false;
    const bytes = this.joined();
    const end = bytes.indexOf(HEADER_END);
    if (end < 0) {
      if (this.size > LONGEST_HEADER) this.skip(this.size - LONGEST_HEADER / 2, "no header");
      return false;
    }
    // Of what stands before the empty line, the last lines may be a header behind garbage.
    const mark = bytes.lastIndexOf(MARK, end);
    const text = mark < 0 ? "" : bytes.toString("latin1", mark + MARK.length, end);
    const length = /^ *(\d{1,10}) *(\r\n|$)/.exec(text)?.[1];
    if (length === undefined || Number(length) > LONGEST_MESSAGE) {
      this.skip(end + HEADER_END.length, "a header without a usable Content-Length");
      return true;
    }
    this.keep(bytes.subarray(end + HEADER_END.length));
    this.awaited = Number(length);
    return true;
  }

  private readBody(callback: DataCallback, newest: Buffer): boolean {
    const whole = this.size >= this.awaited;
    // No body holds a header: JSON keeps line ends out of its strings. So the length was wrong.
    if (!whole && !newest.includes(HEADER_END)) return false;
    const bytes = this.joined();
    const body = whole ? bytes.subarray(0, this.awaited) : bytes;
    const header = headerIn(body);
    if (header >= 0 || !whole) {
      if (header < 0) return false;
      this.awaited = -1;
      this.skip(header, "a message shorter than its Content-Length");
      return true;
    }
    this.keep(bytes.subarray(this.awaited));
    this.awaited = -1;
    this.hand(body.toString("utf8"), callback);
    return true;
  }

  private hand(text: string, callback: DataCallback): void {
    let message: Message;
    try {
      message = JSON.parse(text) as Message;
    } catch (error) {
      this.fireError(error);
      return;
    }
    callback(message);
  }

  private joined(): Buffer {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0];
  }

  private keep(bytes: Buffer): void {
    this.chunks = [bytes];
    this.size = bytes.length;
  }

  private skip(bytes: number, reason: string): void {
    this.keep(this.joined().subarray(bytes));
    this.fireError(new Error(`${bytes} bytes skipped: ${reason}`));
  }
}

// Where a whole header stands in a body, -1 in a sound one.
function headerIn(body: Buffer): number {
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + 1)) {
    if (/^Content-Length: *\d+\r\n(?:[\w-]+:[^\r\n]*\r\n)*\r\n/.test(body.toString("latin1", at, at + 256))) return at;
  }
  return -1;
}
