// PMDs that map a folio of the page cache: how they come to be, and how they go. Unlike an anonymous folio's such a PMD is
// never replaced by PTEs: it is cleared, and whoever touches the memory again faults. mm/memory.c, mm/huge_memory.c;
// mm-semantics §5.8.

import { FAULT_FLAG_WRITE } from "./abi.ts";
import { add_mm_counter, mm_counter_file } from "./counters.ts";
import { PG_dirty, PG_referenced, VM_LOCKED, VM_NOHUGEPAGE, VM_SHARED, VM_WRITE } from "./flags.ts";
import { folio_order } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mark_accessed, mlock_folio, vma_locks } from "./lru.ts";
import { vma_wants_writenotify } from "./mprotect.ts";
import { folio_put } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pmd_offset,
  pmd_trans_huge,
  pte_pfn,
  pte_prot,
} from "./pgtable.ts";
import { folio_add_file_rmap_pmd, folio_remove_rmap_pmd } from "./rmap.ts";
import { migration_entry_pfn } from "./swapops.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

// Whether a PMD may map the file's folio around the page: page offsets and addresses are aligned alike, and all of the
// PMD's range lies in the VMA. Mirrors thp_vma_suitable_order(), include/linux/huge_mm.h, 6.12 (transhuge_vma_suitable()
// before 6.8), of a VMA with a file.
export function file_thp_suitable(k: Kernel, vma: number, vpn: number): boolean {
  const { start, end, pgoff } = k.w.vma;
  const first = vpn - (vpn % k.hpageNr);
  if ((start.data[vma] - pgoff.data[vma]) % k.hpageNr !== 0) return false;
  return first >= start.data[vma] && first + k.hpageNr <= end.data[vma];
}

// Maps the folio, to which the caller holds the reference that the mapping takes over, by the PMD that serves the page.
// entire mapcount + 1, rss + HPAGE_PMD_NR. No page table waits under it (x86, arm64). False where PTEs have to do.
// Mirrors do_set_pmd(), mm/memory.c, 6.12.
export const do_set_pmd = kernelFunction(
  "do_set_pmd",
  "mm/memory.c",
  (k: Kernel, vma: number, vpn: number, folio: number, flags: number): boolean => {
    const vmaFlags = k.w.vma.flags.data[vma];
    const mm = k.w.vma.mm.data[vma] - 1;
    if (vmaFlags & VM_NOHUGEPAGE && k.model.pmdMapAsksVma) return false;
    if (!file_thp_suitable(k, vma, vpn) || folio_order(k, folio) !== k.hpageOrder) return false;
    const pmd = pmd_offset(k, mm, vpn);
    if (k.w.pte.entry.data[pmd] !== 0) return false;
    const shared = VM_SHARED | VM_WRITE;
    let prot = pte_prot(vmaFlags);
    if ((vmaFlags & shared) === shared && !vma_wants_writenotify(k, vma)) prot |= PTE_WRITE;
    if (flags & FAULT_FLAG_WRITE) prot |= PTE_DIRTY | PTE_SOFT_DIRTY | (vmaFlags & VM_WRITE ? PTE_WRITE : 0);
    add_mm_counter(k, mm, mm_counter_file(k, folio), k.hpageNr);
    folio_add_file_rmap_pmd(k, vma, folio);
    if (k.model.pmdMapLocksFile && vmaFlags & VM_LOCKED && k.model.mlockBatches && vma_locks(k, vma)) {
      mlock_folio(k, folio);
    }
    k.set(k.w.pte.entry, pmd, mk_pte(folio, prot));
    return true;
  },
);

// A part of what the PMD maps shall be mapped otherwise, or not at all: the PMD is cleared. entire mapcount - 1, references - 1,
// rss - HPAGE_PMD_NR; its dirty and accessed bits go to the folio. Mirrors the part of __split_huge_pmd_locked(),
// mm/huge_memory.c, 6.12, for VMAs that are not anonymous.
export function split_huge_file_pmd(k: Kernel, vma: number, pmd: number): void {
  const { flags } = k.w.page;
  const entry = k.w.pte.entry.data[pmd];
  clear_file_pmd(k, vma, pmd, entry, (folio) => {
    if ((flags.data[folio] & PG_dirty) === 0 && entry & PTE_DIRTY) folio_mark_dirty(k, folio);
    if (entry & PTE_ACCESSED) k.set(flags, folio, flags.data[folio] | PG_referenced);
  });
}

// The PMD goes with all that it maps: munmap, exit, MADV_DONTNEED, truncation. The same counts.
// Mirrors the part of zap_huge_pmd(), mm/huge_memory.c, 6.12, for folios of the page cache.
export function zap_huge_file_pmd(k: Kernel, vma: number, pmd: number): void {
  const entry = k.w.pte.entry.data[pmd];
  clear_file_pmd(k, vma, pmd, entry, (folio) => {
    // Up to 6.12 the dirty bit is lost here, but only folios of shmem come so far there, which are dirty.
    if (entry & PTE_DIRTY) folio_mark_dirty(k, folio);
    if (k.model.zapMarksHugeAccessed && entry & PTE_ACCESSED) folio_mark_accessed(k, folio);
  });
}

function clear_file_pmd(k: Kernel, vma: number, pmd: number, entry: number, tell: (folio: number) => void): void {
  const mm = k.w.vma.mm.data[vma] - 1;
  k.set(k.w.pte.entry, pmd, 0);
  if (!pmd_trans_huge(entry)) {
    const folio = migration_entry_pfn(entry);
    add_mm_counter(k, mm, mm_counter_file(k, folio), -k.hpageNr);
    return;
  }
  const folio = pte_pfn(entry);
  tell(folio);
  folio_remove_rmap_pmd(k, vma, folio);
  add_mm_counter(k, mm, mm_counter_file(k, folio), -k.hpageNr);
  folio_put(k, folio);
}
