// Large folios in the debugger: the tree of a folio, huge entries of page tables, watches on what only they have, and
// the kernel's way through a PMD split, event by event.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Client } from "./dap/client.ts";
import { child, evaluate, frames, lines, scope, stoppedAtEntry, value, variables, where } from "./dap/stories.ts";

const HUGE = [
  "machine thp=always memory=64M",
  "p = mmap(2M, rw, private|anonymous|fixed, at=0x40000000)",
  'write(p, "old")',
];

// One page read-only in the middle, of a folio that a child maps, too.
function shared(kernel: string): string {
  return lines(`kernel ${kernel}`, ...HUGE, "child = fork()", "mprotect(p + 20K, 4K, r)", 'write(p, "new")', "read(p)");
}

const FORKED = 4;
const PROTECTED = 5;
const COPIED = 6;

// Stopped behind so many operations.
async function after(text: string, operations: number): Promise<Client> {
  const client = await stoppedAtEntry(text);
  await client.move("goto", { threadId: 1, targetId: operations });
  return client;
}

async function folioTree(client: Client): Promise<P.Variable[]> {
  const found = (await scope(client, "Folios")).find((entry) => entry.value.startsWith("order 9"));
  assert.ok(found, "there is a folio of order 9");
  return variables(client, found.variablesReference);
}

function told(list: readonly P.Variable[]): string[] {
  return list.map((entry) => `${entry.name}: ${entry.value}`);
}

test("Folios: a large one is one entry, its tails are none", async () => {
  const client = await after(shared("6.12"), FORKED);
  const all = await scope(client, "Folios");
  assert.deepEqual(
    all.filter((entry) => entry.value.includes("anon")).map((entry) => entry.value),
    ["order 9: ref 2 map 2 entire 2 anon, in the deferred split queue"],
  );
  await client.close();
});

test("Folios: holders tell who maps the whole, and who which pages", async () => {
  const client = await after(shared("6.12"), COPIED);
  const holders = told(await child(client, await folioTree(client), "holders"));
  assert.deepEqual(holders, ["main 0x40001000 pages 1…511: 511", "child 0x40000000 whole: 1"]);
  await client.close();
});

test("Folios: holders add up to the refcount, pins with as many references as pages", async () => {
  const client = await after(
    lines("kernel 6.12", ...HUGE, "d = pin_user_pages(p + 8K, 32K, write)", "mprotect(p + 20K, 4K, r)", "read(p)"),
    PROTECTED,
  );
  const tree = await folioTree(client);
  assert.deepEqual(told(await child(client, tree, "holders")), ["main 0x40000000 pages 0…511: 512", "d: 8"]);
  assert.equal(tree.find(({ name }) => name === "refcount")?.value, "520");
  assert.equal(tree.find(({ name }) => name === "pincount")?.value, "8");
  await client.close();
});

test("Folios: pages that are alike stand together, and open to each of them, in pages", async () => {
  const client = await after(
    lines("kernel 6.12", ...HUGE, "mprotect(p + 20K, 4K, r)", "munmap(p + 20K, 4K)", "read(p)"),
    PROTECTED,
  );
  const pages = await child(client, await folioTree(client), "pages");
  assert.deepEqual(told(pages), [
    'page 0: pfn 5 map 1 excl "old"',
    "pages 1…4: map 1 excl zeroes",
    "page 5: pfn 10 map 0 excl zeroes",
    "pages 6…511: map 1 excl zeroes",
  ]);
  assert.equal(pages[3].indexedVariables, 506);
  const some = await variables(client, pages[3].variablesReference, { filter: "indexed", start: 500, count: 100 });
  assert.deepEqual(
    some.map(({ name }) => name),
    ["page 506", "page 507", "page 508", "page 509", "page 510", "page 511"],
  );
  assert.equal((await variables(client, some[0].variablesReference)).find(({ name }) => name === "pfn")?.value, "511");
  await client.close();
});

test("Folios: from 6.15 on its owners go by their processes", async () => {
  const client = await after(shared("6.15"), PROTECTED);
  const tree = told(await folioTree(client));
  for (const line of [
    "mm_id0: 1 (main)",
    "mm_id1: 2 (child)",
    "mm_id0_mapcount: 512",
    "mm_id1_mapcount: 1",
    "flags: mm_ids_shared",
    "nr_pages_mapped: 8389120 (ENTIRELY_MAPPED + 512)",
    "deferred_split: place 1 of 1",
  ]) {
    assert.ok(tree.includes(line), `${line} is among\n${tree.join("\n")}`);
  }
  await client.close();
});

test("Folios: up to 6.1 a PMD beside PTEs is a double map", async () => {
  const client = await after(shared("6.1"), PROTECTED);
  const found = (await scope(client, "Folios")).find((entry) => entry.value.startsWith("order 9"));
  assert.equal(found?.value, "order 9: ref 513 map 513 entire 1 anon, double map");
  await client.close();
});

test("Folios: names of the tree are unique and stay from step to step", async () => {
  const client = await stoppedAtEntry(shared("6.15"));
  const seen: string[] = [];
  for (const operations of [FORKED, PROTECTED, COPIED]) {
    await client.move("goto", { threadId: 1, targetId: operations });
    const names = (await folioTree(client)).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    seen.push(names.join(" "));
  }
  assert.deepEqual(seen, [seen[0], seen[0], seen[0]]);
  await client.close();
});

test("a watch on page(p).folio opens to the same tree", async () => {
  const client = await after(shared("6.15"), PROTECTED);
  const [top] = await frames(client);
  const body = await client.ask<P.EvaluateResponse["body"]>("evaluate", {
    expression: "page(p[5]).folio",
    context: "watch",
    frameId: top.id,
  });
  assert.match(body.result, /^pfn 5: order 9: ref 513 map 513 entire 1 anon/);
  const names = (list: readonly P.Variable[]) => list.map(({ name }) => name);
  assert.deepEqual(names(await variables(client, body.variablesReference)), names(await folioTree(client)));
  await client.close();
});

test("a page in the middle of a folio says which one it is", async () => {
  const client = await after(shared("6.12"), PROTECTED);
  assert.equal(await evaluate(client, "page(p[5])"), "pfn 10: page 5 of folio 5, ref 513 map 2 anon zeroes");
  await client.close();
});

test("Page tables: a huge PMD is a leaf that leads to its folio, beside the table that waits for its split", async () => {
  const client = await after(lines("kernel 6.12", ...HUGE, "read(p)"), 3);
  const pmds = await child(
    client,
    await child(client, await scope(client, "Page tables"), "pgd 0x0"),
    "pud 0x40000000",
  );
  assert.deepEqual(told(pmds), [
    "pmd 0x40000000: pfn 5…516 huge writable dirty accessed soft_dirty",
    "deposited tables: 1: pfn 517",
  ]);
  const leaf = await child(client, pmds, "pmd 0x40000000");
  assert.match(
    leaf.find(({ name }) => name === "folio")?.value ?? "",
    /^pfn 5: order 9: ref 1 map 1 entire 1 anon excl/,
  );
  assert.equal(leaf.find(({ name }) => name === "level")?.value, "pmd");
  await client.close();
});

test("Page tables: a read that finds nothing maps the huge zero folio, which the machine counts", async () => {
  const text = lines(
    "kernel 6.12",
    "machine thp=always memory=64M",
    "p = mmap(2M, r, private|anonymous|fixed, at=0x40000000)",
    "read(p)",
    "read(p)",
  );
  const client = await after(text, 3);
  const pmds = await child(
    client,
    await child(client, await scope(client, "Page tables"), "pgd 0x0"),
    "pud 0x40000000",
  );
  assert.match(pmds[0].value, /^pfn \d+…\d+ huge .*special.*\(the huge zero folio\)$/);
  assert.equal(await value(client, "Machine", "huge_zero_refcount"), "2");
  assert.equal(await value(client, "Process", "huge mappings"), "none");
  await client.close();
});

test("Process: what smaps tells of huge mappings", async () => {
  const client = await after(lines("kernel 6.12", ...HUGE, "read(p)"), 3);
  assert.equal(await value(client, "Process", "huge mappings"), "AnonHugePages 2048 kB");
  assert.equal(await value(client, "Process", "huge mappings", "FilePmdMapped"), "0 kB");
  await client.close();
});

test("Machine: the deferred split queue, the oldest folio first", async () => {
  const text = lines(
    "kernel 6.1",
    "machine thp=always memory=64M",
    "p = mmap(4M, rw, private|anonymous|fixed, at=0x40000000)",
    "write(p)",
    "write(p + 2M)",
    "munmap(p + 2M, 4K)",
    "munmap(p, 4K)",
    "read(p + 8K)",
  );
  const client = await after(text, 6);
  const queue = await child(client, await scope(client, "Machine"), "deferred_split_queue");
  assert.deepEqual(
    queue.map(({ value: line }) => line),
    Array(2).fill("order 9: ref 511 map 511 entire 0 anon excl, in the deferred split queue"),
  );
  assert.ok(Number(queue[0].name.slice(6)) > Number(queue[1].name.slice(6)), "the second folio lost its page first");
  await client.close();
});

test("Pins: a pin names the folios that it holds, each with its references", async () => {
  const client = await after(lines("kernel 6.12", ...HUGE, "d = pin_user_pages(p, 32K, write)", "read(p)"), 4);
  assert.equal(await value(client, "Pins", "d", "folios"), "folio 5 ×8");
  await client.close();
});

test("the memory of a folio goes on behind its head", async () => {
  const client = await after(lines("kernel 6.12", ...HUGE, 'write(p + 4K, "second")', "read(p)"), 4);
  const read = (memoryReference: string, offset: number) =>
    client.ask<P.ReadMemoryResponse["body"]>("readMemory", { memoryReference, offset, count: 6 });
  assert.equal(atob((await read("phys:5", 4096))?.data ?? ""), "second");
  assert.equal(atob((await read("virt:main:0x40001000", 0))?.data ?? ""), "second");
  assert.equal((await read("phys:5", 2 * 2 ** 20))?.unreadableBytes, 6);
  await client.close();
});

// The kernel function and the value at so many stops of a data breakpoint on the expression.
async function stopsOn(client: Client, expression: string, stops: number): Promise<string[]> {
  const [top] = await frames(client);
  const info = await client.ask<P.DataBreakpointInfoResponse["body"]>("dataBreakpointInfo", {
    name: expression,
    frameId: top.id,
  });
  assert.ok(info.dataId, info.description);
  await client.ask("setDataBreakpoints", { breakpoints: [{ dataId: info.dataId, accessType: "write" }] });
  const stopped: string[] = [];
  for (let i = 0; i < stops; i++) {
    await client.move("continue");
    stopped.push(`${(await where(client)).split(" < ")[0]}: ${await evaluate(client, expression)}`);
  }
  await client.close();
  return stopped;
}

test("a data breakpoint on large_mapcount stops at each mapping that comes and goes", async () => {
  const client = await after(shared("6.12"), FORKED);
  assert.deepEqual(await stopsOn(client, "page(p).folio.large_mapcount", 2), [
    "__folio_add_rmap: 514",
    "__folio_remove_rmap: 513",
  ]);
});

test("a data breakpoint on the mapcount of a page in the middle stops where the run of PTEs brings it", async () => {
  const client = await after(shared("6.12"), FORKED);
  assert.deepEqual(await stopsOn(client, "page(p[5]).mapcount", 2), ["__folio_add_rmap: 3", "__folio_remove_rmap: 2"]);
});

test("a data breakpoint on exclusive stops where the split gives the head's bit to a tail", async () => {
  const text = lines("kernel 6.12", ...HUGE, "mprotect(p + 20K, 4K, r)", "read(p)");
  assert.deepEqual(await stopsOn(await after(text, 3), "page(p[7]).exclusive", 1), ["__split_huge_pmd_locked: 1"]);
});

test("a data breakpoint on the pincount stops where the first page is pinned, and where the rest is", async () => {
  const text = lines("kernel 6.12", ...HUGE, "d = pin_user_pages(p, 32K, write)", "read(p)");
  const stops = await stopsOn(await after(text, 3), "page(p).folio.pincount", 2);
  assert.deepEqual(
    stops.map((stop) => stop.split(": ")[1]),
    ["1", "8"],
  );
});

const HUGETLB = lines(
  "kernel 6.12",
  "machine hugetlb_pages=4 memory=64M",
  "p = mmap(4M, rw, private|anonymous|hugetlb, at=0x40000000)",
  "write(p)",
  "child = fork()",
  "write(p)",
  "read(p)",
);

test("Machine: what the hugetlb pool has free and has promised", async () => {
  const client = await after(HUGETLB, 2);
  assert.equal(await value(client, "Machine", "hugetlb pool"), "4 pages, 4 free, 2 of them reserved");
  await client.move("goto", { threadId: 1, targetId: 5 });
  assert.equal(await value(client, "Machine", "hugetlb pool"), "4 pages, 2 free, 1 of them reserved");
  await client.close();
});

test("Folios: a hugetlb folio says so, and counts its mappings as a whole", async () => {
  const client = await after(HUGETLB, 4);
  const found = (await scope(client, "Folios")).find((entry) => entry.value.includes("hugetlb"));
  assert.equal(found?.value, "order 9: ref 2 map 2 entire 2 hugetlb");
  assert.equal(await value(client, "Process", "huge mappings"), "Hugetlb 2048 kB");
  await client.close();
});

test("the debugger stops at faults that map huge pages, and exceptionInfo says what they did", async () => {
  const client = await stoppedAtEntry(lines("kernel 6.12", ...HUGE, "split_pmd(p)", "write(p)"));
  await client.ask("setExceptionBreakpoints", { filters: ["huge"] });
  const { reason } = await client.move("continue");
  assert.equal(reason, "exception");
  const info = await client.ask<P.ExceptionInfoResponse["body"]>("exceptionInfo", { threadId: 1 });
  assert.equal(info.exceptionId, "huge");
  assert.match(await where(client), /do_user_addr_fault < 4$|^4$|^5$/);
  await client.close();
});

test("a function breakpoint stops in the split of a PMD, whoever asks for it", async () => {
  const client = await stoppedAtEntry(shared("6.12"));
  await client.ask("setFunctionBreakpoints", { breakpoints: [{ name: "__split_huge_pmd" }] });
  await client.move("continue");
  assert.equal(
    await where(client),
    "__split_huge_pmd_locked < __split_huge_pmd < vma_adjust_trans_huge < __split_vma < mprotect_fixup < do_mprotect_pkey < 6",
  );
  await client.close();
});

test("a data breakpoint on an entry follows it from the PMD to the PTE that a split makes of it", async () => {
  const text = lines("kernel 6.12", ...HUGE, "mprotect(p + 20K, 4K, r)", "madvise(p + 20K, 4K, dontneed)", "read(p)");
  const stops = await stopsOn(await after(text, 3), "pte(p[5])", 3);
  assert.deepEqual(
    stops.map((stop) => stop.split(": ")[0]),
    ["__split_huge_pmd_locked", "change_protection", "zap_pte_range"],
  );
});

test("a data breakpoint on a flag of an entry passes over the split that keeps it", async () => {
  const text = lines("kernel 6.12", ...HUGE, "mprotect(p + 20K, 4K, r)", "mprotect(p + 20K, 4K, rw)", "read(p)");
  assert.deepEqual(await stopsOn(await after(text, 3), "pte(p[5]).writable", 2), [
    "change_protection: 0",
    "change_protection: 1",
  ]);
});
