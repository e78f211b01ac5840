// How a large folio's mappings are counted, call by call: what traces cannot reach, or can only see the effect of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FOLIO_MM_IDS_SHARED, PG_anon } from "../../server/src/mm/flags.ts";
import { has_flag } from "../../server/src/mm/folio.ts";
import type { Kernel } from "../../server/src/mm/kernel.ts";
import type { Machine } from "../../server/src/mm/machine.ts";
import { folio_mapcount, folio_maybe_mapped_shared, page_mapcount } from "../../server/src/mm/mapcount.ts";
import { mm_alloc_id, mm_free_id } from "../../server/src/mm/mm_ids.ts";
import { folio_alloc } from "../../server/src/mm/page_alloc.ts";
import * as rmap from "../../server/src/mm/rmap.ts";
import { split_pmd_rmap } from "../../server/src/mm/rmap_large.ts";
import { HERE, PAGE, space } from "../support/space.ts";

// A folio that nobody maps yet, and a VMA of each of so many address spaces to map it in.
function world(model: string, spaces: number, machine: Partial<Machine> = {}, order = 9) {
  const main = space(model, machine);
  const at = machine.arch === "x86_32_pae" ? 0x40000000n : HERE;
  main.mmap(PAGE, "rw", "private|anonymous|fixed", { at });
  main.write(at);
  const all = [main, ...Array.from({ length: spaces - 1 }, () => main.fork())];
  const { k } = main;
  const folio = folio_alloc(k, order);
  const row = k.w.page.folio.data[folio] - 1;
  const vmas = all.map(({ task }) => k.vmas.of(k.w.task.mm.data[task] - 1)[0]);
  return { k, folio, row, vmas };
}

function anonymous(k: Kernel, folio: number): void {
  k.set(k.w.page.flags, folio, PG_anon);
  k.set(k.w.page.mapping, folio, 1);
}

function slots(k: Kernel, row: number): string {
  const { _mm_id0, _mm_id1, _mm_id_mapcount0, _mm_id_mapcount1, head } = k.w.folio;
  const shared = has_flag(k, head.data[row], FOLIO_MM_IDS_SHARED) ? " shared" : "";
  const slot = (id: number, count: number) => (id === 0 ? "-" : `${id}:${count}`);
  const first = slot(_mm_id0.data[row], _mm_id_mapcount0.data[row]);
  return `${first} ${slot(_mm_id1.data[row], _mm_id_mapcount1.data[row])}${shared}`;
}

// Whether the folio waits for a split after an owner of all pages has done away with them so.
function queued(model: string, unmap: (k: Kernel, vma: number, folio: number) => void, pmds = 1): boolean {
  const { k, folio, row, vmas } = world(model, 1);
  anonymous(k, folio);
  for (let i = 0; i < pmds; i++) rmap.folio_add_anon_rmap_pmd(k, vmas[0], 0, folio, false);
  unmap(k, vmas[0], folio);
  return k.w.folio.deferred.data[row] !== 0;
}

const byPtes = (k: Kernel, vma: number, folio: number) => {
  split_pmd_rmap(k, folio, vma);
  rmap.folio_remove_rmap_ptes(k, vma, folio, 512);
};

test("4.19 queues a THP whose last PMD goes", () =>
  assert.ok(queued("4.19", (k, v, f) => rmap.folio_remove_rmap_pmd(k, v, f))));
test("5.7 does not, as nothing of it is mapped", () => {
  assert.ok(!queued("5.7", (k, v, f) => rmap.folio_remove_rmap_pmd(k, v, f)));
});
test("6.8 queues a THP whose last PTEs go", () => assert.ok(queued("6.8", byPtes)));
test("6.10 does not, as nothing of it is mapped", () => assert.ok(!queued("6.10", byPtes)));
test("6.1 queues a THP whose last PTEs go", () => {
  assert.ok(queued("6.1", byPtes));
});
for (const model of ["6.1", "6.12", "7.2"]) {
  test(`${model} queues a THP that loses one page`, () => {
    assert.ok(
      queued(model, (k, vma, folio) => {
        split_pmd_rmap(k, folio, vma);
        rmap.folio_remove_rmap_pte(k, vma, folio + 5);
      }),
    );
  });
  test(`${model} queues no THP for a page that a PMD still maps`, () => {
    const one = (k: Kernel, vma: number, folio: number) => {
      split_pmd_rmap(k, folio, vma);
      rmap.folio_remove_rmap_pte(k, vma, folio + 5);
    };
    assert.ok(!queued(model, one, 2));
  });
}

test("two owners are counted, the third is not", () => {
  const { k, folio, row, vmas } = world("7.2", 3);
  for (const vma of vmas) rmap.folio_add_file_rmap_ptes(k, vma, folio, 16);
  assert.equal(slots(k, row), "1:16 2:16 shared");
  assert.equal(folio_mapcount(k, folio), 48);
});

test("it stays shared when the second owner is gone, as the third may be there", () => {
  const { k, folio, row, vmas } = world("7.2", 3);
  for (const vma of vmas) rmap.folio_add_file_rmap_ptes(k, vma, folio, 16);
  rmap.folio_remove_rmap_ptes(k, vmas[1], folio, 16);
  assert.equal(slots(k, row), "1:16 - shared");
  rmap.folio_remove_rmap_ptes(k, vmas[2], folio, 16);
  assert.equal(slots(k, row), "1:16 -");
});

test("an owner that came when no slot was free, and later got one, leaves none behind", () => {
  const { k, folio, row, vmas } = world("7.2", 3);
  for (const vma of vmas) rmap.folio_add_file_rmap_ptes(k, vma, folio, 16);
  rmap.folio_remove_rmap_ptes(k, vmas[0], folio, 16);
  rmap.folio_add_file_rmap_pte(k, vmas[2], folio + 20);
  assert.equal(slots(k, row), "3:1 2:16 shared");
  rmap.folio_remove_rmap_ptes(k, vmas[2], folio, 16);
  assert.equal(slots(k, row), "- 2:16 shared");
  rmap.folio_remove_rmap_pte(k, vmas[2], folio + 20);
  assert.equal(slots(k, row), "- 2:16");
});

test("whoever maps it alone in the end may be thought to share it until it is unmapped", () => {
  const { k, folio, row, vmas } = world("7.2", 3);
  for (const vma of vmas) rmap.folio_add_file_rmap_ptes(k, vma, folio, 16);
  for (const vma of vmas.slice(0, 2)) rmap.folio_remove_rmap_ptes(k, vma, folio, 16);
  assert.equal(slots(k, row), "- - shared");
  assert.ok(folio_maybe_mapped_shared(k, folio));
  rmap.folio_remove_rmap_ptes(k, vmas[2], folio, 15);
  assert.ok(!folio_maybe_mapped_shared(k, folio));
  rmap.folio_remove_rmap_pte(k, vmas[2], folio + 15);
  assert.equal(slots(k, row), "- -");
});

test("on 32 bits an owner's count that does not fit a short gives up its slot", () => {
  const { k, folio, row, vmas } = world("7.2", 1, { arch: "x86_32_pae" });
  for (let i = 0; i < 64; i++) rmap.folio_add_file_rmap_ptes(k, vmas[0], folio, 512);
  assert.equal(slots(k, row), "1:32768 -");
  rmap.folio_add_file_rmap_pte(k, vmas[0], folio);
  assert.equal(slots(k, row), "- - shared");
  assert.equal(folio_mapcount(k, folio), 32769);
});

test("on 64 bits it goes on", () => {
  const { k, folio, row, vmas } = world("7.2", 1);
  for (let i = 0; i < 65; i++) rmap.folio_add_file_rmap_ptes(k, vmas[0], folio, 512);
  assert.equal(slots(k, row), "1:33280 -");
});

test("32 bits have 32767 numbers of address spaces, and the smallest free one is next", () => {
  const { k } = world("7.2", 1, { arch: "x86_32_pae" });
  const mms = Array.from({ length: 32766 }, () => k.create(k.w.mm));
  assert.ok(mms.every((mm) => mm_alloc_id(k, mm)));
  assert.equal(k.w.mm.mm_id.data[mms[32765]], 32767);
  assert.ok(!mm_alloc_id(k, k.create(k.w.mm)));
  mm_free_id(k, mms[40]);
  mm_free_id(k, mms[7]);
  assert.ok(mm_alloc_id(k, mms[40]));
  assert.equal(k.w.mm.mm_id.data[mms[40]], 9);
});

test("6.12 gives address spaces no numbers", () => {
  const { k, row, folio, vmas } = world("6.12", 2);
  for (const vma of vmas) rmap.folio_add_file_rmap_ptes(k, vma, folio, 16);
  assert.equal(slots(k, row), "- -");
});

test("a file's PMDs count in each of its pages up to 6.1", () => {
  const { k, folio, vmas } = world("6.1", 2);
  for (const vma of vmas) rmap.folio_add_file_rmap_pmd(k, vma, folio);
  assert.equal(k.w.page._mapcount.data[folio + 100], 2);
  assert.equal(page_mapcount(k, folio + 100), 2);
  assert.equal(folio_mapcount(k, folio), 2);
});

test("they do not from 6.2 on", () => {
  const { k, folio, vmas } = world("6.6", 2);
  for (const vma of vmas) rmap.folio_add_file_rmap_pmd(k, vma, folio);
  assert.equal(k.w.page._mapcount.data[folio + 100], 0);
  assert.equal(page_mapcount(k, folio + 100), 2);
  assert.equal(folio_mapcount(k, folio), 2);
});

test("mapping 512 pages by PTEs is one event for the pages", () => {
  const { k, folio, vmas } = world("7.2", 1);
  const before = k.position;
  rmap.folio_add_file_rmap_ptes(k, vmas[0], folio, 512);
  assert.equal(k.position - before, 5);
});

test("a mapcount of few bits overflows page by page, and is told", () => {
  const { k, folio, vmas } = world("6.12", 1, { mapcount_bits: 8 }, 4);
  for (let i = 0; i < 128; i++) rmap.folio_add_file_rmap_pte(k, vmas[0], folio + 3);
  assert.equal(k.w.page._mapcount.data[folio + 3], -128);
  assert.equal(k.w.machine.overflowed.data[0], 1);
});
