// A small client of the Debug Adapter Protocol that believes nothing: every message in both directions is held against
// the schema, and the rules that the schema cannot say are held against the whole conversation.

import assert from "node:assert/strict";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { validate } from "./schema.ts";

export interface Transport {
  send(message: object): void;
  // Called for each message of the adapter.
  receive(handler: (message: P.ProtocolMessage) => void): void;
  close(): Promise<void>;
}

interface Pending {
  readonly command: string;
  resolve(response: P.Response): void;
}

export class Client {
  // The whole conversation, in order.
  readonly log: P.ProtocolMessage[] = [];
  private readonly transport: Transport;
  private seq = 1;
  private expected = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly answered = new Set<number>();
  private readonly events: P.Event[] = [];
  private waiting: { event: string; resolve(event: P.Event): void } | undefined;
  private failure: Error | undefined;
  private initialized = false;
  private configured = false;
  // Requests that move the debugger and were not answered yet: no stop may come before their answer.
  private moving = 0;

  constructor(transport: Transport) {
    this.transport = transport;
    transport.receive((message) => {
      try {
        this.take(message);
      } catch (error) {
        this.failure ??= error as Error;
        this.waiting?.resolve({ seq: 0, type: "event", event: "failure" });
      }
    });
  }

  // The raw response, successful or not.
  request(command: string, args?: object): Promise<P.Response> {
    const seq = this.seq++;
    const message = { seq, type: "request", command, ...(args === undefined ? {} : { arguments: args }) };
    validate(message);
    this.log.push(message as P.ProtocolMessage);
    if (command === "configurationDone") this.configured = true;
    if (MOVES.has(command)) this.moving++;
    const response = new Promise<P.Response>((resolve, reject) => {
      const overdue = setTimeout(() => reject(new Error(`${command} was not answered`)), 60_000);
      this.pending.set(seq, {
        command,
        resolve: (answer) => {
          clearTimeout(overdue);
          resolve(answer);
        },
      });
    });
    this.transport.send(message);
    return response.then((answer) => {
      this.check();
      return answer;
    });
  }

  // The body of a response that must be a success.
  async ask<Body = undefined>(command: string, args?: object): Promise<Body> {
    const response = await this.request(command, args);
    assert.ok(response.success, `${command}: ${response.message}`);
    return response.body as Body;
  }

  // The message of a response that must be an error.
  async refused(command: string, args?: object): Promise<string> {
    const response = await this.request(command, args);
    assert.equal(response.success, false, `${command} should be refused, but gave ${JSON.stringify(response.body)}`);
    return response.message ?? "";
  }

  // The next event of this name that was not taken yet.
  async event<Body>(event: string): Promise<Body> {
    this.check();
    const at = this.events.findIndex((known) => known.event === event);
    if (at >= 0) return this.events.splice(at, 1)[0].body as Body;
    const found = await new Promise<P.Event>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${event} event came`)), 10_000);
      this.waiting = {
        event,
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
      };
    });
    this.check();
    return found.body as Body;
  }

  stopped(): Promise<P.StoppedEvent["body"]> {
    return this.event("stopped");
  }

  // A move and the stop that it leads to.
  async move(command: string, args: object = { threadId: 1 }): Promise<P.StoppedEvent["body"]> {
    await this.ask(command, args);
    return this.stopped();
  }

  // What was said to the console so far, and not taken yet.
  output(): P.OutputEvent["body"][] {
    const said = this.events.filter((event) => event.event === "output");
    for (const event of said) this.events.splice(this.events.indexOf(event), 1);
    return said.map((event) => event.body as P.OutputEvent["body"]);
  }

  untaken(event: string): number {
    return this.events.filter((known) => known.event === event).length;
  }

  // Sends something that may be no request at all.
  raw(message: object): void {
    this.transport.send(message);
  }

  async close(): Promise<void> {
    await this.transport.close();
    this.check();
    assert.equal(this.pending.size, 0, `never answered: ${[...this.pending.values()].map(({ command }) => command)}`);
  }

  private check(): void {
    if (this.failure) throw this.failure;
  }

  private take(message: P.ProtocolMessage): void {
    this.log.push(message);
    validate(message);
    assert.equal(message.seq, this.expected++, "seq counts every message of the adapter");
    if (message.type === "response") this.takeResponse(message as P.Response);
    else if (message.type === "event") this.takeEvent(message as P.Event);
    else assert.fail(`the adapter asked for ${JSON.stringify(message)}`);
  }

  private takeResponse(response: P.Response): void {
    const { request_seq, command } = response;
    assert.ok(!this.answered.has(request_seq), `${command} was answered twice`);
    const pending = this.pending.get(request_seq);
    assert.ok(pending, `an answer to ${command}, which nobody asked (request_seq ${request_seq})`);
    assert.equal(command, pending.command);
    this.pending.delete(request_seq);
    this.answered.add(request_seq);
    if (command === "initialize") this.initialized = true;
    if (MOVES.has(command)) this.moving--;
    const list = (response.body as { breakpoints?: unknown[] } | undefined)?.breakpoints;
    if (response.success && command.startsWith("set") && list) this.checkBreakpoints(request_seq, list.length);
    pending.resolve(response);
  }

  private checkBreakpoints(seq: number, given: number): void {
    const request = this.log.find((known) => known.type === "request" && known.seq === seq) as P.Request;
    const { breakpoints, lines, filters, filterOptions } = request.arguments as Record<string, unknown[] | undefined>;
    const asked = (breakpoints ?? lines ?? filters ?? []).length + (filterOptions ?? []).length;
    assert.equal(given, asked, `${request.command} answers for each breakpoint`);
  }

  private takeEvent(event: P.Event): void {
    if (event.event === "initialized") assert.ok(this.initialized, "initialized comes after the answer to initialize");
    if (event.event === "stopped") {
      assert.ok(this.configured, "no stop before configurationDone");
      assert.equal(this.moving, 0, "a move is answered before its stop");
    }
    if (this.waiting?.event === event.event) {
      const { resolve } = this.waiting;
      this.waiting = undefined;
      resolve(event);
    } else this.events.push(event);
  }
}

const MOVES = new Set([
  "continue",
  "reverseContinue",
  "next",
  "stepIn",
  "stepOut",
  "stepBack",
  "reverseNext",
  "reverseStepIn",
  "reverseStepOut",
  "restartFrame",
  "goto",
  "pause",
]);
