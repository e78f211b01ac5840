// Looking at the world: scopes, variables, expressions, questions, memory, and values that are set.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Client } from "./dap/client.ts";
import { COW, child, evaluate, frames, lines, scope, stoppedAtEntry, value, variables, where } from "./dap/stories.ts";

async function at(client: Client, step: number): Promise<Client> {
  await client.move("goto", { threadId: 1, targetId: step });
  return client;
}

test("a frame has the nine scopes", async () => {
  const client = await at(await stoppedAtEntry(COW), 5);
  const [top] = await frames(client, 2);
  const { scopes } = await client.ask<P.ScopesResponse["body"]>("scopes", { frameId: top.id });
  const names = scopes.map(({ name }) => name);
  assert.deepEqual(names, ["Names", "Fault", "Process", "Page tables", "Folios", "Swap", "Pins", "Machine", "Changes"]);
  assert.ok(
    scopes.every((one) => one.line === undefined),
    "scopes carry no moving line range",
  );
  await client.close();
});

test("Names: an address opens into its page, entry and mapping, in the frame's process", async () => {
  const client = await at(await stoppedAtEntry(COW), 6);
  assert.equal(await value(client, "Names", "p", "page", "refcount"), "1");
  assert.equal(await value(client, "Names", "p", "page", "data"), '"new"');
  const own = await child(client, await child(client, await scope(client, "Names", 2), "p"), "page");
  assert.equal(own.find(({ name }) => name === "data")?.value, '"own"');
  assert.equal(own.find(({ name }) => name === "data")?.evaluateName, "page(child, p).data");
  await client.close();
});

test("Names: the file of a reference page shows the page, and who keeps it", async () => {
  const text = lines(
    "kernel refpage-v2",
    'r = refpage_create("x")',
    "p = mmap(8K, rw, private, fd=r)",
    "read(p)",
    "close(r)",
  );
  const client = await at(await stoppedAtEntry(text), 3);
  assert.match(await value(client, "Names", "r"), /^r: reference page pfn \d+, open, mapped by 1 VMA$/);
  assert.equal(await value(client, "Names", "r", "reference page", "refcount"), "1");
  assert.equal(await value(client, "Names", "r", "reference page", "mapcount"), "0");
  await client.close();
});

test("Fault: what the last statement came to and why", async () => {
  const client = await at(await stoppedAtEntry(COW), 5);
  assert.equal(await value(client, "Fault", "statement"), 'write(p, "new")');
  assert.equal(await value(client, "Fault", "outcome"), "minor cow");
  assert.equal(await value(client, "Fault", "fault"), "write at 0x200000000000 by main");
  assert.match(await value(client, "Fault", "decisions"), /folio_ref_count.*: no \(refcount 2\)/);
  assert.match(await value(client, "Fault", "path"), /handle_mm_fault ▸ .* ▸ wp_page_copy/);
  await client.close();
});

test("Fault: inside of the kernel only what happened so far is told", async () => {
  const client = await at(await stoppedAtEntry(COW), 4);
  await client.move("stepIn");
  assert.equal(await value(client, "Fault", "outcome"), "not known yet");
  assert.ok(!(await scope(client, "Fault")).some(({ name }) => name === "decisions"));
  await client.close();
});

test("Process: counters, and the mappings as /proc/PID/maps has them", async () => {
  const client = await at(await stoppedAtEntry(COW), 6);
  assert.equal(await value(client, "Process", "rss_anon"), "1");
  assert.equal(await value(client, "Process", "minor_faults"), "2");
  const mappings = await child(client, await scope(client, "Process"), "mappings");
  assert.deepEqual(
    mappings.map(({ name, value: text }) => `${name}: ${text}`),
    ["0x200000000000: 0x200000000000-0x200000001000 rw-p anonymous"],
  );
  await client.close();
});

test("Page tables: the tree down to the entry", async () => {
  const client = await at(await stoppedAtEntry(COW), 6);
  let list = await scope(client, "Page tables");
  for (const level of ["pgd", "pud", "pmd"]) list = await child(client, list, `${level} 0x200000000000`);
  assert.equal(list.length, 1);
  assert.match(list[0].value, /^pfn \d+ writable dirty accessed/);
  await client.close();
});

test("Folios: the counter is the sum of its holders", async () => {
  const client = await at(await stoppedAtEntry(COW), 4);
  const folios = await scope(client, "Folios");
  const shared = folios.find(({ value: text }) => text.includes("anon"));
  assert.match(shared?.value ?? "", /^ref 2 map 2 anon "old"$/);
  const inside = await variables(client, shared?.variablesReference ?? 0);
  const holders = await child(client, inside, "holders");
  assert.deepEqual(
    holders.map(({ name, value: count }) => `${name}: ${count}`),
    ["main 0x200000000000: 1", "child 0x200000000000: 1"],
  );
  await client.close();
});

const SWAPPED = lines(
  "machine swap_device=disk",
  "p = mmap(16K, rw)",
  'write(p, "away")',
  "swapout(p, 4K)",
  "c = fork()",
  "c: read(p)",
  "m = memfd(4K)",
  "q = mmap(4K, rw, shared, fd=m)",
  'write(q, "shared")',
  "swapout(q, 4K)",
  "c: write(p)",
  "c: exit()",
  "swapoff()",
  "compact()",
);

const texts = (list: readonly P.Variable[]) => list.map(({ name, value: text }) => `${name}: ${text}`);

test("Swap: each slot with its entries, its bytes and its page in the swap cache", async () => {
  const client = await at(await stoppedAtEntry(SWAPPED), 5);
  const slots = await scope(client, "Swap");
  assert.match(texts(slots).join(), /^slot 1: 2 entries "away", in the swap cache as pfn \d+$/);
  const inside = await variables(client, slots[0].variablesReference);
  assert.deepEqual(texts(inside.slice(0, 3)), ["count: 2", "entries: 2", 'content: "away"']);
  assert.match(texts(inside)[3], /^cache: pfn \d+: ref 1 map 0 anon "away"$/);
  assert.deepEqual(texts(await child(client, inside, "entries")), [
    "main 0x200000000000: swap slot 1 soft_dirty",
    "c 0x200000000000: swap slot 1 soft_dirty",
  ]);
  await at(client, 6);
  assert.match((await scope(client, "Swap"))[0].value, /^1 entry "away", in the swap cache as pfn \d+$/);
  assert.match(await value(client, "Swap", "slot 1", "cache"), /^pfn \d+: ref 2 map 1 anon "away"$/);
  await client.close();
});

test("Swap: a slot of shared memory goes by its file, and none are left behind swapoff", async () => {
  const client = await at(await stoppedAtEntry(SWAPPED), 10);
  const slots = await scope(client, "Swap");
  assert.deepEqual(
    slots.map(({ name }) => name),
    ["slot 1", "slot 2"],
  );
  const inside = await child(client, slots, "slot 2");
  assert.deepEqual(texts(await child(client, inside, "entries")), ["m page 0: swap slot 2"]);
  await at(client, 13);
  assert.deepEqual(await scope(client, "Swap"), []);
  await client.close();
});

test("Swap: a data breakpoint on a slot's count stops where an entry of it goes", async () => {
  const client = await at(await stoppedAtEntry(SWAPPED), 5);
  const [slot] = await scope(client, "Swap");
  const request = { variablesReference: slot.variablesReference, name: "count" };
  const info = await client.ask<P.DataBreakpointInfoResponse["body"]>("dataBreakpointInfo", request);
  await client.ask("setDataBreakpoints", { breakpoints: [{ dataId: info.dataId }] });
  const stop = await client.move("continue");
  assert.equal(stop.reason, "data breakpoint");
  assert.match(await where(client, 2), /^swap_free < .*< 6$/);
  await client.close();
});

test("Page tables: a swap entry and a guard say what they are, also when they are evaluated", async () => {
  const text = lines("p = mmap(8K)", "write(p)", "swapout(p, 4K)", "madvise(p[1], 4K, guard_install)", "compact()");
  const client = await at(await stoppedAtEntry(text), 5);
  let list = await scope(client, "Page tables");
  for (const level of ["pgd", "pud", "pmd"]) list = await child(client, list, `${level} 0x200000000000`);
  assert.deepEqual(texts(list), [
    "pte 0x200000000000: not present: swap slot 1 exclusive soft_dirty",
    "pte 0x200000001000: not present: guard",
  ]);
  assert.equal(await evaluate(client, "pte(p[1])"), "pte of 0x200000001000: guard");
  await client.close();
});

test("Folios: inside of the kernel the reference of the work at hand has a holder too", async () => {
  const text = lines("p = mmap(4K)", "write(p)", "migrate(p)", "compact()");
  const client = await at(await stoppedAtEntry(text), 3);
  for (let i = 0; i < 2; i++) await client.move("stepIn");
  assert.match(await where(client), /^add_folio_for_migration < /);
  const page = (await scope(client, "Folios")).find(({ value: it }) => it.includes("anon"));
  assert.match(page?.value ?? "", /^ref 2 map 1/);
  const inside = await variables(client, page?.variablesReference ?? 0);
  assert.deepEqual(texts(await child(client, inside, "holders")), ["main 0x200000000000: 1", "the kernel at work: 1"]);
  await client.close();
});

test("Folios: a driver's page is no page of a file, and one of KSM says so", async () => {
  const text = lines(
    "d = device(pfnmap, 4K)",
    "p = mmap(8K)",
    'write(p, "same")',
    'write(p[1], "same")',
    "madvise(p, 8K, mergeable)",
    "ksm_scan()",
    "compact()",
  );
  const client = await at(await stoppedAtEntry(text), 7);
  const kinds = (await scope(client, "Folios")).map(({ value: it }) => it.replace(/^ref \d+ map \d+ /, ""));
  assert.deepEqual(kinds, ["the zero page", "kernel zeroes", 'ksm "same"']);
  await client.close();
});

test("Pins: a pipe goes by its name and shows what its reader sees", async () => {
  const text = lines(
    "kernel 5.7",
    "p = mmap(4K, rw)",
    'write(p, "a")',
    "c = fork()",
    "c: pipe = vmsplice(p, 4K)",
    'c: write(p, "b")',
    "msync(p)",
  );
  const client = await at(await stoppedAtEntry(text), 6);
  const pins = await scope(client, "Pins");
  assert.equal(pins[0].name, "pipe");
  assert.match(pins[0].value, /^vmsplice by c, FOLL_GET, sees other bytes than its owner$/);
  assert.equal(await value(client, "Pins", "pipe", "data"), '"a"');
  await client.close();
});

test("Changes: what the last move changed, with the signs turned around when it went back", async () => {
  const client = await at(await stoppedAtEntry(COW), 4);
  await client.move("next");
  const there = Object.fromEntries((await scope(client, "Changes")).map(({ name, value: text }) => [name, text]));
  assert.equal(there["task main min_flt"], "1 → 2");
  await client.move("stepBack");
  const back = Object.fromEntries((await scope(client, "Changes")).map(({ name, value: text }) => [name, text]));
  assert.equal(back["task main min_flt"], "2 → 1");
  assert.deepEqual(Object.keys(back).sort(), Object.keys(there).sort());
  await client.close();
});

test("Changes: two mappings that stood at one address are told apart", async () => {
  const text = lines(
    "p = mmap(4K, rw)",
    "repeat 2",
    "  munmap(p, 4K)",
    "  mmap(4K, rw, private|anonymous|fixed, at=p)",
    "end",
    "msync(p)",
  );
  const client = await stoppedAtEntry(text, { stopOnExit: true });
  await client.move("continue");
  const names = (await scope(client, "Changes")).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.some((name) => /start #\d+$/.test(name)));
  await client.close();
});

test("names are unique among siblings and the same before and after a step", async () => {
  const client = await at(await stoppedAtEntry(COW), 5);
  const names = async () => {
    const found: string[] = [];
    const visit = async (list: readonly P.Variable[], path: string, depth: number) => {
      assert.equal(new Set(list.map(({ name }) => name)).size, list.length, `unique below ${path}`);
      for (const one of list) {
        found.push(`${path}/${one.name}`);
        if (one.variablesReference > 0 && depth < 3)
          await visit(await variables(client, one.variablesReference), `${path}/${one.name}`, depth + 1);
      }
    };
    for (const name of ["Names", "Process", "Page tables"]) await visit(await scope(client, name), name, 0);
    return found;
  };
  const before = await names();
  await client.move("next");
  assert.deepEqual(await names(), before);
  await client.close();
});

test("long lists come in pages of at most 512, short ones whole, and every reference dies with the next move", async () => {
  const text = lines("p = mmap(8M, rw)", "repeat 1500 as i", "  write(p[i], i % 200)", "end", "read(p)");
  const client = await at(await stoppedAtEntry(text), 1502);
  const [top] = await frames(client);
  const { scopes } = await client.ask<P.ScopesResponse["body"]>("scopes", { frameId: top.id });
  const folios = scopes.find(({ name }) => name === "Folios");
  assert.equal(folios?.indexedVariables, 1501, "and the zero page");
  const reference = folios?.variablesReference ?? 0;
  const page = await variables(client, reference, { filter: "indexed", start: 1000, count: 100 });
  assert.equal(page.length, 100);
  assert.equal((await variables(client, reference)).length, 512);
  assert.equal((await variables(client, reference, { start: 1400 })).length, 101);
  assert.deepEqual(await variables(client, reference, { filter: "named" }), []);
  await client.move("stepBack");
  assert.match(await client.refused("variables", { variablesReference: reference }), /no longer/);
  assert.match(await client.refused("scopes", { frameId: top.id }), /no longer/);
  assert.match(await client.refused("evaluate", { expression: "1", frameId: top.id }), /no longer/);
  await client.close();
});

test("many names stand in groups of fixed names", async () => {
  const text = lines(...Array.from({ length: 250 }, (_, i) => `m${i} = mmap(4K, rw)`));
  const client = await at(await stoppedAtEntry(text), 3);
  const groups = await scope(client, "Names");
  assert.ok(groups.length < 100);
  assert.equal(groups[0].name, "main … m1");
  const first = await variables(client, groups[0].variablesReference);
  assert.deepEqual(
    first.map(({ name }) => name),
    ["main", "m0", "m1"],
  );
  const last = await variables(client, groups[groups.length - 1].variablesReference);
  assert.equal(last.at(-1)?.value, "not bound yet");
  await client.close();
});

test("expressions are evaluated for the frame's process; hex on request; faults are errors", async () => {
  const client = await at(await stoppedAtEntry(COW), 6);
  assert.equal(await evaluate(client, "page(p).refcount + 10"), "11");
  const [top] = await frames(client, 2);
  const other = await client.ask<P.EvaluateResponse["body"]>("evaluate", {
    expression: "data(p)",
    context: "watch",
    frameId: top.id,
  });
  assert.equal(other.result, '"own"');
  const hex = await client.ask<P.EvaluateResponse["body"]>("evaluate", {
    expression: "255",
    context: "watch",
    format: { hex: true },
  });
  assert.equal(hex.result, "0xff");
  const opened = await client.ask<P.EvaluateResponse["body"]>("evaluate", { expression: "page(p)", context: "hover" });
  assert.equal(
    (await variables(client, opened.variablesReference)).find(({ name }) => name === "exclusive")?.value,
    "1",
  );
  const copied = await client.ask<P.EvaluateResponse["body"]>("evaluate", {
    expression: "page(p)",
    context: "clipboard",
  });
  assert.equal(copied.variablesReference, 0);
  for (const expression of ["1 / 0", "nobody", "page(", "", "page(p).colour"]) {
    await client.refused("evaluate", { expression, context: "watch" });
  }
  await client.close();
});

test("the console answers why, writes, last, diff, holders and goto", async () => {
  const client = await at(await stoppedAtEntry(COW), 6);
  const why = await evaluate(client, "why page(p).exclusive", "repl");
  assert.match(why, /^page\(p\)\.exclusive is 1\n/);
  assert.match(why, /line 5: write\(p, "new"\)/);
  assert.match(why, /wp_page_copy \(mm\/memory\.c\)/);
  assert.match(await evaluate(client, "last page(p).data", "repl"), /^step 4, line 5: .*content .* → "new"/);
  const writes = await evaluate(client, "writes main.minor_faults", "repl");
  assert.equal(writes.split("\n").filter((line) => line.includes("min_flt")).length, 2);
  assert.match(writes, /\n◆ now$/);
  assert.match(await evaluate(client, "diff 4 5", "repl"), /min_flt 1 → 2/);
  assert.match(await evaluate(client, "holders page(p)", "repl"), /main 0x200000000000: 1/);
  const answer = await evaluate(client, "goto 3", "repl");
  assert.equal(answer, "step 2");
  assert.equal((await client.stopped()).reason, "goto");
  assert.equal(await where(client), "3");
  assert.match(await evaluate(client, "help", "repl"), /why EXPR/);
  assert.equal(await evaluate(client, "last.errno", "repl"), "none", "an expression that begins like a question");
  for (const expression of ["diff 1 99", "goto 99", "holders 3", "why nobody"]) {
    await client.refused("evaluate", { expression, context: "repl" });
  }
  await client.close();
});

test("questions are asked in the console alone: elsewhere text is an expression", async () => {
  const client = await at(await stoppedAtEntry(COW), 5);
  await client.refused("evaluate", { expression: "goto 2", context: "hover" });
  assert.equal(client.untaken("stopped"), 0);
  await client.close();
});

test("completion knows names, functions, fields and commands", async () => {
  const client = await at(await stoppedAtEntry(COW), 5);
  const labels = async (text: string) => {
    const { targets } = await client.ask<P.CompletionsResponse["body"]>("completions", {
      text,
      column: text.length + 1,
    });
    return targets.map(({ label }) => label);
  };
  assert.deepEqual(await labels("ch"), ["child"]);
  assert.deepEqual(await labels("pa"), ["page"]);
  assert.deepEqual(await labels("1 + page(p).ref"), ["refcount"]);
  assert.deepEqual(await labels("page(0).ref"), ["refcount"], "even where no page is");
  assert.ok((await labels("child.")).includes("rss_anon"));
  assert.ok((await labels("w")).includes("why"));
  assert.ok(!(await labels("1 + w")).includes("why"));
  await client.close();
});

test("memory is read through page tables and by frame; what is not mapped is counted", async () => {
  const text = lines("p = mmap(12K, rw)", 'write(p, "hello")', 'write(p[2], "there")', "read(p)");
  const client = await at(await stoppedAtEntry(text), 4);
  const read = (memoryReference: string, count: number, offset = 0) =>
    client.ask<NonNullable<P.ReadMemoryResponse["body"]>>("readMemory", { memoryReference, offset, count });
  const start = await read("virt:main:0x200000000000", 5);
  assert.equal(atob(start.data ?? ""), "hello");
  assert.equal(start.address, "0x200000000000");
  const across = await read("virt:main:0x200000000000", 12288);
  assert.equal(atob(across.data ?? "").length, 4096);
  assert.equal(across.unreadableBytes, 4096, "one page is not mapped");
  const third = await read("virt:main:0x200000000000", 5, 8192);
  assert.equal(atob(third.data ?? ""), "there");
  const nothing = await read("virt:main:0x1000", 100);
  assert.deepEqual([nothing.data, nothing.unreadableBytes], [undefined, 100]);
  const names = await scope(client, "Names");
  assert.equal(names.find(({ name }) => name === "p")?.memoryReference, "virt:main:0x200000000000");
  const folios = await scope(client, "Folios");
  const frame = folios.find(({ value: shown }) => shown.includes("hello"))?.memoryReference ?? "";
  assert.equal(atob((await read(frame, 5)).data ?? ""), "hello");
  assert.match(
    await client.refused("readMemory", { memoryReference: "virt:nobody:0x0", count: 1 }),
    /no process nobody/,
  );
  assert.match(await client.refused("readMemory", { memoryReference: "garbage", count: 1 }), /neither/);
  await client.close();
});

test("setting a counter runs the rest anew in a branch, and the trace as it stands is kept", async () => {
  const client = await at(await stoppedAtEntry(COW), 4);
  const set = await client.ask<P.SetExpressionResponse["body"]>("setExpression", {
    expression: "page(p).exclusive",
    value: "1",
  });
  assert.equal(set.value, "1");
  await client.event("invalidated");
  assert.equal(await evaluate(client, "page(p).exclusive"), "1");
  await client.move("next");
  assert.equal(await evaluate(client, "last.reuse"), "1", "the parent takes the page for its own");
  assert.equal(await evaluate(client, 'data(child, p) == "new"'), "1", "and the child sees what it wrote");
  assert.match(
    client
      .output()
      .map(({ output }) => output)
      .join(""),
    /branch 1: page\(p\)\.exclusive = 1 before line 5/,
  );
  await evaluate(client, "branch 0", "repl");
  await client.stopped();
  assert.equal(await evaluate(client, "last.cow"), "1");
  await client.close();
});

test("a variable of a scope is set the same way, and what is no counter is refused", async () => {
  const client = await at(await stoppedAtEntry(COW), 4);
  const page = async () => (await child(client, await scope(client, "Names"), "p")).find(({ name }) => name === "page");
  const variablesReference = (await page())?.variablesReference;
  assert.match(await client.refused("setVariable", { variablesReference, name: "data", value: "x" }), /cannot be set/);
  assert.match(
    await client.refused("setVariable", { variablesReference, name: "refcount", value: "many" }),
    /whole number/,
  );
  await client.ask("setVariable", { variablesReference, name: "refcount", value: "1" });
  await client.event("invalidated");
  assert.equal(await evaluate(client, "page(p).refcount"), "1");
  await client.close();
});
