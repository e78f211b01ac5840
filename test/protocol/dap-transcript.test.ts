// A whole conversation, word for word: a person stops at a copy on write, looks around, steps into the kernel, and goes
// back. Kept in test/golden; UPDATE=1 writes it anew.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Client } from "./dap/client.ts";
import { COW, frames, launched, PROGRAM, scope, value } from "./dap/stories.ts";

const golden = fileURLToPath(new URL("../golden/dap-cow.txt", import.meta.url));

// One message a line: `→` is the client's, `←` the adapter's. Numbers of messages are left out, numbers of things stay.
function transcript(client: Client): string {
  return client.log.map((message) => `${line(message)}\n`).join("");
}

function line(message: P.ProtocolMessage): string {
  if (message.type === "request") {
    const { command, arguments: args } = message as P.Request;
    return `→ ${command} ${JSON.stringify(args ?? {})}`;
  }
  if (message.type === "event") {
    const { event, body } = message as P.Event;
    return `← event ${event} ${JSON.stringify(body ?? {})}`;
  }
  const { command, success, body, message: error } = message as P.Response;
  return success ? `← ${command} ${JSON.stringify(body ?? {})}` : `← ${command} failed: ${error}`;
}

test("the conversation about a copy on write", async () => {
  const client = await launched(COW, {}, async (configuring) => {
    await configuring.ask("setBreakpoints", { source: { path: PROGRAM }, breakpoints: [{ line: 4 }] });
    await configuring.ask("setExceptionBreakpoints", { filters: ["cow"] });
  });
  await client.stopped();
  await client.ask("threads");
  await client.move("continue");
  await client.ask("exceptionInfo", { threadId: 1 });
  await value(client, "Names", "p", "page", "refcount");
  for (const name of ["Fault", "Process", "Folios", "Changes"]) await scope(client, name);
  await client.move("stepBack");
  for (let i = 0; i < 12; i++) await client.move("stepIn");
  const [top] = await frames(client);
  await client.ask("source", { source: top.source, sourceReference: top.source?.sourceReference });
  await client.ask("evaluate", { expression: "why page(p).refcount", context: "repl", frameId: top.id });
  await client.move("reverseContinue");
  await client.ask("disconnect");
  await client.close();
  const actual = transcript(client);
  if (process.env.UPDATE) writeFileSync(golden, actual);
  const [now, before] = [actual, readFileSync(golden, "utf8")].map((text) => text.split("\n"));
  for (const [i, one] of now.entries()) assert.equal(one, before[i], `line ${i + 1} (UPDATE=1 writes the file anew)`);
  assert.equal(now.length, before.length);
});
