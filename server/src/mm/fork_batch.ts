// fork's way with entries in a row that map a large folio: from 6.9 on they are copied as one. Before, each by itself; where
// they are alike in every bit that comes to the same, and is one here, too. mm/memory.c; mm-semantics §3.3.

import { mm_counter_file } from "./counters.ts";
import { VM_SHARED } from "./flags.ts";
import { folio_test_anon, PageAnonExclusive, page_folio } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { folio_maybe_dma_pinned, folio_ref_add, refuses_refs } from "./page_ref.ts";
import { mk_pte, PTE_ACCESSED, PTE_DIRTY, PTE_WRITE, pte_with } from "./pgtable.ts";
import { alike_ptes, clear_pte_bits, FPB_IGNORE_DIRTY, FPB_IGNORE_SOFT_DIRTY, folio_pte_batch } from "./pte_batch.ts";
import { folio_dup_anon_rmap_ptes, folio_dup_file_rmap_ptes } from "./rmap.ts";
import { vma_soft_dirty_enabled } from "./soft_dirty.ts";
import { is_cow_mapping } from "./vma.ts";

// The entries of pages in a row of a large folio as one: how many; 0 when one of them may be pinned, so that the first is
// to be copied by itself (EAGAIN); -1 when their references would be too many (ENOMEM). From 6.9 on the child's entries are all as dirty as the first.
// Mirrors copy_present_ptes() and __copy_present_ptes(), mm/memory.c, 6.12.
export function copy_present_ptes(
  k: Kernel,
  dst: number,
  src: number,
  page: number,
  { src_pte, dst_pte, max }: { readonly src_pte: number; readonly dst_pte: number; readonly max: number },
): number {
  const { vma, pte } = k.w;
  const folio = page_folio(k, page);
  const flags = vma.flags.data[src];
  const shared = (flags & VM_SHARED) !== 0;
  const ignored = (shared ? FPB_IGNORE_DIRTY : 0) | (vma_soft_dirty_enabled(k, src) ? 0 : FPB_IGNORE_SOFT_DIRTY);
  const nr = k.model.batchesPtes ? folio_pte_batch(k, src_pte, page, max, ignored) : alike_ptes(k, src_pte, page, max);
  if (folio_test_anon(k, folio)) {
    const asked = k.model.anonExclusive ? first_exclusive(k, page, nr) : page;
    if (k.model.forkCopiesPinned(k, vma.mm.data[src] - 1, asked)) return 0;
    if (refuses_refs(k, folio, nr)) return -1;
    folio_ref_add(k, folio, nr);
    folio_dup_anon_rmap_ptes(k, dst, page, nr);
  } else {
    // Up to 5.18 a file's pages may be copied, too, which the caller asks.
    if (k.model.forkCopiesPinnedCache && folio_maybe_dma_pinned(k, folio)) return 0;
    if (refuses_refs(k, folio, nr)) return -1;
    folio_ref_add(k, folio, nr);
    folio_dup_file_rmap_ptes(k, dst, page, nr);
  }
  const cow = is_cow_mapping(flags);
  if (cow) clear_pte_bits(k, src_pte, nr, PTE_WRITE);
  const old = PTE_ACCESSED | (shared ? PTE_DIRTY : 0);
  let writable = 0;
  for (let i = 0; i < nr; i++) writable |= pte.entry.data[src_pte + i] & PTE_WRITE;
  const entry = pte_with(pte.entry.data[src_pte], writable, old);
  k.setRun(pte.entry, dst_pte, nr, entry, mk_pte(1, 0));
  return nr;
}

// The first page that is exclusive, or the first where none is.
function first_exclusive(k: Kernel, page: number, nr: number): number {
  for (let at = page; at < page + nr; at++) if (PageAnonExclusive(k, at)) return at;
  return page;
}

export function rss_name(k: Kernel, folio: number): "anon" | "shmem" | "file" {
  if (folio_test_anon(k, folio)) return "anon";
  return mm_counter_file(k, folio) === k.w.mm.rss_shmem ? "shmem" : "file";
}
