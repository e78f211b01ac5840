// The mapcount of address spaces, under mapcount-mms, against what a look at all page tables counts; and what it is read from.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { page_folio } from "../../server/src/mm/folio.ts";
import type { Kernel } from "../../server/src/mm/kernel.ts";
import { page_mapcount } from "../../server/src/mm/mapcount.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import { is_zero_page, vm_normal_page } from "../../server/src/mm/normal_page.ts";
import { PTE_PRESENT, pmd_offset, pte_pfn, walk_ptes } from "../../server/src/mm/pgtable.ts";
import { is_swap_entry, swp_offset } from "../../server/src/mm/swapops.ts";
import { pageCells } from "../../server/src/run/folio_cells.ts";
import { traceOf } from "../../server/src/run/fuzz/author.ts";
import { choicesOf } from "../../server/src/run/fuzz/choice.ts";
import { LARGE_PROFILES } from "../../server/src/run/fuzz/profile_large.ts";
import { random, seedOf } from "../../server/src/run/fuzz/random.ts";
import { run } from "../../server/src/run/run.ts";
import { HERE, PAGE, space } from "../support/space.ts";

const MODEL = MODELS.get("mapcount-mms");
assert.ok(MODEL);

// Folio → the address spaces with an entry that maps some of it, or that names a slot of it while it is in the swap cache.
function spaces(k: Kernel): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  const { start, end } = k.w.vma;
  for (const mm of k.live.mms.rows()) {
    for (const vma of k.vmas.of(mm)) {
      const visit = (entry: number) => {
        const cached = is_swap_entry(entry) ? k.w.swap.cache.data[swp_offset(entry)] - 1 : -1;
        const pfn = entry & PTE_PRESENT ? pte_pfn(entry) : cached;
        if (pfn < 0 || is_zero_page(k, pfn)) return;
        if (entry & PTE_PRESENT && vm_normal_page(k, vma, entry) === undefined) return;
        const folio = page_folio(k, pfn);
        found.set(folio, (found.get(folio) ?? new Set()).add(mm));
      };
      const huge = (...[, , , , entry]: [number, number, number, number, number]) => visit(entry);
      walk_ptes(k, mm, start.data[vma], end.data[vma], (_row, _vpn, entry) => visit(entry), huge);
    }
  }
  return found;
}

for (const profile of ["thp", "hugetlb"] as const) {
  test(`${profile}: each mapcount is the number of address spaces, after random traces`, () => {
    let shared = 0;
    for (let seed = 0; seed < 25; seed++) {
      const text = traceOf(MODEL, choicesOf(random(seedOf(6, seed))), { profile: LARGE_PROFILES[profile], most: 40 });
      const { kernel } = run(analyse(text).program, { model: "mapcount-mms" });
      for (const [folio, mms] of spaces(kernel)) {
        if (kernel.w.page.mapping.data[folio] === 0) continue;
        if (mms.size > 1) shared++;
        assert.equal(page_mapcount(kernel, folio), mms.size, `pfn ${folio} after\n${text}`);
      }
    }
    assert.ok(shared > 10, "the traces share pages");
  });
}

test("what a watched mapcount is read from changes when an address space comes or goes", () => {
  const s = space("mapcount-mms", { thp: "always" });
  s.mmap(512n * PAGE, "rw", "private|anonymous|fixed", { at: HERE });
  s.write(HERE);
  const pfn = pte_pfn(s.k.w.pte.entry.data[pmd_offset(s.k, s.k.w.task.mm.data[s.task] - 1, Number(HERE / PAGE))]);
  const seen = () => pageCells(s.k, pfn, "mapcount").map(({ field, row }) => field.data[row]);
  const alone = seen();
  assert.equal(page_mapcount(s.k, pfn), 1);
  const child = s.fork();
  const both = seen();
  assert.equal(page_mapcount(s.k, pfn), 2);
  assert.notDeepEqual(both, alone);
  child.munmap(HERE, 512n * PAGE);
  assert.equal(page_mapcount(s.k, pfn), 1);
  assert.notDeepEqual(seen(), both);
});
