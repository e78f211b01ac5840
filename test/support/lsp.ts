// A small client of the language server: over the standard streams of a process, or within this one.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { PassThrough, type Readable, type Writable } from "node:stream";
import type { TestContext } from "node:test";
import { createConnection, StreamMessageWriter } from "vscode-languageserver/node";
import { files } from "../../server/src/lsp/files.ts";
import { FrameReader } from "../../server/src/lsp/framing.ts";
import { serve } from "../../server/src/lsp/server.ts";

export interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

interface Message extends Answer {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: unknown;
}

const WAIT = 20_000;

export class LspClient {
  // Everything that the server said without being asked.
  readonly notifications: { readonly method: string; readonly params: unknown }[] = [];
  // What the server asks is answered from here, by method; anything else with null.
  readonly answers = new Map<string, (params: unknown) => unknown>();
  // Bytes that were no part of a message.
  stray = "";
  private readonly input: Writable;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private buffer = Buffer.alloc(0);
  private ids = 0;

  constructor(input: Writable, output: Readable) {
    this.input = input;
    output.on("data", (data: Buffer) => this.read(data));
  }

  raw(bytes: string | Buffer): void {
    this.input.write(bytes);
  }

  send(message: unknown): void {
    const body = Buffer.from(JSON.stringify(message));
    this.raw(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  notify(method: string, params?: unknown): void {
    this.send({ jsonrpc: "2.0", method, params });
  }

  ask(method: string, params?: unknown): Promise<Answer> {
    const id = ++this.ids;
    const answer = new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), WAIT);
      this.waiting.set(id, (found) => {
        clearTimeout(timer);
        resolve(found);
      });
    });
    this.send({ jsonrpc: "2.0", id, method, params });
    return answer;
  }

  // The result of a request that must not fail.
  async get<T>(method: string, params?: unknown): Promise<T> {
    const { result, error } = await this.ask(method, params);
    if (error) throw new Error(`${method}: ${error.message} (${error.code})`);
    return result as T;
  }

  async initialize(capabilities: object = {}, more: object = {}): Promise<Record<string, unknown>> {
    const result = await this.get<{ capabilities: Record<string, unknown> }>("initialize", {
      processId: null,
      rootUri: null,
      capabilities,
      ...more,
    });
    this.notify("initialized", {});
    return result.capabilities;
  }

  open(uri: string, text: string, version = 1): void {
    this.notify("textDocument/didOpen", { textDocument: { uri, languageId: "mmtrace", version, text } });
  }

  // The next notification of the method, already here or yet to come.
  async told<T>(method: string, matches: (params: T) => boolean = () => true): Promise<T> {
    const until = Date.now() + WAIT;
    for (;;) {
      const found = this.notifications.findIndex((one) => one.method === method && matches(one.params as T));
      if (found >= 0) return this.notifications.splice(found, 1)[0].params as T;
      if (Date.now() > until) throw new Error(`the server never said ${method}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  private read(data: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const head = this.buffer.indexOf("\r\n\r\n");
      if (head < 0) return;
      const header = this.buffer.toString("latin1", 0, head);
      const length = /^Content-Length: (\d+)(\r\n|$)/.exec(header)?.[1];
      if (length === undefined) {
        this.stray += header;
        this.buffer = this.buffer.subarray(head + 4);
        continue;
      }
      const end = head + 4 + Number(length);
      if (this.buffer.length < end) return;
      const message = JSON.parse(this.buffer.toString("utf8", head + 4, end)) as Message;
      this.buffer = this.buffer.subarray(end);
      this.take(message);
    }
  }

  private take(message: Message): void {
    const { id, method, params } = message;
    if (method === undefined) {
      if (typeof id === "number") this.waiting.get(id)?.(message);
      if (typeof id === "number") this.waiting.delete(id);
    } else if (id === undefined) {
      this.notifications.push({ method, params });
    } else {
      this.send({ jsonrpc: "2.0", id, result: this.answers.get(method)?.(params) ?? null });
    }
  }
}

// The server in this process. `exit` must not be sent to it: it ends the process.
export function inProcess(clock: () => number = () => performance.now()): LspClient {
  const toServer = new PassThrough();
  const fromServer = new PassThrough();
  const connection = createConnection(new FrameReader(toServer), new StreamMessageWriter(fromServer));
  serve(connection, { clock, files });
  return new LspClient(toServer, fromServer);
}

export interface Spawned {
  readonly client: LspClient;
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
}

// The command `mmtrace lsp --stdio`, from the sources. It does not outlive the test.
export function spawned(t: TestContext): Spawned {
  const args = ["--import", "tsx", "server/src/cli/main.ts", "lsp", "--stdio"];
  const child = spawn(process.execPath, args, { stdio: "pipe" });
  child.stderr.resume();
  // Writing to a server that has ended is what some tests are about.
  child.stdin.on("error", () => undefined);
  t.after(() => child.kill());
  const exit = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
  return { client: new LspClient(child.stdin, child.stdout), child, exit };
}
