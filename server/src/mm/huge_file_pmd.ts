// PMDs that map a folio of the page cache. Unlike an anonymous folio's such a PMD is never replaced by PTEs: it is cleared
// (huge_pmd_split.ts), and whoever touches the memory again faults. mm/memory.c; mm-semantics §2.3.

import { FAULT_FLAG_WRITE } from "./abi.ts";
import { add_mm_counter, mm_counter_file } from "./counters.ts";
import { VM_NOHUGEPAGE, VM_SHARED, VM_WRITE } from "./flags.ts";
import { folio_order } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { mlock_mapped_folio } from "./mlock_vma.ts";
import { vma_wants_writenotify } from "./mprotect.ts";
import { mk_pte, PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITE, pmd_offset, pte_prot } from "./pgtable.ts";
import { folio_add_file_rmap_pmd } from "./rmap.ts";

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
    if (k.model.mlockBatches) mlock_mapped_folio(k, vma, folio, k.hpageNr, true);
    k.set(k.w.pte.entry, pmd, mk_pte(folio, prot));
    return true;
  },
);
