// Corner cases of large folios, stepped event by event: at each stop the kernel functions on the stack, outermost last, and
// what the event changed. Kept in test/golden; UPDATE=1 writes it anew.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Client } from "./dap/client.ts";
import { evaluate, frames, lines, stoppedAtEntry, where } from "./dap/stories.ts";

const golden = fileURLToPath(new URL("../golden/dap-corner-cases.txt", import.meta.url));

const HUGE = [
  "machine thp=always memory=64M",
  "p = mmap(2M, rw, private|anonymous|fixed, at=0x40000000)",
  'write(p, "huge")',
];

interface Corner {
  readonly name: string;
  readonly text: string;
  // Operations before the one that is stepped through.
  readonly before: number;
}

const PTE_MAPPED = [...HUGE, "split_pmd(p)", "child = fork()", "child: exit()", 'write(p[3], "mine?")', "read(p)"];

const CORNERS: readonly Corner[] = [
  {
    name: "mprotect of 4K in the middle of a THP",
    text: lines("kernel 6.12", ...HUGE, "mprotect(p[9], 4K, r)", "read(p)"),
    before: 3,
  },
  {
    name: "a write to a PTE-mapped THP whose child is gone, 6.12",
    text: lines("kernel 6.12", ...PTE_MAPPED),
    before: 6,
  },
  {
    name: "a write to a PTE-mapped THP whose child is gone, 6.15",
    text: lines("kernel 6.15", ...PTE_MAPPED),
    before: 6,
  },
  {
    name: "a THP whose child exits",
    text: lines("kernel 6.15", ...HUGE, "child = fork()", "child: exit()", "read(p)"),
    before: 4,
  },
];

// The line of the last event in the kernel's path, and where the kernel was: `pfn 5 refcount 1 → 2  ·  copy_huge_pmd < …`.
async function stop(client: Client, threadId: number): Promise<string> {
  const [top] = await frames(client, threadId);
  const stack = (await where(client, threadId)).split(" < ").slice(0, -1);
  if (stack.length === 0) return "";
  const { content } = await client.ask<P.SourceResponse["body"]>("source", {
    source: top.source,
    sourceReference: top.source?.sourceReference,
  });
  return `${content.split("\n")[top.line - 1].trim()}  ·  ${stack.join(" < ")}`;
}

async function walk({ name, text, before }: Corner): Promise<string[]> {
  const client = await stoppedAtEntry(text);
  const told = [`── ${name} ──`];
  let { threadId } = await client.move("goto", { threadId: 1, targetId: before });
  const page = () => evaluate(client, "page(main, p).folio");
  const first = await page();
  told.push(first);
  const { description } = await client.move("stepIn", { threadId, granularity: "instruction" });
  assert.match(description ?? "", /event/);
  let events = 1;
  for (;;) {
    const line = await stop(client, threadId ?? 1);
    if (line === "") break;
    told.push(line);
    ({ threadId } = await client.move("stepIn", { threadId, granularity: "instruction" }));
    events++;
  }
  told.push(await page());
  for (; events > 0; events--) await client.move("stepBack", { threadId, granularity: "instruction" });
  assert.equal(await page(), first, "back at the start all is as it was");
  await client.close();
  return told;
}

test("corner cases of large folios can be stepped event by event, there and back", async () => {
  const told: string[] = [];
  for (const corner of CORNERS) told.push(...(await walk(corner)), "");
  const actual = told.join("\n");
  if (process.env.UPDATE) writeFileSync(golden, actual);
  const [now, then] = [actual, readFileSync(golden, "utf8")].map((text) => text.split("\n"));
  for (const [i, one] of now.entries()) assert.equal(one, then[i], `line ${i + 1} (UPDATE=1 writes the file anew)`);
  assert.equal(now.length, then.length);
});
