// Requests in, answers and events out: every request is answered exactly once and in order, whatever its handler does.
//
// The messages are the SDK's. Its DebugSession is not used: its default handlers answer success without a body, it reads
// with node's streams (a browser's worker has none), and it answers a request that throws with a message in place of a body.

import { Event, Response } from "@vscode/debugadapter/lib/messages.js";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { Args } from "./arguments.ts";
import { type Bodies, type Command, type Reply, RequestError } from "./reply.ts";

export type Handlers = {
  readonly [C in Command]: (args: Args) => Reply<Bodies[C]> | Promise<Reply<Bodies[C]>>;
};

type AnyHandler = (args: Args) => Reply<object | undefined> | Promise<Reply<object | undefined>>;

interface Request {
  readonly seq: number;
  readonly command: string;
  readonly arguments: unknown;
}

export class Connection {
  private readonly send: (message: P.ProtocolMessage) => void;
  private readonly log: (line: string) => void;
  private readonly handlers = new Map<string, AnyHandler>();
  private seq = 1;
  private readonly queue: Request[] = [];
  private busy = false;
  // Told of each request when it arrives, before its turn: a long launch wants to know that the client leaves.
  arrived: ((command: string) => void) | undefined;
  // Told when what should have followed an answer failed by a mistake of ours: the client still waits for it.
  stranded: (() => void) | undefined;

  constructor(send: (message: P.ProtocolMessage) => void, log: (line: string) => void) {
    this.send = send;
    this.log = log;
  }

  serve(handlers: Handlers): void {
    for (const [command, handler] of Object.entries(handlers)) this.handlers.set(command, handler as AnyHandler);
  }

  event(event: string, body?: object): void {
    this.send(Object.assign(new Event(event, body), { seq: this.seq++ }));
  }

  receive(message: unknown): void {
    const request = this.request(message);
    if (!request) return;
    if (request.command === "cancel") {
      this.cancel(request);
      return;
    }
    this.arrived?.(request.command);
    this.queue.push(request);
    this.work();
  }

  // What is no request is logged and left: this adapter asks the client for nothing, so it awaits no response.
  private request(message: unknown): Request | undefined {
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      this.log("ignored what is no message of the protocol");
      return undefined;
    }
    const { type, seq, command, arguments: args } = message as Record<string, unknown>;
    if (type !== "request" || typeof seq !== "number" || !Number.isSafeInteger(seq)) {
      this.log(`ignored a message that is no request with a seq (type ${JSON.stringify(type)?.slice(0, 40)})`);
      return undefined;
    }
    if (typeof command !== "string") {
      this.fail(
        { seq, command: "", arguments: undefined },
        new RequestError("unknown-request", "command is no string"),
      );
      return undefined;
    }
    return { seq, command, arguments: args };
  }

  // Runs queued requests one after the other. A handler that answers later holds the queue until it has.
  private work(): void {
    while (!this.busy) {
      const request = this.queue.shift();
      if (!request) return;
      this.busy = true;
      const answer = this.handle(request);
      if (answer instanceof Promise) {
        answer
          .then(
            (reply) => this.succeed(request, reply),
            (error: unknown) => this.fail(request, error),
          )
          .finally(() => {
            this.busy = false;
            this.work();
          });
        return;
      }
      this.busy = false;
    }
  }

  // Answers at once, or gives the promise of a reply.
  private handle(request: Request): Promise<Reply<object | undefined>> | undefined {
    let reply: ReturnType<AnyHandler>;
    try {
      const handler = this.handlers.get(request.command);
      if (!handler) {
        throw new RequestError("unknown-request", `this adapter has no request "${request.command.slice(0, 100)}"`);
      }
      reply = handler(new Args(request.arguments));
    } catch (error) {
      this.fail(request, error);
      return undefined;
    }
    if (reply instanceof Promise) return reply;
    this.succeed(request, reply);
    return undefined;
  }

  private succeed(request: Request, reply: Reply<object | undefined>): void {
    this.respond(request, undefined, reply.body);
    try {
      reply.afterwards?.();
    } catch (error) {
      this.report(error);
      this.stranded?.();
    }
  }

  private fail(request: Request, error: unknown): void {
    const known = error instanceof RequestError ? error : new RequestError("internal", this.report(error));
    const message = known.code === "cancelled" ? "cancelled" : known.message;
    this.respond(request, message, known.body);
  }

  // A success, or with a message the failure that it tells of.
  private respond(request: Request, message: string | undefined, body: object | undefined): void {
    const asked = { seq: request.seq, type: "request", command: request.command };
    this.send(Object.assign(new Response(asked, message), { seq: this.seq++ }, body ? { body } : {}));
  }

  // A mistake of this program: said to the person, and the session goes on.
  private report(error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    this.log(error instanceof Error && error.stack ? error.stack : text);
    this.event("output", { category: "important", output: `mmtrace: internal error: ${text}\n` });
    return `internal error: ${text}`;
  }

  // Always answered. A request that still waits is answered as cancelled; one that ran is done already.
  private cancel(request: Request): void {
    const args = request.arguments as { requestId?: unknown } | null | undefined;
    const at = this.queue.findIndex((waiting) => waiting.seq === args?.requestId);
    if (at >= 0) this.fail(this.queue.splice(at, 1)[0], new RequestError("cancelled", "cancelled"));
    this.respond(request, undefined, undefined);
  }
}
