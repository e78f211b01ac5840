// refpage-in-mapping: what a mapping shows where nothing was written is one of its own pages, the one that was touched first.
// mm-semantics §8.4; nobody ever wrote it, so the names are ours.
//
//   home: the first touch
//   ▼
//   D  D  ·  A  D  B         D   the default page: one page, with a reference and a mapping for each entry
//   └──┴─────────┴─ one page A,B written: pages of their own that began as copies of D;   ·  not touched yet
//
// The home's reference outlives the home's entry: when that one goes (the write that copies, MADV_DONTNEED), the mapping itself
// keeps the page, since what was not touched yet is to show it. So the page never has more references than the mapping has
// pages. Until a second page is touched, the default page is the first page and no more: it can be written, which is how it
// gets its pattern. From then on it is fixed.
//
// rmap finds a page at its home alone, so default pages are on no LRU list: they are neither reclaimed nor moved.

import { type Errno, FAULT_FLAG_WRITE, MAP_GROWSDOWN, MAP_PRIVATE, MAP_SHARED } from "./abi.ts";
import { add_mm_counter } from "./counters.ts";
import { type Fault, VM_FAULT_OOM } from "./fault.ts";
import { PG_default_page, VM_DONTEXPAND, VM_LOCKED, VM_REFPAGE, VM_WRITE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma } from "./lru.ts";
import { ANON, COW } from "./outcome.ts";
import { alloc_page } from "./page_alloc.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import {
  mk_pte,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pte_alloc,
  pte_offset,
  pte_pfn,
  pte_prot,
  pte_with,
} from "./pgtable.ts";
import { refused } from "./refused.ts";
import { anon_vma_prepare, folio_add_new_anon_rmap, folio_dup_anon_rmap_pte } from "./rmap.ts";
import { pages_of } from "./user_range.ts";

// Bits of vma.default_state. A second page was touched: nobody writes to the default page any more.
export const DEFAULT_FIXED = 0x1;
// The home's entry does not map the default page (any more): the mapping itself has its reference.
export const DEFAULT_HELD = 0x2;

export const DEFAULT_STATE_NAMES: readonly (readonly [number, string])[] = [
  [DEFAULT_FIXED, "default page fixed"],
  [DEFAULT_HELD, "default page held by the mapping"],
];

const NOT_PRIVATE = condition("(flags & (MAP_TYPE | MAP_GROWSDOWN)) != MAP_PRIVATE", "flags");
const TOO_LONG = condition("len > REFPAGE_MAX", "pages");
const IS_FIXED = condition("the page shows in untouched pages of the mapping", "default_state");

// So many bytes may be mapped at most: with pages of 4 KiB as many pages as a counter of 32 bits has negative numbers, and with a
// narrower counter as much less.
const LONGEST = 2 ** 43;

// EINVAL where mmap() cannot make such a mapping: it is private, of a size that does not change by itself, and not too long.
// mm-semantics §8.4.
export function check_default_page(k: Kernel, flags: number, length: bigint): 0 | Errno {
  if ((flags & (MAP_SHARED | MAP_PRIVATE | MAP_GROWSDOWN)) !== MAP_PRIVATE) return refused(k, NOT_PRIVATE, flags);
  const longest = BigInt(LONGEST / 2 ** (32 - k.machine.refcount_bits));
  return length > longest ? refused(k, TOO_LONG, pages_of(k, length)) : 0;
}

// The VMA flags of such a mapping: it stays as it is, without merges, growth and locks (VM_SPECIAL).
export function default_page_flags(flags: number): number {
  return (flags & ~VM_LOCKED) | VM_REFPAGE | VM_DONTEXPAND;
}

// The default page of the mapping, or -1: nothing was touched yet, or no mapping of that kind.
export function default_page(k: Kernel, vma: number): number {
  return k.w.vma.default_page.data[vma] - 1;
}

// Where the default page was touched first, by the page's own offset: it stays right when the mapping moves.
export function default_home(k: Kernel, vma: number): number {
  const { start, pgoff } = k.w.vma;
  return k.w.page.index.data[default_page(k, vma)] - pgoff.data[vma] + start.data[vma];
}

// The page becomes the mapping's default page, off the LRU. state: DEFAULT_* bits.
export function set_default_page(k: Kernel, vma: number, pfn: number, state: number): void {
  const { page, vma: v } = k.w;
  k.set(page.flags, pfn, page.flags.data[pfn] | PG_default_page);
  k.set(v.default_page, vma, pfn + 1);
  k.set(v.default_state, vma, state);
}

// A fault where nothing is mapped. The first touch brings the default page, refcount 1 and mapcount 1; a read after that maps it
// once more, refcount + 1 and mapcount + 1; a write gets a copy of it. rss_anon + 1 each time.
export const do_default_page = kernelFunction("do_default_page", "mm/refpage.c", (k: Kernel, vmf: Fault): number => {
  vmf.pte = pte_alloc(k, vmf.mm, vmf.vpn);
  if (vmf.pte < 0) return VM_FAULT_OOM;
  anon_vma_prepare(k, vmf.vma);
  if (default_page(k, vmf.vma) < 0) return first_touch(k, vmf);
  fix_default_page(k, vmf.vma);
  return vmf.flags & FAULT_FLAG_WRITE ? copy_default_page(k, vmf) : map_default_page(k, vmf);
});

function first_touch(k: Kernel, vmf: Fault): number {
  const pfn = alloc_page(k);
  if (pfn < 0) return VM_FAULT_OOM;
  k.set(k.w.page.content, pfn, 0);
  map_fresh_page(k, vmf, pfn);
  set_default_page(k, vmf.vma, pfn, 0);
  return 0;
}

function copy_default_page(k: Kernel, vmf: Fault): number {
  const pfn = alloc_page(k);
  if (pfn < 0) return VM_FAULT_OOM;
  const { content } = k.w.page;
  k.set(content, pfn, content.data[default_page(k, vmf.vma)]);
  map_fresh_page(k, vmf, pfn);
  folio_add_lru_vma(k, pfn, vmf.vma);
  k.outcome |= COW;
  return 0;
}

function map_fresh_page(k: Kernel, vmf: Fault, pfn: number): void {
  const flags = k.w.vma.flags.data[vmf.vma];
  add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
  folio_add_new_anon_rmap(k, vmf.vma, vmf.vpn, pfn, false);
  const written = vmf.flags & FAULT_FLAG_WRITE && flags & VM_WRITE ? PTE_WRITE | PTE_DIRTY | PTE_SOFT_DIRTY : 0;
  k.set(k.w.pte.entry, vmf.pte, mk_pte(pfn, pte_prot(flags) | written));
  k.outcome |= ANON;
}

function map_default_page(k: Kernel, vmf: Fault): number {
  const pfn = default_page(k, vmf.vma);
  count_default_entry(k, vmf.vma, vmf.vpn);
  add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
  k.set(k.w.pte.entry, vmf.pte, mk_pte(pfn, pte_prot(k.w.vma.flags.data[vmf.vma])));
  k.outcome |= ANON;
  return 0;
}

// An entry comes to map the default page: mapcount + 1, refcount + 1, but for the home's, which takes over what the mapping has.
export function count_default_entry(k: Kernel, vma: number, vpn: number): void {
  const { default_state } = k.w.vma;
  const pfn = default_page(k, vma);
  const state = default_state.data[vma];
  if (state & DEFAULT_HELD && vpn === default_home(k, vma)) k.set(default_state, vma, state & ~DEFAULT_HELD);
  else folio_get(k, pfn);
  folio_dup_anon_rmap_pte(k, vma, pfn);
}

// From here on nobody writes to the default page: the home's entry loses its write bit.
function fix_default_page(k: Kernel, vma: number): void {
  const { default_state } = k.w.vma;
  const state = default_state.data[vma];
  if (state & DEFAULT_FIXED) return;
  k.set(default_state, vma, state | DEFAULT_FIXED);
  const { row, entry } = home_entry(k, vma);
  if (entry & PTE_WRITE) k.set(k.w.pte.entry, row, pte_with(entry, 0, PTE_WRITE));
}

// The home's entry, as long as it maps the default page; else row -1.
function home_entry(k: Kernel, vma: number): { readonly row: number; readonly entry: number } {
  const row = pte_offset(k, k.w.vma.mm.data[vma] - 1, default_home(k, vma));
  const entry = row < 0 ? 0 : k.w.pte.entry.data[row];
  const maps = (entry & PTE_PRESENT) !== 0 && pte_pfn(entry) === default_page(k, vma);
  return maps ? { row, entry } : { row: -1, entry: 0 };
}

// Whether the write may have the page in place as far as default pages are concerned: any other page, and the default page as
// long as it is the first page alone.
export function default_page_is_free(k: Kernel, vma: number, pfn: number): boolean {
  if ((k.w.page.flags.data[pfn] & PG_default_page) === 0) return true;
  const state = k.w.vma.default_state.data[vma];
  return !k.decide(IS_FIXED, state, (state & DEFAULT_FIXED) !== 0);
}

// Entries in [start, end) are about to go, or to map other pages: when the home is among them, its reference becomes the
// mapping's. The default page is fixed then, for nobody can write to it any more.
export const hold_default_page = kernelFunction(
  "hold_default_page",
  "mm/refpage.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    const home = default_home(k, vma);
    if (home < start || home >= end || home_entry(k, vma).row < 0) return;
    folio_get(k, default_page(k, vma));
    k.set(k.w.vma.default_state, vma, DEFAULT_FIXED | DEFAULT_HELD);
  },
);

// The mapping is gone, and with it what it held: its entries are gone already, the home's too.
export const put_default_page = kernelFunction("put_default_page", "mm/refpage.c", (k: Kernel, vma: number) => {
  const { default_page: column, default_state } = k.w.vma;
  const pfn = default_page(k, vma);
  const held = default_state.data[vma] & DEFAULT_HELD;
  k.set(column, vma, 0);
  k.set(default_state, vma, 0);
  if (held) folio_put(k, pfn);
});

// The VMA that mremap made in another place has the pages now, and the default page with them.
export function move_default_page(k: Kernel, from: number, to: number): void {
  const { default_page: column, default_state } = k.w.vma;
  for (const field of [column, default_state]) {
    k.set(field, to, field.data[from]);
    k.set(field, from, 0);
  }
}
