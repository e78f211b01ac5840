// Whole conversations, word for word: a person stops at a copy on write, or where a huge page's entry is split, looks around,
// steps into the kernel, and goes back. Kept in test/golden; UPDATE=1 writes it anew.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Client } from "./dap/client.ts";
import { COW, frames, launched, lines, PROGRAM, scope, value } from "./dap/stories.ts";

// UPDATE=1 writes the file anew.
function compare(client: Client, file: string): void {
  const golden = fileURLToPath(new URL(`../golden/${file}`, import.meta.url));
  const actual = transcript(client);
  if (process.env.UPDATE) writeFileSync(golden, actual);
  const [now, before] = [actual, readFileSync(golden, "utf8")].map((text) => text.split("\n"));
  for (const [i, one] of now.entries()) assert.equal(one, before[i], `line ${i + 1} (UPDATE=1 writes the file anew)`);
  assert.equal(now.length, before.length);
}

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
  compare(client, "dap-cow.txt");
});

const THP = lines(
  "kernel 6.15", //                                                 1
  "machine thp=always memory=64M", //                               2
  "p = mmap(2M, rw, private|anonymous|fixed, at=0x40000000)", //    3
  'write(p, "huge")', //                                            4
  "child = fork()", //                                              5
  "mprotect(p[9], 4K, r)", //                                       6
  "read(p)", //                                                     7
);

test("the conversation about the split of a PMD", async () => {
  const client = await launched(THP, {}, async (configuring) => {
    await configuring.ask("setFunctionBreakpoints", { breakpoints: [{ name: "__split_huge_pmd" }] });
  });
  await client.stopped();
  await value(client, "Folios", "pfn 5", "pages", "pages 1…511");
  await value(client, "Page tables", "pgd 0x0", "pud 0x40000000", "deposited tables");
  for (let i = 0; i < 4; i++) await client.move("stepIn", { threadId: 1, granularity: "instruction" });
  await scope(client, "Changes");
  await client.move("stepOut");
  await value(client, "Folios", "pfn 5", "holders", "main 0x40000000 pages 0…511");
  await value(client, "Folios", "pfn 5", "pages", "pages 1…511");
  await value(client, "Machine", "deferred_split_queue");
  const [top] = await frames(client);
  for (const expression of [
    "page(p).folio.mm_id0_mapcount",
    "page(p[9])",
    "why page(p[9]).mapcount",
    "holders page(p)",
  ]) {
    await client.ask("evaluate", { expression, context: "repl", frameId: top.id });
  }
  await client.move("stepBack");
  await client.ask("disconnect");
  await client.close();
  compare(client, "dap-thp.txt");
});
