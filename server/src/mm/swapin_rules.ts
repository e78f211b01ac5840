// How a page that came back from swap is mapped, as the eras do it: who may write to it, and what becomes of its place
// in the swap cache. do_swap_page(), mm/memory.c; mm-semantics §2.7, §7.3.

import { FAULT_FLAG_WRITE } from "./abi.ts";
import { add_mm_counter } from "./counters.ts";
import { type Fault, VM_FAULT_WRITE } from "./fault.ts";
import { PG_ksm, PG_lru, PG_mlocked, PG_swapcache, VM_LOCKED, VM_WRITE } from "./flags.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_activate, lru_add_drain, mlock_folio } from "./lru.ts";
import { vma_locks } from "./mlock_vma.ts";
import { folio_ref_count } from "./page_ref.ts";
import { mk_pte, PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITE, pte_flags, pte_prot } from "./pgtable.ts";
import { folio_add_anon_rmap_pte } from "./rmap.ts";
import { pte_needs_soft_dirty_wp } from "./soft_dirty.ts";
import { swap_free, vm_swap_full } from "./swap_slots.ts";
import { folio_free_swap, reuse_swap_page } from "./swapfile.ts";
import { PTE_SWP_EXCLUSIVE } from "./swapops.ts";
import { do_wp_page } from "./wp.ts";

const SWP_EXCLUSIVE = condition("pte_swp_exclusive(vmf->orig_pte)", "exclusive");
const REFCOUNT_IS_1 = condition("!folio_test_ksm(folio) && folio_ref_count(folio) == 1", "refcount");
const LIKELY_EXCLUSIVE = condition("folio_ref_count(folio) == 1 + folio_nr_pages(folio)", "refcount");

// Up to 5.17: only a write asks whether the page may be written in place, and mappings with swap entries answer, so that
// references do not count. A read maps it read-only. Mirrors do_swap_page(), mm/memory.c, 5.10.
export function map_swapped_page_by_mapcount(k: Kernel, vmf: Fault, pfn: number, slot: number): number {
  const reuse = (vmf.flags & FAULT_FLAG_WRITE) !== 0 && reuse_swap_page(k, pfn);
  set_swapped_pte(k, vmf, pfn, reuse ? written(k, vmf) : 0, reuse);
  swap_free(k, slot);
  if (vm_swap_full(k) || locked(k, vmf.vma, pfn)) folio_free_swap(k, pfn);
  return finish(k, vmf, reuse);
}

// 5.18: a write finds out by the refcount, once the swap cache has let go. A page that never was in the swap cache is
// nobody else's. Mirrors do_swap_page(), mm/memory.c, 5.18 (c145e0b47c77).
export function map_swapped_page_by_refcount(k: Kernel, vmf: Fault, pfn: number, slot: number): number {
  const fresh = !swapcached(k, pfn);
  release_swap(k, vmf, pfn, slot);
  const own = (vmf.flags & FAULT_FLAG_WRITE) !== 0 && (fresh || only_reference(k, pfn));
  set_swapped_pte(k, vmf, pfn, own ? written(k, vmf) : 0, own);
  return finish(k, vmf, own);
}

// From 5.19 on: an exclusive entry's page is exclusive, and so is one that never was in the swap cache. Only a write makes
// the entry writable. Mirrors do_swap_page(), mm/memory.c, 6.1.
export function map_swapped_page_exclusive(k: Kernel, vmf: Fault, pfn: number, slot: number): number {
  const certain = certainly_exclusive(k, vmf, pfn);
  release_swap(k, vmf, pfn, slot);
  const own = certain || only_reference(k, pfn);
  const reuse = own && (vmf.flags & FAULT_FLAG_WRITE) !== 0;
  set_swapped_pte(k, vmf, pfn, reuse ? written(k, vmf) : 0, own);
  return finish(k, vmf, reuse);
}

// The same, but a read maps the exclusive page writable too, though clean. Mirrors do_swap_page(), mm/memory.c, 6.12.
export function map_swapped_page_writable(k: Kernel, vmf: Fault, pfn: number, slot: number): number {
  const certain = certainly_exclusive(k, vmf, pfn);
  release_swap(k, vmf, pfn, slot);
  const own = certain || only_reference(k, pfn);
  const writable = own && may_write(k, vmf);
  set_swapped_pte(k, vmf, pfn, writable ? PTE_WRITE | dirtied(vmf) : 0, own);
  return finish(k, vmf, writable);
}

// 7.2: the page is mapped first and leaves the swap cache last. A write that needs no more by then does not ask for that;
// a synchronous device's page leaves whatever the fault was. Mirrors do_swap_page(), mm/memory.c, 7.2.
export function map_swapped_page_first(k: Kernel, vmf: Fault, pfn: number, slot: number): number {
  if (vmf.flags & FAULT_FLAG_WRITE) drain_if_batched(k, pfn);
  const own = certainly_exclusive(k, vmf, pfn) || only_reference(k, pfn);
  const writable = own && may_write(k, vmf);
  set_swapped_pte(k, vmf, pfn, writable ? PTE_WRITE | dirtied(vmf) : 0, own);
  swap_free(k, slot);
  const wanting = (vmf.flags & FAULT_FLAG_WRITE) !== 0 && !writable;
  if (k.machine.swap_device === "sync" || should_try_to_free_swap(k, vmf, pfn, wanting)) folio_free_swap(k, pfn);
  return finish(k, vmf, writable);
}

function swapcached(k: Kernel, pfn: number): boolean {
  return (k.w.page.flags.data[pfn] & PG_swapcache) !== 0;
}

// Whether the entry's marker says so, or the page never was in the swap cache.
function certainly_exclusive(k: Kernel, vmf: Fault, pfn: number): boolean {
  if (k.w.page.flags.data[pfn] & PG_ksm) return false;
  if (!swapcached(k, pfn)) return true;
  const marked = (vmf.entry & PTE_SWP_EXCLUSIVE) !== 0;
  return k.decide(SWP_EXCLUSIVE, marked ? 1 : 0, marked);
}

function only_reference(k: Kernel, pfn: number): boolean {
  const count = folio_ref_count(k, pfn);
  return k.decide(REFCOUNT_IS_1, count, count === 1 && (k.w.page.flags.data[pfn] & PG_ksm) === 0);
}

// The entry gives up its slot, and the swap cache the page if nobody else needs it there (5.18 to 6.18).
function release_swap(k: Kernel, vmf: Fault, pfn: number, slot: number): void {
  const write = (vmf.flags & FAULT_FLAG_WRITE) !== 0;
  if (write && swapcached(k, pfn)) drain_if_batched(k, pfn);
  swap_free(k, slot);
  if (should_try_to_free_swap(k, vmf, pfn, write)) folio_free_swap(k, pfn);
}

// The local batch's reference would look like somebody else's.
function drain_if_batched(k: Kernel, pfn: number): void {
  if ((k.w.page.flags.data[pfn] & (PG_ksm | PG_lru)) === 0) lru_add_drain(k);
}

// Mirrors should_try_to_free_swap(), mm/memory.c, 6.12.
function should_try_to_free_swap(k: Kernel, vmf: Fault, pfn: number, write: boolean): boolean {
  if (!swapcached(k, pfn)) return false;
  if (vm_swap_full(k) || locked(k, vmf.vma, pfn)) return true;
  if (!write || k.w.page.flags.data[pfn] & PG_ksm) return false;
  const count = folio_ref_count(k, pfn);
  return k.decide(LIKELY_EXCLUSIVE, count, count === 2);
}

// The VMA is locked, or another one that maps the page (PG_mlocked).
function locked(k: Kernel, vma: number, pfn: number): boolean {
  return (k.w.vma.flags.data[vma] & VM_LOCKED) !== 0 || (k.w.page.flags.data[pfn] & PG_mlocked) !== 0;
}

// An entry that is not soft-dirty stays read-only where the next write has to be seen.
function may_write(k: Kernel, vmf: Fault): boolean {
  return (k.w.vma.flags.data[vmf.vma] & VM_WRITE) !== 0 && !pte_needs_soft_dirty_wp(k, vmf.vma, vmf.entry);
}

// What a write that needs no copy makes of the entry: dirty, and writable where the VMA allows it.
function written(k: Kernel, vmf: Fault): number {
  return PTE_DIRTY | PTE_SOFT_DIRTY | (k.w.vma.flags.data[vmf.vma] & VM_WRITE ? PTE_WRITE : 0);
}

function dirtied(vmf: Fault): number {
  return vmf.flags & FAULT_FLAG_WRITE ? PTE_DIRTY | PTE_SOFT_DIRTY : 0;
}

// The new entry with its counters: rss_anon + 1, rss_swap - 1, mapcount + 1. Up to 5.8 the page becomes active, and from
// 5.18 on locked where the VMA is (before, GUP locks what mlock brings in).
function set_swapped_pte(k: Kernel, vmf: Fault, pfn: number, extra: number, exclusive: boolean): void {
  add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
  add_mm_counter(k, vmf.mm, k.w.mm.rss_swap, -1);
  const softDirty = pte_flags(vmf.entry) & PTE_SOFT_DIRTY;
  vmf.entry = mk_pte(pfn, pte_prot(k.w.vma.flags.data[vmf.vma]) | softDirty | extra);
  folio_add_anon_rmap_pte(k, vmf.vma, vmf.vpn, pfn, exclusive);
  k.set(k.w.pte.entry, vmf.pte, vmf.entry);
  if (k.model.mlockBatches && vma_locks(k, vmf.vma)) mlock_folio(k, pfn);
  if (k.model.newAnonIsActive) folio_activate(k, pfn);
}

// A write that could not have the page as it is goes on to copy-on-write.
function finish(k: Kernel, vmf: Fault, satisfied: boolean): number {
  if ((vmf.flags & FAULT_FLAG_WRITE) === 0) return 0;
  return satisfied ? VM_FAULT_WRITE : do_wp_page(k, vmf);
}
