// What migration does between its two halves, seen in the recording, and how often it tries.

import assert from "node:assert/strict";
import { test } from "node:test";
import { breaches } from "../../server/src/mm/audit.ts";
import type { Kernel } from "../../server/src/mm/kernel.ts";
import { PTE_PRESENT, pte_offset, pte_pfn } from "../../server/src/mm/pgtable.ts";
import { get_swap_page } from "../../server/src/mm/swap_slots.ts";
import { add_to_swap_cache, swap_cache_get_folio } from "../../server/src/mm/swap_state.ts";
import { is_migration_entry, PTE_SWP_EXCLUSIVE, PTE_SWP_WRITE } from "../../server/src/mm/swapops.ts";
import { compact_zone, do_pages_move, get_user_pages, pin_user_pages } from "../../server/src/mm/syscalls.ts";
import { HERE, PAGE, type Space, space } from "../support/space.ts";

function entryAt(s: Space, addr: bigint): number {
  const mm = s.k.w.task.mm.data[s.task] - 1;
  return s.k.w.pte.entry.data[pte_offset(s.k, mm, Number(addr / PAGE))];
}

function mapped(model: string, pages = 1n, machine = {}): Space {
  const s = space(model, machine);
  s.mmap(pages * PAGE, "rw", "private|anonymous|fixed", { at: HERE });
  for (let i = 0n; i < pages; i++) s.write(HERE + i * PAGE);
  return s;
}

// The kinds of the migration entries that the range's migration made, in order.
function kinds(s: Space, pages = 1n): string[] {
  const first = s.k.journal.length;
  do_pages_move(s.k, s.task, HERE, pages * PAGE);
  return events(s.k, first)
    .filter(({ table, to }) => table === "pte" && is_migration_entry(to))
    .map(({ to }) => (to & PTE_SWP_WRITE ? "write" : to & PTE_SWP_EXCLUSIVE ? "read-exclusive" : "read"));
}

function events(k: Kernel, first: number): { table: string; to: number }[] {
  return Array.from({ length: k.journal.length - first }, (_, i) => k.journal.at(first + i));
}

test("a page goes to another frame, and its old frame is free", () => {
  const s = mapped("7.2");
  const before = pte_pfn(entryAt(s, HERE));
  do_pages_move(s.k, s.task, HERE, PAGE);
  assert.notEqual(pte_pfn(entryAt(s, HERE)), before);
  assert.equal(s.k.w.page._refcount.data[before], 0);
});

test("a cursor between the two halves sees a migration entry, and no page mapped", () => {
  const s = mapped("7.2");
  const pfn = pte_pfn(entryAt(s, HERE));
  const first = s.k.journal.length;
  do_pages_move(s.k, s.task, HERE, PAGE);
  const at = events(s.k, first).findIndex(({ table, to }) => table === "pte" && is_migration_entry(to));
  s.k.seek(first + at + 3);
  assert.equal(entryAt(s, HERE) & PTE_PRESENT, 0);
  assert.equal(pte_pfn(entryAt(s, HERE)), pfn);
  assert.deepEqual([s.k.w.page._mapcount.data[pfn], s.k.w.mm.rss_anon.data[0]], [0, 1]);
});

test("the kinds tell writable, exclusive and maybe shared pages apart", () => {
  assert.deepEqual(kinds(mapped("7.2")), ["write"]);
  const readOnly = mapped("7.2");
  readOnly.mprotect(HERE, PAGE, "r");
  assert.deepEqual(kinds(readOnly), ["read-exclusive"]);
  const shared = mapped("7.2");
  shared.fork();
  assert.deepEqual(kinds(shared), ["read", "read"]);
});

test("before 5.19 a read-only page has a read entry", () => {
  const s = mapped("5.10");
  s.mprotect(HERE, PAGE, "r");
  assert.deepEqual(kinds(s), ["read"]);
});

test("a pinned page that is exclusive never gets a migration entry; before 5.19 it gets ten", () => {
  for (const [model, entries] of [
    ["6.1", 0],
    ["7.2", 0],
    ["5.10", 10],
  ] as const) {
    const s = mapped(model);
    pin_user_pages(s.k, s.task, HERE, PAGE, 1);
    assert.equal(kinds(s).length, entries, model);
  }
});

test("a referenced page gets an entry in each of ten tries, from 6.3 on once without and once with waiting", () => {
  for (const [model, entries] of [
    ["6.1", 10],
    ["6.6", 2],
  ] as const) {
    const s = mapped(model);
    get_user_pages(s.k, s.task, HERE, PAGE, 0);
    assert.equal(kinds(s).length, entries, model);
  }
});

test("from 6.3 on all pages of a list have migration entries before the first arrives", () => {
  for (const [model, most] of [
    ["6.1", 1],
    ["6.6", 3],
  ] as const) {
    const s = mapped(model, 3n);
    const first = s.k.journal.length;
    do_pages_move(s.k, s.task, HERE, 3n * PAGE);
    let now = 0;
    let seen = 0;
    for (const { table, to } of events(s.k, first)) {
      if (table === "pte") now += is_migration_entry(to) ? 1 : -1;
      seen = Math.max(seen, now);
    }
    assert.equal(seen, most, model);
  }
});

test("without a frame to go to everything stays", () => {
  const s = mapped("7.2", 2n, { memory: 64 * 4096, swap: 0 });
  const left = s.mmap(64n * PAGE, "rw", "private|anonymous");
  for (let i = 0n; i < 64n && s.k.w.machine.next_pfn.data[0] < 64; i++) s.write((left as bigint) + i * PAGE);
  const before = entryAt(s, HERE);
  do_pages_move(s.k, s.task, HERE, 2n * PAGE);
  assert.equal(entryAt(s, HERE), before);
  assert.equal(s.k.w.page._refcount.data[pte_pfn(before)], 1);
});

test("a page moves with its place in the swap cache", () => {
  const s = mapped("7.2");
  const before = pte_pfn(entryAt(s, HERE));
  const slot = get_swap_page(s.k);
  add_to_swap_cache(s.k, before, slot);
  do_pages_move(s.k, s.task, HERE, PAGE);
  const after = pte_pfn(entryAt(s, HERE));
  assert.notEqual(after, before);
  assert.equal(swap_cache_get_folio(s.k, slot), after);
  assert.equal(s.k.w.page._refcount.data[after], 2);
  assert.deepEqual(breaches(s.k), []);
});

test("compaction moves a page once, and leaves it where it is the next time", () => {
  const s = mapped("7.2", 40n);
  const before = entryAt(s, HERE);
  compact_zone(s.k);
  const after = entryAt(s, HERE);
  assert.ok(pte_pfn(after) > pte_pfn(before));
  compact_zone(s.k);
  assert.equal(entryAt(s, HERE), after);
  assert.deepEqual(breaches(s.k), []);
});
