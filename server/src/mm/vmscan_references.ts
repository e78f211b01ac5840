// Whether a page on an inactive list was used since reclaim last looked at it: the second chance. mm/rmap.c, mm/vmscan.c.

import { PG_mlocked, PG_referenced, PG_swapbacked, VM_EXEC, VM_LOCKED } from "./flags.ts";
import { folio_nr_pages, folio_test_large } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapped } from "./mapcount.ts";
import { vma_locks } from "./mlock_vma.ts";
import { pages_of, rmap_walk_runs } from "./page_vma_mapped.ts";
import { mk_pte, PTE_ACCESSED, pte_with } from "./pgtable.ts";
import { rmap_walk } from "./rmap_walk.ts";

const LOCKED = condition("vma->vm_flags & VM_LOCKED", "vm_flags");
const REFERENCED_PTES = condition("folio_referenced(folio, 1, sc->target_mem_cgroup, &vm_flags)", "entries");

export interface Referenced {
  // Entries that were used since they were last looked at; their accessed bits are clear now.
  readonly ptes: number;
  // VM_* of the VMAs whose entries were used; VM_LOCKED when one of them is locked, which ends the search.
  readonly vm_flags: number;
}

// Looks at every entry that maps the page. A locked VMA keeps the page out of reclaim from now on.
// Mirrors folio_referenced(), mm/rmap.c, 6.12 (page_referenced() before 5.18).
export const folio_referenced = kernelFunction(
  "folio_referenced",
  "mm/rmap.c",
  (k: Kernel, pfn: number): Referenced => {
    let ptes = 0;
    let vm_flags = 0;
    if (!folio_mapped(k, pfn)) return { ptes, vm_flags };
    if (folio_test_large(k, pfn)) return large_referenced(k, pfn);
    rmap_walk(k, pfn, (vma, _vpn, pte, entry) => {
      if (vma_locks(k, vma)) {
        k.set(k.w.page.flags, pfn, k.w.page.flags.data[pfn] | PG_mlocked);
        vm_flags |= VM_LOCKED;
        k.decide(LOCKED, k.w.vma.flags.data[vma], true);
        return false;
      }
      if ((entry & PTE_ACCESSED) === 0) return true;
      k.set(k.w.pte.entry, pte, pte_with(entry, 0, PTE_ACCESSED));
      ptes++;
      vm_flags |= k.w.vma.flags.data[vma];
      return true;
    });
    return { ptes, vm_flags };
  },
);

// Of a large folio the mappings that used any of it count, not their entries. PTEs in a locked VMA count as any (5.18 to 6.6),
// or are passed over unless they map all of it, which locks it (6.7). Mirrors folio_referenced_one(), mm/rmap.c, 6.1 and 6.12.
function large_referenced(k: Kernel, folio: number): Referenced {
  const used = new Set<number>();
  let vm_flags = 0;
  let locked = { vma: -1, ptes: 0 };
  rmap_walk_runs(k, pages_of(k, folio), (run) => {
    const counts = !run.huge && k.model.mlockBatches && !k.model.mlocksLargePtes;
    if (vma_locks(k, run.vma) && !counts) {
      locked = { vma: run.vma, ptes: run.nr + (run.vma === locked.vma ? locked.ptes : 0) };
      if (k.model.mlocksLargePtes && locked.ptes < folio_nr_pages(k, folio)) return true;
      const { flags } = k.w.page;
      if (run.huge || k.model.mlockBatches) k.set(flags, folio, flags.data[folio] | PG_mlocked);
      vm_flags |= VM_LOCKED;
      k.decide(LOCKED, k.w.vma.flags.data[run.vma], true);
      return false;
    }
    if ((run.entry & PTE_ACCESSED) === 0) return true;
    k.setRun(k.w.pte.entry, run.pte, run.huge ? 1 : run.nr, pte_with(run.entry, 0, PTE_ACCESSED), mk_pte(1, 0));
    used.add(run.vma);
    vm_flags |= k.w.vma.flags.data[run.vma] & ~VM_LOCKED;
    return true;
  });
  return { ptes: used.size, vm_flags };
}

// enum folio_references, mm/vmscan.c, without FOLIOREF_RECLAIM_CLEAN, which says of pages of files, which are never written
// from here, that they are not to be written.
export type References = "reclaim" | "keep" | "activate";

// A page that one entry used stays for another round, a page that was used twice becomes active. Up to 5.8 one use is
// enough for anonymous pages, which start on the active list, and shmem. Mirrors folio_check_references(), mm/vmscan.c, 6.12.
export const folio_check_references = kernelFunction(
  "folio_check_references",
  "mm/vmscan.c",
  (k: Kernel, pfn: number): References => {
    const { flags } = k.w.page;
    const { ptes, vm_flags } = folio_referenced(k, pfn);
    const used = (flags.data[pfn] & PG_referenced) !== 0;
    k.set(flags, pfn, flags.data[pfn] & ~PG_referenced);
    if (vm_flags & VM_LOCKED) return "activate";
    const file = (flags.data[pfn] & PG_swapbacked) === 0;
    if (!k.decide(REFERENCED_PTES, ptes, ptes > 0)) return "reclaim";
    if (k.model.newAnonIsActive && !file) return "activate";
    k.set(flags, pfn, flags.data[pfn] | PG_referenced);
    if (used || ptes > 1) return "activate";
    return file && vm_flags & VM_EXEC ? "activate" : "keep";
  },
);
