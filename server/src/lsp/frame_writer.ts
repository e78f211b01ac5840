// Messages into a stream of bytes, each with one write.
//
// The SDK's writer writes a header and then the body: two calls into the kernel for each message, and a client that is
// woken twice. For the short answers to a keystroke that was a quarter of the time.

import type { Writable } from "node:stream";
import { AbstractMessageWriter, type Message } from "vscode-languageserver/node";

export class FrameWriter extends AbstractMessageWriter {
  private readonly stream: Writable;
  private errors = 0;

  constructor(stream: Writable) {
    super();
    this.stream = stream;
    stream.on("error", (error: Error) => this.fireError(error));
    stream.on("close", () => this.fireClose());
  }

  // Resolves when the stream has taken the bytes: nothing is lost before that, and order is that of the calls.
  write(message: Message): Promise<void> {
    const body = JSON.stringify(message);
    const bytes = Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return new Promise((resolve, reject) => {
      this.stream.write(bytes, (error) => {
        if (!error) return resolve();
        this.fireError(error, message, ++this.errors);
        reject(error);
      });
    });
  }

  end(): void {
    this.stream.end();
  }
}
