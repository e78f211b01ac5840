// Sessions as tests want them: launched, stopped somewhere, and read in short words.

import assert from "node:assert/strict";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { Client } from "./client.ts";
import { inProcess } from "./transports.ts";

export const PROGRAM = "/traces/story.mmtrace";

// A session over the text, initialized and launched; `configure` runs before configurationDone.
export async function launched(
  text: string,
  launch: object = { stopOnEntry: true },
  configure: (client: Client) => Promise<void> = async () => undefined,
): Promise<Client> {
  const client = new Client(inProcess({ files: { [PROGRAM]: text } }));
  await client.ask("initialize", {
    adapterID: "mmtrace",
    supportsVariablePaging: true,
    supportsMemoryReferences: true,
    supportsInvalidatedEvent: true,
  });
  await client.event("initialized");
  await client.ask("launch", { program: PROGRAM, ...launch });
  await configure(client);
  await client.ask("configurationDone");
  return client;
}

// The same, at its first stop.
export async function stoppedAtEntry(text: string, launch: object = {}): Promise<Client> {
  const client = await launched(text, { stopOnEntry: true, ...launch });
  assert.equal((await client.stopped()).reason, "entry");
  return client;
}

export async function frames(client: Client, threadId = 1): Promise<P.StackFrame[]> {
  return (await client.ask<P.StackTraceResponse["body"]>("stackTrace", { threadId })).stackFrames;
}

// `LINE` of the trace, below the kernel functions that the stop is in: `wp_page_copy < do_wp_page < 4`.
export async function where(client: Client, threadId = 1): Promise<string> {
  const stack = await frames(client, threadId);
  return stack.map((frame) => (frame.source?.path ? String(frame.line) : frame.name)).join(" < ");
}

export async function setLines(client: Client, breakpoints: readonly P.SourceBreakpoint[], path = PROGRAM) {
  const body = await client.ask<P.SetBreakpointsResponse["body"]>("setBreakpoints", { source: { path }, breakpoints });
  return body.breakpoints;
}

export async function evaluate(client: Client, expression: string, context = "watch"): Promise<string> {
  const [top] = await frames(client);
  return (await client.ask<P.EvaluateResponse["body"]>("evaluate", { expression, context, frameId: top.id })).result;
}

export async function scope(client: Client, name: string, threadId = 1): Promise<P.Variable[]> {
  const top = (await frames(client, threadId)).at(-1);
  const { scopes } = await client.ask<P.ScopesResponse["body"]>("scopes", { frameId: top?.id });
  const found = scopes.find((candidate) => candidate.name === name);
  assert.ok(found, `there is a scope ${name}`);
  return found.variablesReference === 0 ? [] : variables(client, found.variablesReference);
}

export async function variables(client: Client, variablesReference: number, args: object = {}): Promise<P.Variable[]> {
  return (await client.ask<P.VariablesResponse["body"]>("variables", { variablesReference, ...args })).variables;
}

export async function child(client: Client, list: readonly P.Variable[], name: string): Promise<P.Variable[]> {
  const found = list.find((variable) => variable.name === name);
  assert.ok(found, `there is a ${name} among ${list.map((variable) => variable.name)}`);
  return variables(client, found.variablesReference);
}

// The value of a path of names below a scope.
export async function value(client: Client, scopeName: string, ...path: readonly string[]): Promise<string> {
  let list = await scope(client, scopeName);
  for (const name of path.slice(0, -1)) list = await child(client, list, name);
  const last = list.find((variable) => variable.name === path.at(-1));
  assert.ok(last, `there is a ${path.at(-1)} among ${list.map((variable) => variable.name)}`);
  return last.value;
}

export function lines(...text: readonly string[]): string {
  return `${text.join("\n")}\n`;
}

// A page, a fork, a copy on write, and the reuse of what is left.
export const COW = lines(
  "kernel 6.12", //                    1
  "p = mmap(4K, rw)", //               2
  'write(p, "old")', //                3
  "child = fork()", //                 4
  'write(p, "new")', //                5
  'child: write(p, "own")', //         6
  "expect page(p).refcount == 1", //   7
);
