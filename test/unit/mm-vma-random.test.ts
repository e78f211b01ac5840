// Random system calls against a second, naive account of memory: a table of single pages with their rights and bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { breaches } from "../../server/src/mm/audit.ts";
import { VM_ACCESS_FLAGS, VM_DONTCOPY, VM_LOCKED, VM_SHARED, VM_WIPEONFORK } from "../../server/src/mm/flags.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import { contentOf } from "../../server/src/mm/observe.ts";
import { PTE_PRESENT, pte_offset, pte_pfn } from "../../server/src/mm/pgtable.ts";
import * as sys from "../../server/src/mm/syscalls.ts";
import { HERE, PAGE, prot, type Space, space } from "../support/space.ts";

const PAGES = 24;
const LETTERS = ["r", "rw", "rwx", ""] as const;

// What the naive account knows of a mapped page.
interface Page {
  access: number;
  locked: boolean;
  dontfork: boolean;
  wipeonfork: boolean;
  shared: boolean;
  // Shared memory that is mapped twice has its bytes in common.
  bytes: { text: string };
}
type Table = (Page | undefined)[];

const from = fc.nat(PAGES - 1);
const count = fc.integer({ min: 1, max: 8 });
const letters = fc.constantFrom(...LETTERS);
const action = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant("mmap" as const), from, count, letters, fc.boolean()) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("munmap" as const), from, count) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("mprotect" as const), from, count, letters) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("write" as const), from, fc.integer({ min: 1, max: 99 })) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant("madvise" as const),
      from,
      count,
      fc.constantFrom("dontneed", "dontfork", "dofork", "wipeonfork", "keeponfork", "cold", "willneed", "normal"),
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("mlock" as const, "munlock" as const), from, count) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("mremap" as const), from, count, from, fc.boolean()) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom("migrate" as const, "hold" as const, "swapout" as const), from, count),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("compact" as const, "reclaim" as const), from) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("fork" as const), fc.boolean()) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

for (const { name } of MODELS.values()) {
  test(`${name}: rights and bytes of every page are what a page-by-page account says`, () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(action, { minLength: 5, maxLength: 40 }), (batches, actions) => {
        let s = space(name, { lru_batch: batches, swap_device: batches ? "disk" : "sync" });
        let table: Table = Array.from({ length: PAGES + 8 });
        for (const [index, step] of actions.entries()) {
          if (step[0] === "fork") {
            const child = s.fork();
            if (step[1]) {
              s = child;
              table = table.map((page) => (page === undefined || page.dontfork ? undefined : forked(page)));
            }
          } else {
            perform(s, table, step);
          }
          compare(s, table, `after step ${index}: ${step.join(" ")}`);
        }
      }),
      { numRuns: 50 },
    );
  });
}

// The child neither inherits locks nor, of private memory that is to be wiped, the bytes.
function forked(page: Page): Page {
  return { ...page, locked: false, bytes: page.wipeonfork ? { text: "" } : page.bytes };
}

function perform(s: Space, table: Table, step: Exclude<Action, ["fork", boolean]>): void {
  const at = HERE + BigInt(step[1]) * PAGE;
  const first = step[1];
  switch (step[0]) {
    case "mmap": {
      const kind = step[4] ? "shared" : "private";
      assert.equal(s.mmap(BigInt(step[2]) * PAGE, step[3], `${kind}|anonymous|fixed`, { at }), at);
      for (let i = first; i < first + step[2]; i++) {
        table[i] = {
          access: prot(step[3]),
          locked: false,
          dontfork: false,
          wipeonfork: false,
          shared: step[4],
          bytes: { text: "" },
        };
      }
      return;
    }
    case "munmap":
      assert.equal(s.munmap(at, BigInt(step[2]) * PAGE), 0);
      table.fill(undefined, first, first + step[2]);
      return;
    case "mprotect": {
      const answer = s.mprotect(at, BigInt(step[2]) * PAGE, step[3]);
      assert.equal(answer, upToHole(table, first, step[2], (page) => (page.access = prot(step[3]))) ? 0 : "ENOMEM");
      return;
    }
    case "write": {
      const page = table[first];
      const text = `b${step[2]}`;
      s.write(at, text);
      if (page && page.access & 2) page.bytes.text = text;
      return;
    }
    case "mlock":
    case "munlock": {
      const lock = step[0] === "mlock";
      const answer = s[step[0]](at, BigInt(step[2]) * PAGE);
      let closed = false;
      const whole = upToHole(table, first, step[2], (page) => {
        page.locked = lock;
        closed ||= page.access === 0;
      });
      // Memory that nobody may read cannot be brought in.
      assert.equal(answer, !whole || (lock && closed) ? "ENOMEM" : 0);
      return;
    }
    case "madvise":
      advise(s, table, first, step[2], step[3]);
      return;
    // What the kernel and devices do to pages is nothing that the process sees.
    case "migrate":
      assert.equal(sys.do_pages_move(s.k, s.task, at, BigInt(step[2]) * PAGE), 0);
      return;
    case "compact":
      assert.equal(sys.compact_zone(s.k), 0);
      return;
    case "swapout":
      sys.swapout(s.k, s.task, at, BigInt(step[2]) * PAGE);
      return;
    case "reclaim":
      sys.reclaim(s.k, step[1]);
      return;
    case "hold":
      sys.get_user_pages(s.k, s.task, at, PAGE, 0);
      return;
    case "mremap":
      remap(s, table, step);
  }
}

// Applies the change page by page; false at the first hole.
function upToHole(table: Table, first: number, pages: number, change: (page: Page) => void): boolean {
  for (let i = first; i < first + pages; i++) {
    const page = table[i];
    if (page === undefined) return false;
    change(page);
  }
  return true;
}

function advise(s: Space, table: Table, first: number, pages: number, advice: string): void {
  const answer = s.madvise(HERE + BigInt(first) * PAGE, BigInt(pages) * PAGE, advice);
  if (s.k.model.unknownAdvice.includes(advice)) {
    assert.equal(answer, "EINVAL");
    return;
  }
  const range = table.slice(first, first + pages);
  let refused = false;
  for (const page of range) {
    if (page === undefined || refused) continue;
    if (page.locked && (advice === "dontneed" || advice === "cold")) refused = true;
    else if (page.shared && advice === "wipeonfork") refused = true;
    else if (advice === "dontneed" && !page.shared) page.bytes = { text: "" };
    else if (advice === "dontfork" || advice === "dofork") page.dontfork = advice === "dontfork";
    else if (advice === "wipeonfork" || advice === "keeponfork") page.wipeonfork = advice === "wipeonfork";
  }
  assert.equal(answer, refused ? "EINVAL" : range.includes(undefined) ? "ENOMEM" : 0);
}

// Moves within the window, or to it from itself, where the ranges do not overlap and lie in one VMA.
function remap(s: Space, table: Table, step: readonly ["mremap", number, number, number, boolean]): void {
  const [, first, pages, target, keep] = step;
  const length = BigInt(pages) * PAGE;
  const at = HERE + BigInt(first) * PAGE;
  const to = HERE + BigInt(target) * PAGE;
  const flags = keep ? "maymove|move_fixed|dontunmap" : "maymove|move_fixed";
  if (Math.abs(target - first) < pages) {
    const looksFirst = s.k.model.mremapChecksFirst === "the VMA" && table[first] === undefined;
    assert.equal(s.mremap(at, length, length, flags, to), looksFirst ? "EFAULT" : "EINVAL");
    return;
  }
  const { start, end, flags: vmaFlags } = s.k.w.vma;
  const mm = s.k.w.task.mm.data[s.task] - 1;
  const vma = s.k.vmas.lookup(mm, Number(at / PAGE));
  // One VMA, so that all releases agree; what is refused may still have cleared the target in some of them.
  if (vma < 0 || end.data[vma] < Number(at / PAGE) + pages) return;
  const whole = start.data[vma] * 4096 === Number(at) && end.data[vma] === Number(at / PAGE) + pages;
  const shared = (vmaFlags.data[vma] & VM_SHARED) !== 0;
  const answer = s.mremap(at, length, length, flags, to);
  if (keep && shared && s.k.model.dontunmapAnonymousOnly) {
    assert.equal(answer, "EINVAL");
    table.fill(undefined, target, target + pages);
    return;
  }
  assert.equal(answer, to);
  for (let i = 0; i < pages; i++) {
    const page = table[first + i];
    assert.ok(page);
    table[target + i] = { ...page };
    table[first + i] = keep ? { ...page, bytes: page.shared ? page.bytes : { text: "" } } : undefined;
  }
  if (!keep) return;
  // The lock goes from the whole VMA that was left, or from the moved part alone.
  const ranged = s.k.model.dontunmapUnlocks === "the range" || whole;
  for (let i = 0; i < table.length; i++) {
    const vpn = Number(HERE / PAGE) + i;
    const source = s.k.vmas.lookup(mm, vpn);
    const left = table[i];
    if (left === undefined) continue;
    if (i >= first && i < first + pages) left.locked = false;
    else if (!ranged && source >= 0 && source === s.k.vmas.lookup(mm, Number(at / PAGE))) left.locked = false;
  }
}

function compare(s: Space, table: Table, when: string): void {
  const { k } = s;
  const { vma: v, page } = k.w;
  const mm = k.w.task.mm.data[s.task] - 1;
  const base = Number(HERE / PAGE);
  assert.deepEqual(breaches(k), [], when);
  assert.equal(k.vmas.of(mm).length, k.w.mm.map_count.data[mm], when);
  for (const [i, expected] of table.entries()) {
    const vma = k.vmas.lookup(mm, base + i);
    assert.equal(vma >= 0, expected !== undefined, `${when}: page ${i}`);
    if (expected === undefined) continue;
    const flags = v.flags.data[vma];
    const seen = {
      access: flags & VM_ACCESS_FLAGS,
      locked: (flags & VM_LOCKED) !== 0,
      dontfork: (flags & VM_DONTCOPY) !== 0,
      wipeonfork: (flags & VM_WIPEONFORK) !== 0,
      shared: (flags & VM_SHARED) !== 0,
      bytes: expected.bytes,
    };
    assert.deepEqual(seen, expected, `${when}: page ${i}`);
    const row = pte_offset(k, mm, base + i);
    const entry = row < 0 ? 0 : k.w.pte.entry.data[row];
    if (entry === 0) {
      // Shared memory keeps its bytes without an entry.
      if (!expected.shared) assert.equal("", expected.bytes.text, `${when}: page ${i}`);
      continue;
    }
    const bytes = k.contents.get(contentOf(k, mm, base + i));
    assert.equal(
      new TextDecoder().decode(bytes).slice(0, expected.bytes.text.length),
      expected.bytes.text,
      `${when}: page ${i}`,
    );
    // Reverse mappings find the page at the address that its offset gives.
    const pfn = pte_pfn(entry);
    if (entry & PTE_PRESENT && page.flags.data[pfn] & 1) {
      assert.equal(
        page.index.data[pfn],
        base + i - v.start.data[vma] + v.pgoff.data[vma],
        `${when}: index of page ${i}`,
      );
    }
  }
}
