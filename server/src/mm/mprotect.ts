// mprotect: other rights for a range, in the VMAs and in the entries that exist. mm/mprotect.c; mm-semantics §5.3.

import type { Errno } from "./abi.ts";
import {
  VM_ACCESS_FLAGS,
  VM_ACCOUNT,
  VM_HUGETLB,
  VM_LOCKED,
  VM_NORESERVE,
  VM_SHARED,
  VM_SOFTDIRTY,
  VM_WRITE,
} from "./flags.ts";
import { folio_test_anon, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { populate_vma_page_range } from "./gup.ts";
import { __split_huge_pmd } from "./huge_pmd_split.ts";
import { hugetlb_change_protection } from "./hugetlb_vma.ts";
import type { Kernel } from "./kernel.ts";
import { calc_vm_prot_bits } from "./mmap.ts";
import { vm_normal_page } from "./normal_page.ts";
import { PTE_DIRTY, PTE_PRESENT, PTE_PROTNONE, PTE_SOFT_DIRTY, PTE_WRITE, pte_with, walk_ptes } from "./pgtable.ts";
import { mprotect_pte_batch } from "./pte_batch.ts";
import { unaligned } from "./refused.ts";
import { pte_needs_soft_dirty_wp, vma_soft_dirty_enabled } from "./soft_dirty.ts";
import { is_migration_entry, migration_entry_pfn, PTE_SWP_EXCLUSIVE, PTE_SWP_WRITE } from "./swapops.ts";
import { clamped_page, PAGE_ALIGN, U64 } from "./user_range.ts";
import { vm_ops } from "./vm_ops.ts";
import { vma_is_anonymous } from "./vma.ts";
import { vma_modify_flags } from "./vma_merge.ts";

// mprotect(2). A hole ends it with ENOMEM; what lies before the hole has changed. Mirrors do_mprotect_pkey(),
// mm/mprotect.c, 6.12.
export const sys_mprotect = kernelFunction(
  "do_mprotect_pkey",
  "mm/mprotect.c",
  (k: Kernel, task: number, addr: bigint, length: bigint, prot: number): 0 | Errno => {
    const { vma: v } = k.w;
    const mm = k.w.task.mm.data[task] - 1;
    const misplaced = unaligned(k, addr);
    if (misplaced !== 0) return misplaced;
    if (length === 0n) return 0;
    const last = addr + PAGE_ALIGN(k, length);
    if (last === addr || last > U64) return "ENOMEM";
    const end = clamped_page(k, last);
    let at = clamped_page(k, addr);
    let vma = k.vmas.lookup(mm, at);
    while (vma >= 0) {
      const flags = calc_vm_prot_bits(prot) | (v.flags.data[vma] & ~VM_ACCESS_FLAGS);
      // The VM_MAY* bits stand four places above the rights that they allow.
      if (flags & ~(flags >> 4) & VM_ACCESS_FLAGS) return "EACCES";
      const fixed = mprotect_fixup(k, task, vma, at, { end: Math.min(end, v.end.data[vma]), flags });
      if (typeof fixed === "string") return fixed;
      // A merge may have carried the VMA past the range.
      at = v.end.data[fixed];
      if (at >= end) return last > BigInt(end) * BigInt(k.pageSize) ? "ENOMEM" : 0;
      vma = k.vmas.lookup(mm, at);
    }
    return "ENOMEM";
  },
);

// One VMA's part of the range. Returns the VMA that holds it now. Mirrors mprotect_fixup(), mm/mprotect.c, 6.12.
const mprotect_fixup = kernelFunction(
  "mprotect_fixup",
  "mm/mprotect.c",
  (
    k: Kernel,
    task: number,
    vma: number,
    start: number,
    to: { readonly end: number; readonly flags: number },
  ): number | Errno => {
    const { vma: v } = k.w;
    const { end } = to;
    const old = v.flags.data[vma];
    if (old === to.flags) return vma;
    const flags = to.flags ^ charge_change(k, vma, old, to.flags);
    const modified = vma_modify_flags(k, vma, start, end, flags);
    if (typeof modified === "string") return modified;
    const holder = modified.vma;
    k.set(v.flags, holder, modified.flags);
    change_protection(k, holder, start, end);
    // Private locked memory that becomes writable is copied now, so that no access has to wait for it.
    if ((old & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED && flags & VM_WRITE) {
      populate_vma_page_range(k, task, holder, start, end);
    }
    return holder;
  },
);

// VM_ACCOUNT when it changes: private memory is charged once it may be written. The model says whether the
// charge is given back when it may not be written any more and never was touched.
function charge_change(k: Kernel, vma: number, old: number, flags: number): number {
  const charged = old & VM_ACCOUNT;
  if (flags & VM_WRITE) return old & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE) ? 0 : VM_ACCOUNT;
  const untouched = vma_is_anonymous(k, vma) && k.w.vma.anon_vma.data[vma] === 0;
  return k.model.mprotectUncharges && charged && untouched ? VM_ACCOUNT : 0;
}

// The entries of [start, end) take on the VMA's rights. Dirty, accessed and soft-dirty bits stay, and no counter moves.
// The write bit follows the protection of the VMA's fresh entries, which is read-only in private memory and where the
// file tracks writes; the model says which entries get it all the same.
// Mirrors change_protection() and change_pte_range(), mm/mprotect.c, 6.12.
const change_protection = kernelFunction(
  "change_protection",
  "mm/mprotect.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    const flags = k.w.vma.flags.data[vma];
    if (flags & VM_HUGETLB) return hugetlb_change_protection(k, vma, start, end);
    const mayWrite = (flags & VM_WRITE) !== 0;
    const always = mayWrite && (flags & VM_SHARED) !== 0 && !vma_wants_writenotify(k, vma);
    const set = (always ? PTE_WRITE : 0) | (flags & VM_ACCESS_FLAGS ? 0 : PTE_PROTNONE);
    const change: EntryChange = { set, upgrades: mayWrite && !always };
    const hugeChange: EntryChange = { set, upgrades: change.upgrades && k.model.mprotectUpgradesPmds };
    let batch = { end: start, bits: 0 };
    walk_ptes(
      k,
      k.w.vma.mm.data[vma] - 1,
      start,
      end,
      (row, vpn, old) => {
        if (k.model.mprotectBatches && vpn >= batch.end) batch = batch_at(k, vma, row, vpn, end);
        change_entry(k, vma, row, pte_with(old, batch.bits), change);
      },
      (pmd, _first, from, to) => {
        if (to - from === k.hpageNr) change_huge_pmd(k, vma, pmd, hugeChange);
        else __split_huge_pmd(k, vma, pmd);
      },
    );
  },
);

// The batch that begins with the entry of vpn: where it ends, and which bits all of its entries get.
function batch_at(k: Kernel, vma: number, row: number, vpn: number, end: number): { end: number; bits: number } {
  const page = vm_normal_page(k, vma, k.w.pte.entry.data[row]);
  if (page === undefined) return { end: vpn + 1, bits: 0 };
  const perTable = 2 ** k.geometry.bits[0];
  const { nr, bits } = mprotect_pte_batch(k, row, page, Math.min(end - vpn, perTable - (vpn % perTable)));
  return { end: vpn + nr, bits };
}

interface EntryChange {
  // What every present entry of the VMA has from now on, of the write bit and PROT_NONE.
  readonly set: number;
  // The model is asked for the write bit of the others.
  readonly upgrades: boolean;
}

// A huge entry that the range covers. The head's exclusive flag is that of all its pages. Mirrors change_huge_pmd(),
// mm/huge_memory.c, 6.12.
const change_huge_pmd = kernelFunction(
  "change_huge_pmd",
  "mm/huge_memory.c",
  (k: Kernel, vma: number, pmd: number, change: EntryChange) => {
    const old = k.w.pte.entry.data[pmd];
    const cleans = k.model.mprotectCleansPmds && k.machine.arch.startsWith("x86") && old & PTE_WRITE;
    change_entry(k, vma, pmd, cleans && old & PTE_PRESENT ? pte_with(old, 0, PTE_DIRTY) : old, change);
  },
);

function change_entry(k: Kernel, vma: number, row: number, old: number, change: EntryChange): void {
  k.tick();
  if ((old & PTE_PRESENT) === 0) {
    change_nonpresent_pte(k, row, old);
    return;
  }
  let entry = pte_with(old, change.set, PTE_WRITE | PTE_PROTNONE);
  if (
    change.upgrades &&
    !soft_dirty_forbids(k, vma, entry) &&
    k.model.mprotectUpgrades(k, vma, entry, vm_normal_page(k, vma, entry))
  ) {
    entry = pte_with(entry, PTE_WRITE);
  }
  k.set(k.w.pte.entry, row, entry);
}

// A part of can_change_pte_writable(), mm/mprotect.c, 6.12, and of change_pte_range(), 5.10.
function soft_dirty_forbids(k: Kernel, vma: number, entry: number): boolean {
  if (k.model.mprotectKeepsSoftDirty) return pte_needs_soft_dirty_wp(k, vma, entry);
  return (entry & PTE_SOFT_DIRTY) === 0 && (k.w.vma.flags.data[vma] & VM_SOFTDIRTY) !== 0;
}

// A write-migration entry loses its right to write; that the page is exclusive it still says. Swap entries and markers
// say nothing of rights. Mirrors change_softleaf_pte(), mm/mprotect.c, 7.2 (a part of change_pte_range() before).
function change_nonpresent_pte(k: Kernel, row: number, old: number): void {
  if (!is_migration_entry(old) || (old & PTE_SWP_WRITE) === 0) return;
  const anon = folio_test_anon(k, page_folio(k, migration_entry_pfn(old)));
  const exclusive = anon && k.model.anonExclusive && k.model.writableIsExclusive;
  k.set(k.w.pte.entry, row, pte_with(old, exclusive ? PTE_SWP_EXCLUSIVE : 0, PTE_SWP_WRITE));
}

// The file wants to know of the first write to each page of the shared mapping, or soft-dirty does. Mirrors vma_wants_writenotify(),
// mm/vma.c, 6.12.
export function vma_wants_writenotify(k: Kernel, vma: number): boolean {
  const flags = k.w.vma.flags.data[vma];
  const shared = VM_WRITE | VM_SHARED;
  if ((flags & shared) !== shared || vma_is_anonymous(k, vma)) return false;
  return vm_ops(k, vma).page_mkwrite || vma_soft_dirty_enabled(k, vma);
}
