// How a page that came back from swap is mapped, as the eras do it: who may write to it, and what becomes of its place
// in the swap cache. do_swap_page(), mm/memory.c; mm-semantics §2.7, §7.3.

import { FAULT_FLAG_WRITE } from "./abi.ts";
import { add_mm_counter } from "./counters.ts";
import { has_one_user } from "./exclusive_rules.ts";
import { type Fault, VM_FAULT_WRITE } from "./fault.ts";
import { PG_dirty, PG_ksm, PG_lru, PG_mlocked, PG_swapcache, PG_writeback, VM_LOCKED, VM_WRITE } from "./flags.ts";
import { folio_nr_pages, page_folio } from "./folio.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_activate, lru_add_drain } from "./lru.ts";
import { mlock_mapped_folio } from "./mlock_vma.ts";
import { swapped_mms } from "./mms.ts";
import { folio_ref_add, folio_ref_count } from "./page_ref.ts";
import { pte_batch } from "./page_vma_mapped.ts";
import { mk_pte, PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITE, pte_flags, pte_prot } from "./pgtable.ts";
import { folio_add_anon_rmap_pte, folio_add_anon_rmap_ptes } from "./rmap.ts";
import { pte_needs_soft_dirty_wp } from "./soft_dirty.ts";
import { swap_count, swap_free, swap_free_nr, vm_swap_full } from "./swap_slots.ts";
import { delete_from_swap_cache } from "./swap_state.ts";
import { folio_free_swap, reuse_swap_page } from "./swapfile.ts";
import { PTE_SWP_EXCLUSIVE } from "./swapops.ts";
import { do_wp_page } from "./wp.ts";

const SWP_EXCLUSIVE = condition("pte_swp_exclusive(vmf->orig_pte)", "exclusive");
const MMS_IS_1 = condition("folio_mms(folio) == 1", "mms");
const REFCOUNT_IS_1 = condition("!folio_test_ksm(folio) && folio_ref_count(folio) == 1", "refcount");
const LIKELY_EXCLUSIVE = condition("folio_ref_count(folio) == 1 + folio_nr_pages(folio)", "refcount");

// The entries that a fault fills at once: that of the page, or all of its folio's.
interface Span {
  readonly folio: number;
  // The first page, where it goes, the row of its entry, and its slot.
  readonly page: number;
  readonly vpn: number;
  readonly pte: number;
  readonly slot: number;
  readonly nr: number;
}

// A large folio is mapped as a whole when each of its pages is wanted here, by an entry like this one: one that was read for
// that, and from 6.11 on one that the swap cache still has. Mirrors do_swap_page(), mm/memory.c, 6.12.
function span(k: Kernel, vmf: Fault, page: number, slot: number): Span {
  const folio = page_folio(k, page);
  const one = { folio, page, vpn: vmf.vpn, pte: vmf.pte, slot, nr: 1 };
  const nr = folio_nr_pages(k, folio);
  if (nr === 1 || (swapcached(k, folio) && !k.model.swapinMapsLarge)) return one;
  const { start, end } = k.w.vma;
  const at = page - folio;
  const first = vmf.vpn - at;
  const table = vmf.vpn - (vmf.vpn % k.hpageNr);
  if (first < Math.max(start.data[vmf.vma], table)) return one;
  if (first + nr > Math.min(end.data[vmf.vma], table + k.hpageNr)) return one;
  const entry = k.w.pte.entry.data[vmf.pte - at];
  if (entry + at * mk_pte(1, 0) !== vmf.entry || pte_batch(k, vmf.pte - at, nr) !== nr) return one;
  return { folio, page: folio, vpn: first, pte: vmf.pte - at, slot: slot - at, nr };
}

// Up to 5.17: only a write asks whether the page may be written in place, and mappings with swap entries answer, so that
// references do not count. A read maps it read-only. Mirrors do_swap_page(), mm/memory.c, 5.10.
export function map_swapped_page_by_mapcount(k: Kernel, vmf: Fault, page: number, slot: number): number {
  return map_by_mapcount(k, vmf, page, slot, (reuse) => reuse);
}

// exclusive-bit: the same, and the page is exclusive when this entry is the only user of its slot. mm-semantics §8.6.
export function map_swapped_page_of_one_user(k: Kernel, vmf: Fault, page: number, slot: number): number {
  const own = has_one_user(k, page, vmf.entry, slot);
  return map_by_mapcount(k, vmf, page, slot, () => own);
}

// exclusive-on-gup: the same, but nothing that comes from swap is exclusive. mm-semantics §8.6.
export function map_swapped_page_not_exclusive(k: Kernel, vmf: Fault, page: number, slot: number): number {
  return map_by_mapcount(k, vmf, page, slot, () => false);
}

// mapcount-mms: address spaces with swap entries answer, this one among them. mm-semantics §8.6.
export function map_swapped_page_by_mms(k: Kernel, vmf: Fault, page: number, slot: number): number {
  return map_by_mapcount(
    k,
    vmf,
    page,
    slot,
    (reuse) => reuse,
    () => reuse_swapped_by_mms(k, vmf, page, slot),
  );
}

// A page that is not in the swap cache was read, or copied, for this entry alone. The swap cache lets the page go when no other
// entry names a slot of its folio.
function reuse_swapped_by_mms(k: Kernel, vmf: Fault, page: number, slot: number): boolean {
  const folio = page_folio(k, page);
  const { flags } = k.w.page;
  if (flags.data[folio] & PG_ksm) return false;
  if (!swapcached(k, folio)) return true;
  const first = slot - (page - folio);
  const mms = swapped_mms(k, vmf.vma, vmf.vpn, folio, page - folio, first);
  if (!k.decide(MMS_IS_1, mms, mms === 1)) return false;
  let named = 0;
  for (let i = 0; i < folio_nr_pages(k, folio); i++) named += swap_count(k, first + i);
  if (named === 1 && (flags.data[folio] & PG_writeback) === 0) {
    k.set(flags, folio, flags.data[folio] | PG_dirty);
    delete_from_swap_cache(k, folio);
  }
  return true;
}

function map_by_mapcount(
  k: Kernel,
  vmf: Fault,
  page: number,
  slot: number,
  exclusive: (reuse: boolean) => boolean,
  reusable: () => boolean = () => reuse_swap_page(k, page),
): number {
  const at = span(k, vmf, page, slot);
  const reuse = (vmf.flags & FAULT_FLAG_WRITE) !== 0 && reusable();
  set_swapped_ptes(k, vmf, page, at, reuse ? written(k, vmf) : 0, exclusive(reuse));
  swap_free(k, slot);
  if (vm_swap_full(k) || locked(k, vmf.vma, at.folio)) folio_free_swap(k, at.folio);
  return finish(k, vmf, reuse);
}

// 5.18: a write finds out by the refcount, once the swap cache has let go. A page that never was in the swap cache is
// nobody else's. Mirrors do_swap_page(), mm/memory.c, 5.18 (c145e0b47c77).
export function map_swapped_page_by_refcount(k: Kernel, vmf: Fault, page: number, slot: number): number {
  const at = span(k, vmf, page, slot);
  const fresh = !swapcached(k, at.folio);
  release_swap(k, vmf, at);
  const own = (vmf.flags & FAULT_FLAG_WRITE) !== 0 && (fresh || only_reference(k, at.folio));
  set_swapped_ptes(k, vmf, page, at, own ? written(k, vmf) : 0, own);
  return finish(k, vmf, own);
}

// From 5.19 on: an exclusive entry's page is exclusive, and so is one that never was in the swap cache. Only a write makes
// the entry writable. Mirrors do_swap_page(), mm/memory.c, 6.1.
export function map_swapped_page_exclusive(k: Kernel, vmf: Fault, page: number, slot: number): number {
  const at = span(k, vmf, page, slot);
  const certain = certainly_exclusive(k, vmf, at.folio);
  release_swap(k, vmf, at);
  const own = certain || only_reference(k, at.folio);
  const reuse = own && (vmf.flags & FAULT_FLAG_WRITE) !== 0;
  set_swapped_ptes(k, vmf, page, at, reuse ? written(k, vmf) : 0, own);
  return finish(k, vmf, reuse);
}

// The same, but a read maps the exclusive page writable too, though clean. Mirrors do_swap_page(), mm/memory.c, 6.12.
export function map_swapped_page_writable(k: Kernel, vmf: Fault, page: number, slot: number): number {
  const at = span(k, vmf, page, slot);
  const certain = certainly_exclusive(k, vmf, at.folio);
  release_swap(k, vmf, at);
  const own = certain || only_reference(k, at.folio);
  const writable = own && may_write(k, vmf);
  set_swapped_ptes(k, vmf, page, at, writable ? PTE_WRITE | dirtied(vmf) : 0, own);
  return finish(k, vmf, writable);
}

// 7.2: the page is mapped first and leaves the swap cache last. A write that needs no more by then does not ask for that;
// a synchronous device's page leaves whatever the fault was. Mirrors do_swap_page(), mm/memory.c, 7.2.
export function map_swapped_page_first(k: Kernel, vmf: Fault, page: number, slot: number): number {
  const at = span(k, vmf, page, slot);
  const { folio } = at;
  if (vmf.flags & FAULT_FLAG_WRITE) drain_if_batched(k, folio);
  const own = certainly_exclusive(k, vmf, folio) || only_reference(k, folio);
  const writable = own && may_write(k, vmf);
  set_swapped_ptes(k, vmf, page, at, writable ? PTE_WRITE | dirtied(vmf) : 0, own);
  free_slots(k, at);
  const wanting = (vmf.flags & FAULT_FLAG_WRITE) !== 0 && !writable;
  if (k.machine.swap_device === "sync" || should_try_to_free_swap(k, vmf, at, at.nr, wanting))
    folio_free_swap(k, folio);
  return finish(k, vmf, writable);
}

function swapcached(k: Kernel, folio: number): boolean {
  return (k.w.page.flags.data[folio] & PG_swapcache) !== 0;
}

// Whether the entry's marker says so, or the page never was in the swap cache.
function certainly_exclusive(k: Kernel, vmf: Fault, folio: number): boolean {
  if (k.w.page.flags.data[folio] & PG_ksm) return false;
  if (!swapcached(k, folio)) return true;
  const marked = (vmf.entry & PTE_SWP_EXCLUSIVE) !== 0;
  return k.decide(SWP_EXCLUSIVE, marked ? 1 : 0, marked);
}

function only_reference(k: Kernel, folio: number): boolean {
  const count = folio_ref_count(k, folio);
  return k.decide(REFCOUNT_IS_1, count, count === 1 && (k.w.page.flags.data[folio] & PG_ksm) === 0);
}

// The entries give up their slots, and the swap cache the folio if nobody else needs it there (5.18 to 6.18).
function release_swap(k: Kernel, vmf: Fault, at: Span): void {
  const write = (vmf.flags & FAULT_FLAG_WRITE) !== 0;
  if (write && swapcached(k, at.folio)) drain_if_batched(k, at.folio);
  free_slots(k, at);
  if (should_try_to_free_swap(k, vmf, at, 1, write)) folio_free_swap(k, at.folio);
}

function free_slots(k: Kernel, { slot, nr }: Span): void {
  if (nr === 1) swap_free(k, slot);
  else swap_free_nr(k, slot, nr);
}

// The local batch's reference would look like somebody else's.
function drain_if_batched(k: Kernel, folio: number): void {
  if ((k.w.page.flags.data[folio] & (PG_ksm | PG_lru)) === 0) lru_add_drain(k);
}

// `own` are the references that the fault itself accounts for. Mirrors should_try_to_free_swap(), mm/memory.c, 6.12 and 7.2.
function should_try_to_free_swap(k: Kernel, vmf: Fault, { folio }: Span, own: number, write: boolean): boolean {
  if (!swapcached(k, folio)) return false;
  if (vm_swap_full(k) || locked(k, vmf.vma, folio)) return true;
  if (!write || k.w.page.flags.data[folio] & PG_ksm) return false;
  const count = folio_ref_count(k, folio);
  return k.decide(LIKELY_EXCLUSIVE, count, count === own + folio_nr_pages(k, folio));
}

// The VMA is locked, or another one that maps the page (PG_mlocked).
function locked(k: Kernel, vma: number, folio: number): boolean {
  return (k.w.vma.flags.data[vma] & VM_LOCKED) !== 0 || (k.w.page.flags.data[folio] & PG_mlocked) !== 0;
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

// The new entries with their counters: rss_anon + 1, rss_swap - 1, mapcount + 1 each. Up to 5.8 the folio becomes active, and
// from 5.18 on a small one locked where the VMA is (before, GUP locks what mlock brings in).
function set_swapped_ptes(k: Kernel, vmf: Fault, page: number, at: Span, extra: number, exclusive: boolean): void {
  const { folio, nr } = at;
  add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, nr);
  add_mm_counter(k, vmf.mm, k.w.mm.rss_swap, -nr);
  const softDirty = pte_flags(vmf.entry) & PTE_SOFT_DIRTY;
  const bits = pte_prot(k.w.vma.flags.data[vmf.vma]) | softDirty | extra;
  vmf.entry = mk_pte(page, bits);
  if (nr > 1) folio_ref_add(k, folio, nr - 1);
  if (nr > 1) folio_add_anon_rmap_ptes(k, vmf.vma, at.vpn, at.page, nr, exclusive);
  else folio_add_anon_rmap_pte(k, vmf.vma, at.vpn, at.page, exclusive);
  k.setRun(k.w.pte.entry, at.pte, nr, mk_pte(at.page, bits), mk_pte(1, 0));
  if (k.model.mlockBatches) mlock_mapped_folio(k, vmf.vma, folio, nr, false);
  if (k.model.newAnonIsActive) folio_activate(k, folio);
}

// A write that could not have the page as it is goes on to copy-on-write.
function finish(k: Kernel, vmf: Fault, satisfied: boolean): number {
  if ((vmf.flags & FAULT_FLAG_WRITE) === 0) return 0;
  return satisfied ? VM_FAULT_WRITE : do_wp_page(k, vmf);
}
