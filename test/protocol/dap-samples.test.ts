// Every sample, debugged with everything switched on: what is found backwards is what was found forwards, at each stop
// all scopes open, and names are unique among siblings.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { traces } from "../support/samples.ts";
import type { Client } from "./dap/client.ts";
import { launched, variables } from "./dap/stories.ts";

// A long trace stops often enough that its first stops tell.
const MOST_STOPS = 60;

async function look(client: Client, threadId: number | undefined): Promise<void> {
  const { stackFrames } = await client.ask<P.StackTraceResponse["body"]>("stackTrace", { threadId });
  const { scopes } = await client.ask<P.ScopesResponse["body"]>("scopes", { frameId: stackFrames.at(-1)?.id });
  const visit = async (reference: number, depth: number): Promise<void> => {
    if (reference === 0 || depth > 2) return;
    const list = await variables(client, reference);
    assert.equal(new Set(list.map(({ name }) => name)).size, list.length);
    for (const { variablesReference } of list.slice(0, 8)) await visit(variablesReference, depth + 1);
  };
  for (const { variablesReference } of scopes) await visit(variablesReference, 0);
}

for (const [name, text] of traces("samples")) {
  test(`${name}: the stops of a run and of its reverse are the same`, async () => {
    const client = await launched(text, { stopOnEntry: true, stopOnExit: true }, async (configuring) => {
      await configuring.ask("setFunctionBreakpoints", { breakpoints: [{ name: "handle_mm_fault" }, { name: "fork" }] });
      await configuring.ask("setExceptionBreakpoints", { filters: ["minor", "unexpected", "expect", "pin", "errno"] });
    });
    await client.stopped();
    const there: string[] = [];
    while (there.length < MOST_STOPS) {
      const stop = await client.move("continue");
      if (stop.description?.includes("end of the trace")) break;
      there.push(`${stop.reason} ${stop.description?.slice(2)} ${stop.hitBreakpointIds}`);
      if (there.length < 10) await look(client, stop.threadId);
    }
    // A run that was cut short stands at its last stop, which going back does not find again.
    const back = there.length === MOST_STOPS ? there.slice(-1) : [];
    for (;;) {
      const stop = await client.move("reverseContinue");
      if (stop.reason === "entry") break;
      back.unshift(`${stop.reason} ${stop.description?.slice(2)} ${stop.hitBreakpointIds}`);
    }
    assert.deepEqual(back, there);
    await client.close();
  });
}
