// A PMD that maps a folio becomes PTEs of its pages. The folio stays large; this never fails. mm/huge_memory.c;
// mm-semantics §5.8.
//
//   anonymous             PTEs for all pages: as many references and mappings as there are pages, in place of one
//   the huge zero folio   PTEs of the zero page
//   a file's              nothing: whoever touches the pages again faults them in

import { add_mm_counter, mm_counter_file } from "./counters.ts";
import { PG_anon_exclusive, PG_dirty, PG_referenced, VM_HUGETLB, VM_WRITE } from "./flags.ts";
import { is_huge_zero_folio, PageAnonExclusive, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { migration_kind } from "./migration_kind.ts";
import { mlocked_pmd_splits } from "./mlock_vma.ts";
import { ZERO_PFN } from "./page_alloc.ts";
import { folio_put, folio_ref_add } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_WRITE,
  pgtable_trans_huge_withdraw,
  pmd_none_or_table,
  pmd_offset,
  pmd_populate,
  pte_flags,
  pte_pfn,
  pte_prot,
  pte_with,
} from "./pgtable.ts";
import { folio_remove_rmap_pmd, folio_try_share_anon_rmap_pmd } from "./rmap.ts";
import { split_pmd_rmap } from "./rmap_large.ts";
import { vm_soft_dirty } from "./soft_dirty.ts";
import { is_migration_entry, migration_entry, migration_entry_pfn } from "./swapops.ts";
import { clamped_page } from "./user_range.ts";
import { folio_mark_dirty } from "./vm_ops.ts";
import { vma_is_anonymous } from "./vma.ts";

// What splits the entry of one folio alone, for somebody who wants migration entries in its place (TTU_SPLIT_HUGE_PMD).
export interface Freeze {
  // The folio's head.
  readonly folio: number;
  // Migration entries instead of PTEs, unless the folio may be pinned.
  readonly freeze: boolean;
}

// Splits what stands in the PMD of the VMA, if it is a huge entry, or stands for one that migrates.
// Mirrors __split_huge_pmd() and split_huge_pmd_locked(), mm/huge_memory.c, 6.12.
export function __split_huge_pmd(k: Kernel, vma: number, pmd: number, only?: Freeze): void {
  split(k, vma, pmd, only);
}

const split = kernelFunction(
  "__split_huge_pmd",
  "mm/huge_memory.c",
  (k: Kernel, vma: number, pmd: number, only: Freeze | undefined) => {
    const entry = k.w.pte.entry.data[pmd];
    if (pmd_none_or_table(entry)) return;
    if (only && (is_migration_entry(entry) || pte_pfn(entry) !== only.folio)) return;
    __split_huge_pmd_locked(k, vma, pmd, only?.freeze ?? false);
  },
);

// The same for the PMD that serves the page, if there is one. Mirrors split_huge_pmd_address(), mm/huge_memory.c, 6.12.
function split_huge_pmd_address(k: Kernel, vma: number, vpn: number): void {
  const pmd = pmd_offset(k, k.w.vma.mm.data[vma] - 1, vpn);
  if (pmd >= 0 && !pmd_none_or_table(k.w.pte.entry.data[pmd])) __split_huge_pmd(k, vma, pmd);
}

// The operation: the PMD that maps the address becomes PTEs, as by whatever makes the kernel do that.
export function split_pmd(k: Kernel, task: number, addr: bigint): void {
  const vpn = clamped_page(k, addr);
  const vma = k.vmas.lookup(k.w.task.mm.data[task] - 1, vpn);
  // Huge pages of hugetlb are never split.
  if (vma >= 0 && (k.w.vma.flags.data[vma] & VM_HUGETLB) === 0) split_huge_pmd_address(k, vma, vpn);
}

// The VMA is about to begin or end at the page: a huge entry that lies on both sides of it is split.
// Mirrors vma_adjust_trans_huge() with split_huge_pmd_if_needed(), mm/huge_memory.c, 6.12.
export const vma_adjust_trans_huge = kernelFunction(
  "vma_adjust_trans_huge",
  "mm/huge_memory.c",
  (k: Kernel, vma: number, at: number) => {
    const { start, end } = k.w.vma;
    const first = at - (at % k.hpageNr);
    if (first === at || first < start.data[vma] || first + k.hpageNr > end.data[vma]) return;
    split_huge_pmd_address(k, vma, at);
  },
);

const __split_huge_pmd_locked = kernelFunction(
  "__split_huge_pmd_locked",
  "mm/huge_memory.c",
  (k: Kernel, vma: number, pmd: number, freeze: boolean) => {
    const entry = k.w.pte.entry.data[pmd];
    if (!vma_is_anonymous(k, vma)) unmap_file_pmd(k, vma, pmd, entry);
    else if (is_migration_entry(entry)) split_migration_pmd(k, pmd, entry);
    else if (is_huge_zero_folio(k, pte_pfn(entry))) __split_huge_zero_page_pmd(k, vma, pmd);
    else split_anon_pmd(k, vma, pmd, entry, freeze);
  },
);

// refcount + (pages - 1); each page mapped once more by a PTE, the whole once less. The head's exclusive flag goes to all
// pages. With freeze, migration entries instead, and the PMD's reference and mapping go.
function split_anon_pmd(k: Kernel, vma: number, pmd: number, old: number, freeze: boolean): void {
  const { page } = k.w;
  const folio = pte_pfn(old);
  if (old & PTE_DIRTY) k.set(page.flags, folio, page.flags.data[folio] | PG_dirty);
  const exclusive = PageAnonExclusive(k, folio);
  const froze = freeze && (!exclusive || folio_try_share_anon_rmap_pmd(k, folio));
  if (froze) {
    const used = k.model.migrationKeepsAccessed ? PTE_ACCESSED | PTE_DIRTY : 0;
    const kind = migration_kind(k, old, exclusive, true);
    fill_table(k, pmd, pte_with(migration_entry(folio, kind), old & (PTE_SOFT_DIRTY | used)));
    folio_remove_rmap_pmd(k, vma, folio);
    folio_put(k, folio);
    return;
  }
  folio_ref_add(k, folio, k.hpageNr - 1);
  if (exclusive) share_out_exclusive(k, folio);
  fill_table(k, pmd, mk_pte(folio, split_bits(k, vma, old)));
  split_pmd_rmap(k, folio, vma);
  mlocked_pmd_splits(k, vma, folio);
}

function share_out_exclusive(k: Kernel, folio: number): void {
  // The tails' rows have no other flag.
  k.setRun(k.w.page.flags, folio + 1, k.hpageNr - 1, PG_anon_exclusive);
}

// The PTEs' bits: rights as the VMA's fresh entries have them now, written to and used as the PMD was. Up to 6.1 PTEs
// begin clean, as the folio itself is dirty now. A PTE made dirty is soft-dirty as well on x86 (pte_mkdirty()).
function split_bits(k: Kernel, vma: number, old: number): number {
  const flags = k.w.vma.flags.data[vma];
  const kept = old & (PTE_ACCESSED | PTE_SOFT_DIRTY | (flags & VM_WRITE ? PTE_WRITE : 0));
  const dirty = k.model.splitKeepsDirty && old & PTE_DIRTY ? PTE_DIRTY | (vm_soft_dirty(k) ? PTE_SOFT_DIRTY : 0) : 0;
  return (pte_prot(flags) & ~PTE_ACCESSED) | kept | dirty;
}

// Migration entries of the pages, of the same kind: nothing is counted.
function split_migration_pmd(k: Kernel, pmd: number, old: number): void {
  fill_table(k, pmd, old);
}

// The zero page, read-only, for each page; the rights are the VMA's. No counter changes.
// Mirrors __split_huge_zero_page_pmd(), mm/huge_memory.c, 6.12.
const __split_huge_zero_page_pmd = kernelFunction(
  "__split_huge_zero_page_pmd",
  "mm/huge_memory.c",
  (k: Kernel, vma: number, pmd: number) => {
    const table = pgtable_trans_huge_withdraw(k, pmd);
    const entry = mk_pte(ZERO_PFN, pte_prot(k.w.vma.flags.data[vma]) | PTE_SPECIAL);
    k.setRun(k.w.pte.entry, table * k.geometry.stride, k.hpageNr, entry);
    pmd_populate(k, pmd, table);
  },
);

// The table that waited takes the PMD's place; its entries name the folio's pages one after the other.
function fill_table(k: Kernel, pmd: number, first: number): void {
  const table = pgtable_trans_huge_withdraw(k, pmd);
  k.setRun(k.w.pte.entry, table * k.geometry.stride, k.hpageNr, first, mk_pte(1, 0));
  pmd_populate(k, pmd, table);
}

// A file's folio loses the mapping, a reference and rss; what the entry knew of its use goes to the folio.
function unmap_file_pmd(k: Kernel, vma: number, pmd: number, old: number): void {
  const { page } = k.w;
  const owner = k.w.vma.mm.data[vma] - 1;
  k.set(k.w.pte.entry, pmd, 0);
  const present = (pte_flags(old) & PTE_PRESENT) !== 0;
  const folio = page_folio(k, present ? pte_pfn(old) : migration_entry_pfn(old));
  if (present && is_huge_zero_folio(k, folio)) return;
  if (present) {
    if (old & PTE_DIRTY) folio_mark_dirty(k, folio);
    if (old & PTE_ACCESSED) k.set(page.flags, folio, page.flags.data[folio] | PG_referenced);
    folio_remove_rmap_pmd(k, vma, folio);
    mlocked_pmd_splits(k, vma, folio);
  }
  add_mm_counter(k, owner, mm_counter_file(k, folio), -k.hpageNr);
  if (present) folio_put(k, folio);
}
