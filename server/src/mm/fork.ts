// fork: a child that shares the parent's pages until somebody writes. kernel/fork.c, mm/memory.c; mm-semantics §3.

import { type Errno, isErrno } from "./abi.ts";
import { add_mm_counter } from "./counters.ts";
import { default_page } from "./default_page.ts";
import { copy_default_pte, dup_default_page } from "./default_page_dup.ts";
import {
  VM_COPY_ON_FORK,
  VM_DONTCOPY,
  VM_HUGETLB,
  VM_LOCKED,
  VM_PFNMAP,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "./flags.ts";
import { folio_test_anon, folio_test_large, page_folio } from "./folio.ts";
import { copy_present_ptes, rss_name } from "./fork_batch.ts";
import { copy_huge_pmd } from "./fork_huge.ts";
import { copy_nonpresent_pte } from "./fork_nonpresent.ts";
import { condition, kernelFunction } from "./frames.ts";
import { copy_hugetlb_page_range } from "./hugetlb_fork.ts";
import type { Kernel } from "./kernel.ts";
import { ksm_fork } from "./ksm.ts";
import { folio_add_lru_vma } from "./lru.ts";
import { counts_mapping, vm_normal_page } from "./normal_page.ts";
import { alloc_page } from "./page_alloc.ts";
import { folio_get, refuses_refs } from "./page_ref.ts";
import {
  mk_pte,
  next_table,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pmd_alloc,
  pmd_offset,
  pte_alloc,
  pte_offset,
  pte_pfn,
  pte_prot,
  pte_with,
  pud_alloc,
  slot_offset,
} from "./pgtable.ts";
import { anon_vma_fork, folio_add_new_anon_rmap, folio_dup_anon_rmap_pte, folio_dup_file_rmap_pte } from "./rmap.ts";
import { mm_alloc, mmput, task_of } from "./tasks.ts";
import { is_cow_mapping, vma_fields, vma_link } from "./vma.ts";

const FIRST_IS_COPIED = condition("vm_normal_folio(vma, vma->vm_start, pte)", "pfn");
const NEEDS_COPY = condition("src_vma->anon_vma || src_vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)", "anon_vma");

// A child with a copy of the address space. Mirrors kernel_clone() without CLONE_VM.
export const sys_fork = kernelFunction(
  "kernel_clone",
  "kernel/fork.c",
  (k: Kernel, task: number, name: string): number | Errno => {
    const mm = dup_mm(k, k.w.task.mm.data[task] - 1);
    return isErrno(mm) ? mm : task_of(k, name, mm, task);
  },
);

// A child in the parent's own address space: vfork, and clone with CLONE_VM.
export const sys_clone = kernelFunction(
  "kernel_clone",
  "kernel/fork.c",
  (k: Kernel, task: number, name: string, vm: boolean): number | Errno => {
    const parent = k.w.task.mm.data[task] - 1;
    const mm = vm ? parent : dup_mm(k, parent);
    if (isErrno(mm)) return mm;
    if (vm) k.add(k.w.mm.users, mm, 1);
    return task_of(k, name, mm, task);
  },
);

export function sys_vfork(k: Kernel, task: number, name: string): number | Errno {
  const child = sys_clone(k, task, name, true);
  if (typeof child === "number") k.set(k.w.task.vfork, child, 1);
  return child;
}

// ENOMEM when memory is used up: the child is undone, what the parent lost (write bits, exclusive flags) stays lost.
// Mirrors dup_mm(), kernel/fork.c.
const dup_mm = kernelFunction("dup_mm", "kernel/fork.c", (k: Kernel, parent: number): number | Errno => {
  const mm = mm_alloc(k);
  if (mm < 0) return "ENOMEM";
  k.set(k.w.mm.start_brk, mm, k.w.mm.start_brk.data[parent]);
  k.set(k.w.mm.brk, mm, k.w.mm.brk.data[parent]);
  const error = dup_mmap(k, mm, parent);
  if (error === 0) return mm;
  mmput(k, mm);
  return error;
});

// Copies the VMAs, ascending. Mirrors dup_mmap(), kernel/fork.c (mm/mmap.c from 6.14).
const dup_mmap = kernelFunction("dup_mmap", "kernel/fork.c", (k: Kernel, mm: number, parent: number): 0 | Errno => {
  ksm_fork(k, mm, parent);
  for (const source of [...k.vmas.of(parent)]) {
    const fields = vma_fields(k, source);
    if (fields.flags & VM_DONTCOPY) continue;
    const wiped = (fields.flags & VM_WIPEONFORK) !== 0;
    const anon = wiped ? { anon_vma: 0, anon_vma_chain: 0 } : anon_vma_fork(k, source);
    // hugetlb_dup_vma_private(): what was reserved for a private mapping is the parent's alone.
    const reserved = { resv_map: 0, resv_flags: 0 };
    const vma = vma_link(k, { ...fields, mm, flags: fields.flags & ~VM_LOCKED, ...anon, ...reserved });
    const error = wiped ? 0 : copy_page_range(k, vma, source);
    if (error !== 0) return error;
  }
  return 0;
});

// Copies the page tables where the child could not fault the pages in again.
// Mirrors copy_page_range() with vma_needs_copy(), mm/memory.c, 6.12 (one function before 5.19).
const copy_page_range = kernelFunction(
  "copy_page_range",
  "mm/memory.c",
  (k: Kernel, dst: number, src: number): 0 | Errno => {
    const { vma } = k.w;
    const flags = vma.flags.data[src];
    const always = VM_COPY_ON_FORK | (k.model.forkCopiesHugetlb ? VM_HUGETLB : 0);
    const needed = vma.anon_vma.data[src] !== 0 || (flags & always) !== 0;
    if (!k.decide(NEEDS_COPY, vma.anon_vma.data[src], needed)) return 0;
    if (flags & VM_HUGETLB) return copy_hugetlb_page_range(k, dst, src);
    if (flags & VM_PFNMAP && !track_pfn_copy(k, src)) return "EINVAL";
    if (!dup_default_page(k, dst, src)) return "ENOMEM";
    const perTable = 2 ** k.geometry.bits[0];
    const end = vma.end.data[src];
    for (let start = vma.start.data[src]; start < end; ) {
      const stop = Math.min(end, (Math.floor(start / perTable) + 1) * perTable);
      const parent = vma.mm.data[src] - 1;
      if (!copy_tables(k, vma.mm.data[dst] - 1, parent, start)) return "ENOMEM";
      if (pte_offset(k, parent, start) < 0) {
        const pmd = pmd_offset(k, parent, start);
        const huge = pmd < 0 || k.w.pte.entry.data[pmd] === 0 ? "none" : copy_huge_pmd(k, dst, src, start, pmd);
        if (huge === "ENOMEM") return "ENOMEM";
        if (huge !== "EAGAIN") {
          start = huge === "done" ? stop : next_table(k, parent, start, end);
          continue;
        }
      }
      if (!copy_pte_range(k, dst, src, start, stop)) return "ENOMEM";
      start = stop;
    }
    return 0;
  },
);

// Whether the child's mapping gets the cache mode of the parent's, which x86 kernels read off the first entry of a PFN
// mapping until 6.16. A private copy there cannot tell it; whose frame was once taken for the device's (mm-semantics §13 #25).
// Mirrors track_pfn_copy() with get_pat_info(), arch/x86/mm/pat/memtype.c, 6.12.
const track_pfn_copy = kernelFunction(
  "track_pfn_copy",
  "arch/x86/mm/pat/memtype.c",
  (k: Kernel, src: number): boolean => {
    if (k.model.forkOfCopiedPfnmap === "copies" || !k.machine.arch.startsWith("x86")) return true;
    const pte = pte_offset(k, k.w.vma.mm.data[src] - 1, k.w.vma.start.data[src]);
    const entry = pte < 0 ? 0 : k.w.pte.entry.data[pte];
    if ((entry & PTE_PRESENT) === 0) return false;
    const copied = vm_normal_page(k, src, entry) !== undefined;
    return !k.decide(FIRST_IS_COPIED, pte_pfn(entry), copied) || k.model.forkOfCopiedPfnmap === "mistakes the frame";
  },
);

// The child gets every table above the PTE table that the parent has there, with or without entries to copy below.
// Mirrors copy_p4d_range() to copy_pmd_range(), mm/memory.c. False when memory is used up.
function copy_tables(k: Kernel, child: number, parent: number, vpn: number): boolean {
  if (slot_offset(k, parent, vpn, 1) >= 0) return pmd_alloc(k, child, vpn);
  return k.geometry.bits.length < 4 || slot_offset(k, parent, vpn, 2) < 0 || pud_alloc(k, child, vpn);
}

// Copies one table's entries in [start, end): counters per entry, the child's rss at the end.
// Mirrors copy_pte_range() and copy_present_ptes(), mm/memory.c, 6.12.
const copy_pte_range = kernelFunction(
  "copy_pte_range",
  "mm/memory.c",
  (k: Kernel, dst: number, src: number, start: number, end: number): boolean => {
    const { vma, mm } = k.w;
    const parent = vma.mm.data[src] - 1;
    const child = vma.mm.data[dst] - 1;
    const cow = is_cow_mapping(vma.flags.data[src]);
    const shared = (vma.flags.data[src] & VM_SHARED) !== 0;
    const anon_vma = vma.anon_vma.data[dst] !== 0;
    const rss = { file: 0, anon: 0, shmem: 0, swap: 0 };
    const standing = default_page(k, src);
    let dst_pte = pte_alloc(k, child, start);
    let src_pte = pte_offset(k, parent, start);
    let complete = dst_pte >= 0;
    for (let vpn = start; complete && vpn < end; vpn++, src_pte++, dst_pte++) {
      let entry = k.w.pte.entry.data[src_pte];
      if (entry === 0) continue;
      if ((entry & PTE_PRESENT) === 0) {
        const counted = copy_nonpresent_pte(k, dst_pte, src_pte, cow);
        if (counted) rss[counted]++;
        continue;
      }
      const pfn = vm_normal_page(k, src, entry);
      const folio = pfn === undefined ? -1 : page_folio(k, pfn);
      if (pfn === standing) {
        copy_default_pte(k, dst, vpn, dst_pte, entry);
        rss.anon++;
        continue;
      }
      if (pfn !== undefined && folio_test_large(k, folio)) {
        const nr = copy_present_ptes(k, dst, src, pfn, { src_pte, dst_pte, max: end - vpn });
        complete = nr >= 0;
        if (!complete) break;
        if (nr > 0) {
          rss[rss_name(k, folio)] += nr;
          vpn += nr - 1;
          src_pte += nr - 1;
          dst_pte += nr - 1;
          continue;
        }
      }
      if (pfn !== undefined && folio_test_anon(k, folio)) {
        if (cow && k.model.forkCopiesPinned(k, parent, pfn)) {
          complete = copy_present_page(k, dst, vpn, dst_pte, pfn);
          if (complete) rss.anon++;
          continue;
        }
        complete = !refuses_refs(k, folio, 1);
        if (!complete) break;
        folio_get(k, folio);
        folio_dup_anon_rmap_pte(k, dst, pfn);
        rss.anon++;
      } else if (pfn !== undefined) {
        if (k.model.forkCopiesPinnedCache && cow && anon_vma && k.model.forkCopiesPinned(k, parent, pfn)) {
          complete = copy_present_page(k, dst, vpn, dst_pte, pfn);
          if (complete) rss.anon++;
          continue;
        }
        complete = !refuses_refs(k, folio, 1);
        if (!complete) break;
        folio_get(k, folio);
        if (counts_mapping(k, src, folio)) folio_dup_file_rmap_pte(k, dst, pfn);
        rss[rss_name(k, folio)]++;
      }
      if (cow && entry & PTE_WRITE) {
        entry = pte_with(entry, 0, PTE_WRITE);
        k.set(k.w.pte.entry, src_pte, entry);
      }
      k.set(k.w.pte.entry, dst_pte, pte_with(entry, 0, PTE_ACCESSED | (shared ? PTE_DIRTY : 0)));
    }
    add_mm_counter(k, child, mm.rss_file, rss.file);
    add_mm_counter(k, child, mm.rss_anon, rss.anon);
    add_mm_counter(k, child, mm.rss_shmem, rss.shmem);
    add_mm_counter(k, child, mm.rss_swap, rss.swap);
    return complete;
  },
);

// The child's own copy of a page that the parent may have pinned: refcount 1, mapcount 1, exclusive (from 5.19),
// writable. The parent's page and entry stay as they are. False when memory is used up.
// Mirrors copy_present_page(), mm/memory.c, 6.12.
const copy_present_page = kernelFunction(
  "copy_present_page",
  "mm/memory.c",
  (k: Kernel, dst: number, vpn: number, dst_pte: number, pfn: number): boolean => {
    const copy = alloc_page(k);
    if (copy < 0) return false;
    const { page, vma } = k.w;
    const flags = vma.flags.data[dst];
    k.set(page.content, copy, page.content.data[pfn]);
    folio_add_new_anon_rmap(k, dst, vpn, copy, true);
    folio_add_lru_vma(k, copy, dst);
    const write = flags & VM_WRITE ? PTE_WRITE : 0;
    k.set(k.w.pte.entry, dst_pte, mk_pte(copy, pte_prot(flags) | PTE_DIRTY | PTE_SOFT_DIRTY | write));
    return true;
  },
);
