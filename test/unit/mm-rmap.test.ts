// From a page to the VMAs that may map it, after fork, mremap, splits and a seek.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pte_offset, pte_pfn } from "../../server/src/mm/pgtable.ts";
import { rmap_walk } from "../../server/src/mm/rmap_walk.ts";
import { sys_exit } from "../../server/src/mm/syscalls.ts";
import { HERE, PAGE, type Space, space } from "../support/space.ts";

// The page that the address maps now.
function pageAt(s: Space, addr: bigint): number {
  const mm = s.k.w.task.mm.data[s.task] - 1;
  return pte_pfn(s.k.w.pte.entry.data[pte_offset(s.k, mm, Number(addr / PAGE))]);
}

// The pages past HERE where a walk finds the page, each with its task.
function walk(s: Space, pfn: number): string[] {
  const found: string[] = [];
  rmap_walk(s.k, pfn, (vma, vpn) => {
    found.push(`mm ${s.k.w.vma.mm.data[vma] - 1} page ${vpn - Number(HERE / PAGE)}`);
    return true;
  });
  return found;
}

function mapped(s: Space, pages: bigint): Space {
  s.mmap(pages * PAGE, "rw", "private|anonymous|fixed", { at: HERE });
  s.write(HERE);
  return s;
}

test("a page that three generations share is found in each", () => {
  const s = mapped(space(), 4n);
  s.fork().fork();
  assert.deepEqual(walk(s, pageAt(s, HERE)), ["mm 0 page 0", "mm 1 page 0", "mm 2 page 0"]);
});

test("a child's own copy is looked for in the child alone", () => {
  const s = mapped(space(), 4n);
  const child = s.fork();
  child.write(HERE);
  assert.deepEqual(walk(s, pageAt(child, HERE)), ["mm 1 page 0"]);
  assert.equal(s.k.rmap.ofAnonPage(s.k.w.page.mapping.data[pageAt(child, HERE)], Number(HERE / PAGE)).length, 1);
});

test("a page is found where mremap moved it, and where the child still has it", () => {
  const s = mapped(space(), 4n);
  s.fork();
  s.mremap(HERE, 2n * PAGE, 2n * PAGE, "maymove|move_fixed", HERE + 64n * PAGE);
  assert.deepEqual(walk(s, pageAt(s, HERE + 64n * PAGE)), ["mm 1 page 0", "mm 0 page 64"]);
});

test("a VMA that was split is asked where the page is", () => {
  const s = mapped(space(), 4n);
  s.write(HERE + 3n * PAGE);
  s.mprotect(HERE + PAGE, PAGE, "r");
  assert.deepEqual(walk(s, pageAt(s, HERE + 3n * PAGE)), ["mm 0 page 3"]);
});

test("a walk after a seek finds what was mapped then", () => {
  const s = mapped(space(), 4n);
  const pfn = pageAt(s, HERE);
  const before = s.k.position;
  s.fork();
  s.k.seek(before);
  assert.deepEqual(walk(s, pfn), ["mm 0 page 0"]);
});

test("a file's page is found in each mapping, at the offset of each", () => {
  const s = space();
  const fd = s.memfd(8n * PAGE);
  s.mmap(8n * PAGE, "rw", "shared|fixed", { fd, at: HERE });
  s.mmap(2n * PAGE, "r", "private|fixed", { fd, at: HERE + 100n * PAGE, offset: 4n * PAGE });
  s.write(HERE + 4n * PAGE);
  s.read(HERE + 100n * PAGE);
  assert.deepEqual(walk(s, pageAt(s, HERE + 4n * PAGE)), ["mm 0 page 4", "mm 0 page 100"]);
});

// A fork chain whose second process is gone: its anon_vma has no VMA of its own any more.
function orphaned(model: string): { third: Space; anonVma: (s: Space) => number } {
  const first = mapped(space(model), 1n);
  const second = first.fork();
  const third = second.fork();
  sys_exit(first.k, second.task);
  const anonVma = (s: Space) => s.k.w.vma.anon_vma.data[s.k.vmas.of(s.k.w.task.mm.data[s.task] - 1)[0]];
  return { third, anonVma };
}

for (const model of ["5.7", "6.1"]) {
  test(`${model}: fork reuses an anon_vma that no VMA puts pages into`, () => {
    const { third, anonVma } = orphaned(model);
    const fourth = third.fork();
    assert.equal(anonVma(fourth), third.k.w.anon_vma.parent.data[anonVma(third) - 1]);
    assert.deepEqual(walk(third, pageAt(third, HERE)), ["mm 0 page 0", "mm 2 page 0", "mm 3 page 0"]);
  });
}

for (const [model, reused] of [
  ["5.7", true],
  ["6.1", false],
] as const) {
  test(`${model} ${reused ? "reuses" : "does not reuse"} the anon_vma of another process that is alive (CVE-2022-42703)`, () => {
    const { third, anonVma } = orphaned(model);
    const fifth = third.fork().fork();
    assert.equal(anonVma(fifth) === anonVma(third), reused);
  });
}

test("a page in one of thousands of pieces of a mapping is found by one look", () => {
  const s = space();
  const pages = 4000;
  s.mmap(BigInt(pages) * PAGE, "rw", "private|anonymous|fixed", { at: HERE });
  s.write(HERE);
  for (let i = 1; i < pages; i += 2) s.mprotect(HERE + BigInt(i) * PAGE, PAGE, "r");
  const pfn = pageAt(s, HERE);
  const looked = s.k.vmas.lookup;
  let looks = 0;
  s.k.vmas.lookup = (mm, vpn) => {
    looks++;
    return looked.call(s.k.vmas, mm, vpn);
  };
  assert.deepEqual(walk(s, pfn), ["mm 0 page 0"]);
  assert.equal(looks, 1);
});
