// refpage-in-mapping: a second mapping needs a default page of its own, as it must be one of its own pages. fork makes one for the
// child, and the split of a VMA one for the half that has not the home. mm-semantics §8.4.
//
//   split in front of page 2:    D  D │ D  A  D    ──▶    D  D │ E  A  E      E: a copy of D, and every entry that mapped D there
//   or its half unmapped         home │                   home │ home'           maps it: a page, and a walk over all entries
//
// That a split allocates and copies a page, and so can fail with ENOMEM where munmap() or mprotect() never did, is what the
// proposal was rejected for.

import {
  count_default_entry,
  DEFAULT_FIXED,
  DEFAULT_HELD,
  default_home,
  default_page,
  set_default_page,
} from "./default_page.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { alloc_page } from "./page_alloc.ts";
import { folio_put } from "./page_ref.ts";
import { mk_pte, PTE_ACCESSED, PTE_PRESENT, pte_flags, pte_pfn, walk_ptes } from "./pgtable.ts";
import { folio_remove_rmap_pte, set_new_anon } from "./rmap.ts";

// A copy of the VMA's default page with one reference, which nobody maps yet; 0 when it has none, -1 when memory is used up.
export const copy_of_default_page = kernelFunction(
  "alloc_default_page",
  "mm/refpage.c",
  (k: Kernel, vma: number): number => {
    const pfn = default_page(k, vma);
    if (pfn < 0) return 0;
    const copy = alloc_page(k);
    if (copy >= 0) k.set(k.w.page.content, copy, k.w.page.content.data[pfn]);
    return copy;
  },
);

// fork: the child's VMA gets a default page of its own, which it holds itself until its home's entry is copied. False when
// memory is used up.
export const dup_default_page = kernelFunction(
  "dup_default_page",
  "mm/refpage.c",
  (k: Kernel, dst: number, src: number): boolean => {
    const copy = copy_of_default_page(k, src);
    if (copy < 0) return false;
    if (copy === 0) return true;
    set_new_anon(k, dst, default_home(k, src), copy, true);
    set_default_page(k, dst, copy, (k.w.vma.default_state.data[src] & DEFAULT_FIXED) | DEFAULT_HELD);
    return true;
  },
);

// The child's entry for one of the parent's that maps the default page: it maps the child's, as writable as the parent's was,
// for nobody shares it. mapcount + 1, refcount + 1 of the child's page.
export function copy_default_pte(k: Kernel, dst: number, vpn: number, dst_pte: number, entry: number): void {
  count_default_entry(k, dst, vpn);
  k.set(k.w.pte.entry, dst_pte, mk_pte(default_page(k, dst), pte_flags(entry) & ~PTE_ACCESSED));
}

// Two VMAs came of one that has a default page. The one with the home keeps it; the other gets the copy, whose home is the first
// of its entries that mapped the default page, or its first page: each such entry is changed, old page refcount - 1, mapcount - 1,
// copy + 1.
export const split_default_page = kernelFunction(
  "split_default_page",
  "mm/refpage.c",
  (k: Kernel, vma: number, made: number, copy: number) => {
    const { vma: v } = k.w;
    const old = default_page(k, vma);
    const state = v.default_state.data[vma];
    const home = default_home(k, vma);
    const made_has_home = v.start.data[made] <= home && home < v.end.data[made];
    const [keeper, other] = made_has_home ? [made, vma] : [vma, made];
    set_default_page(k, keeper, old, state);
    const rows = entries_of(k, other, old);
    set_new_anon(k, other, rows.length > 0 ? rows[0].vpn : v.start.data[other], copy, true);
    set_default_page(k, other, copy, DEFAULT_FIXED | DEFAULT_HELD);
    for (const { row, vpn, entry } of rows) {
      k.tick();
      count_default_entry(k, other, vpn);
      k.set(k.w.pte.entry, row, mk_pte(copy, pte_flags(entry)));
      folio_remove_rmap_pte(k, other, old);
      folio_put(k, old);
    }
  },
);

interface Entry {
  readonly row: number;
  readonly vpn: number;
  readonly entry: number;
}

function entries_of(k: Kernel, vma: number, pfn: number): Entry[] {
  const { mm, start, end } = k.w.vma;
  const found: Entry[] = [];
  walk_ptes(k, mm.data[vma] - 1, start.data[vma], end.data[vma], (row, vpn, entry) => {
    if ((entry & PTE_PRESENT) !== 0 && pte_pfn(entry) === pfn) found.push({ row, vpn, entry });
  });
  return found;
}
