// A child process that speaks framed JSON (LSP, DAP) over its standard input and output, for measuring answers.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

export type Message = Readonly<Record<string, unknown>>;

export class Peer {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: { matches: (message: Message) => boolean; resolve: (message: Message) => void }[] = [];
  private readonly early: Message[] = [];
  private buffer = Buffer.alloc(0);

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdout.on("data", (data: Buffer) => this.read(data));
    this.child.stderr.resume();
  }

  send(message: Message): void {
    const body = Buffer.from(JSON.stringify(message));
    this.child.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.child.stdin.write(body);
  }

  // The first message, already here or yet to come, that matches.
  next(matches: (message: Message) => boolean, milliseconds = 20_000): Promise<Message> {
    const at = this.early.findIndex(matches);
    if (at >= 0) return Promise.resolve(this.early.splice(at, 1)[0]);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no answer in time")), milliseconds);
      const done = (message: Message) => {
        clearTimeout(timer);
        resolve(message);
      };
      this.waiting.push({ matches, resolve: done });
    });
  }

  // Forgets messages that nobody asked for.
  forget(): void {
    this.early.length = 0;
  }

  end(): void {
    this.child.kill();
  }

  private read(data: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const head = this.buffer.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.buffer.toString("latin1", 0, head))?.[1]);
      const end = head + 4 + length;
      if (this.buffer.length < end) return;
      this.hand(JSON.parse(this.buffer.toString("utf8", head + 4, end)) as Message);
      this.buffer = this.buffer.subarray(end);
    }
  }

  private hand(message: Message): void {
    const at = this.waiting.findIndex((one) => one.matches(message));
    if (at < 0) this.early.push(message);
    else this.waiting.splice(at, 1)[0].resolve(message);
  }
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
