// fork's way with entries that are not present. mm/memory.c; mm-semantics §3.5.

import { mm_counter } from "./counters.ts";
import { folio_test_anon, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { pte_with } from "./pgtable.ts";
import { swap_duplicate } from "./swap_slots.ts";
import {
  is_migration_entry,
  is_swap_entry,
  migration_entry_pfn,
  PTE_SWP_EXCLUSIVE,
  PTE_SWP_WRITE,
  swp_offset,
} from "./swapops.ts";

// What an entry adds to the child's rss.
export type NonpresentCount = "swap" | "file" | "anon" | "shmem" | undefined;

// The child's entry. A swap entry: one more user of the slot, and neither entry is exclusive any more. A migration entry
// of a COW mapping: both become read entries. Markers are copied.
// Mirrors copy_nonpresent_pte(), mm/memory.c, 6.12.
export const copy_nonpresent_pte = kernelFunction(
  "copy_nonpresent_pte",
  "mm/memory.c",
  (k: Kernel, dst_pte: number, src_pte: number, cow: boolean): NonpresentCount => {
    const { entry } = k.w.pte;
    const old = entry.data[src_pte];
    let counted: NonpresentCount;
    let copy = old;
    if (is_swap_entry(old)) {
      swap_duplicate(k, swp_offset(old));
      copy = pte_with(old, 0, PTE_SWP_EXCLUSIVE);
      counted = "swap";
    } else if (is_migration_entry(old)) {
      const folio = page_folio(k, migration_entry_pfn(old));
      if (cow) copy = pte_with(old, 0, PTE_SWP_EXCLUSIVE | PTE_SWP_WRITE);
      const shmem = mm_counter(k, folio) === k.w.mm.rss_shmem;
      counted = folio_test_anon(k, folio) ? "anon" : shmem ? "shmem" : "file";
    }
    k.set(entry, src_pte, copy);
    k.set(entry, dst_pte, copy);
    return counted;
  },
);
