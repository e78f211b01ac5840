// Guard regions: ranges whose every touch is a SIGSEGV, without a VMA of their own. mm/madvise.c, 6.13; mm-semantics §5.5.
//
// Each page of the range gets a marker in its entry. MADV_DONTNEED and truncation leave it there, fork copies it, mremap
// moves it, munmap drops it, and a fault on it is fatal: GUP gets EFAULT.

import type { Errno } from "./abi.ts";
import { VM_HUGETLB, VM_LOCKED, VM_MAYBE_GUARD, VM_SPECIAL } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { pte_alloc, walk_ptes } from "./pgtable.ts";
import { refused } from "./refused.ts";
import { anon_vma_prepare } from "./rmap.ts";
import { is_guard_marker, MARKER_GUARD, make_pte_marker } from "./swapops.ts";
import { vma_is_anonymous } from "./vma.ts";
import { ZAP_EVEN_COWS, zap_page_range_single } from "./zap.ts";

const NOT_FOR_INSTALL = condition("vma->vm_flags & (VM_SPECIAL | VM_HUGETLB | VM_LOCKED)", "vm_flags");
const NOT_FOR_REMOVE = condition("vma->vm_flags & (VM_SPECIAL | VM_HUGETLB)", "vm_flags");

const IS_POPULATED = condition("!pte_none(pte) && !is_guard_pte_marker(pte)", "populated");

// MADV_GUARD_INSTALL. What the range maps goes, unless the mapping is locked, and a marker stands in each entry; the page
// tables for them are allocated. Mirrors madvise_guard_install(), mm/madvise.c, 6.15 and 7.2.
export const madvise_guard_install = kernelFunction(
  "madvise_guard_install",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number): 0 | Errno => {
    const { flags } = k.w.vma;
    if (!is_valid_guard_vma(flags.data[vma], false)) return refused(k, NOT_FOR_INSTALL, flags.data[vma]);
    if (k.model.guardMarksVma) k.set(flags, vma, flags.data[vma] | VM_MAYBE_GUARD);
    // Fork copies page tables only where it has a reason to.
    if (vma_is_anonymous(k, vma) || !k.model.guardMarksVma) anon_vma_prepare(k, vma);
    for (;;) {
      const installed = install_markers(k, k.w.vma.mm.data[vma] - 1, start, end);
      if (installed !== "populated") return installed;
      zap_page_range_single(k, vma, start, end, ZAP_EVEN_COWS);
    }
  },
);

// MADV_GUARD_REMOVE: the markers go, locked or not, and nothing else. Mirrors madvise_guard_remove(), mm/madvise.c, 7.2.
export const madvise_guard_remove = kernelFunction(
  "madvise_guard_remove",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number): 0 | Errno => {
    if (!is_valid_guard_vma(k.w.vma.flags.data[vma], true)) return refused(k, NOT_FOR_REMOVE, k.w.vma.flags.data[vma]);
    walk_ptes(k, k.w.vma.mm.data[vma] - 1, start, end, (pte, _vpn, entry) => {
      if (is_guard_marker(entry)) k.set(k.w.pte.entry, pte, 0);
    });
    return 0;
  },
);

// Installing would have to take locked pages away; removing takes nothing. Mappings of files may have guards since 6.15
// (272f37d3e99a). Mirrors is_valid_guard_vma(), mm/madvise.c, 6.15.
function is_valid_guard_vma(flags: number, allowLocked: boolean): boolean {
  return (flags & (VM_SPECIAL | VM_HUGETLB | (allowLocked ? 0 : VM_LOCKED))) === 0;
}

// Markers from the start of the range up to the first entry that is in use.
// Mirrors walk_page_range_mm() with guard_install_pte_entry() and guard_install_set_pte(), 7.2.
function install_markers(k: Kernel, mm: number, start: number, end: number): 0 | Errno | "populated" {
  const perTable = 2 ** k.geometry.bits[0];
  for (let vpn = start; vpn < end; ) {
    const stop = Math.min(end, (Math.floor(vpn / perTable) + 1) * perTable);
    let pte = pte_alloc(k, mm, vpn);
    if (pte < 0) return "ENOMEM";
    for (; vpn < stop; vpn++, pte++) {
      k.tick();
      const entry = k.w.pte.entry.data[pte];
      if (is_guard_marker(entry)) continue;
      if (entry !== 0) {
        k.decide(IS_POPULATED, entry, true);
        return "populated";
      }
      k.set(k.w.pte.entry, pte, make_pte_marker(MARKER_GUARD));
    }
  }
  return 0;
}
