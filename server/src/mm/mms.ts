// How many address spaces map a folio: what a mapcount would be that counts those, not entries or VMAs. mm-semantics §8.6.
//
// An address space counts once, whatever part of the folio it maps, by PTEs or by a PMD, in whichever place, and while it has a
// swap entry for a page of it. The count is read off the page tables where it is asked for, by the way back from the folio to
// its VMAs.

import { PG_anon, PG_ksm, PG_swapcache, VM_MIXEDMAP, VM_PFNMAP } from "./flags.ts";
import { folio_nr_pages } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { rmap_walk_ksm } from "./ksm_nodes.ts";
import { PTE_PRESENT, PTE_SPECIAL, pte_pfn, walk_ptes } from "./pgtable.ts";
import { linear_page_index } from "./rmap.ts";
import { swap_count } from "./swap_slots.ts";
import { is_migration_entry, is_swap_entry, migration_entry_pfn, swp_offset } from "./swapops.ts";

// What is looked for: entries that map frames from `first` on, and swap entries that name slots from `slot` on (0 = none).
interface Wanted {
  readonly first: number;
  readonly slot: number;
  readonly nr: number;
}

interface Found {
  readonly spaces: Set<number>;
  // How many swap entries there were among them.
  swapped: number;
}

// The address spaces that map some of the folio.
export function folio_mms(k: Kernel, folio: number): number {
  const { flags, mapping, index, swap } = k.w.page;
  const bits = flags.data[folio];
  const anon = (bits & PG_anon) !== 0;
  const slot = anon && bits & PG_swapcache ? swap.data[folio] : 0;
  const want = { first: folio, slot, nr: folio_nr_pages(k, folio) };
  if (bits & PG_ksm) return counted(k, ksm_spaces(k, want), want);
  if (mapping.data[folio] === 0) return driver_mms(k, want);
  const at = { mapping: mapping.data[folio], index: index.data[folio] };
  const vmas = anon
    ? k.rmap.ofAnonRange(at.mapping, at.index, want.nr)
    : k.rmap.ofFileRange(at.mapping, at.index, want.nr);
  return counted(k, spaces_of(k, vmas, at.index, want), want);
}

// The same of a folio that comes back from swap to an address of the VMA, and is mapped nowhere it may be yet: the page at vpn
// is its i-th one, and slot is that of its first.
export function swapped_mms(k: Kernel, vma: number, vpn: number, folio: number, i: number, slot: number): number {
  const { anon_vma } = k.w;
  const own = k.w.vma.anon_vma.data[vma];
  const root = own === 0 ? 0 : anon_vma.root.data[own - 1];
  const index = linear_page_index(k, vma, vpn) - i;
  const want = { first: folio, slot, nr: folio_nr_pages(k, folio) };
  return counted(k, spaces_of(k, k.rmap.ofAnonRange(root, index, want.nr), index, want), want);
}

// Slots may be named from elsewhere as well, as those of a page that was KSM's: everybody is asked then.
function counted(k: Kernel, found: Found, want: Wanted): number {
  let named = 0;
  for (let i = 0; want.slot !== 0 && i < want.nr; i++) named += swap_count(k, want.slot + i);
  if (named <= found.swapped) return found.spaces.size;
  const { vma: v } = k.w;
  for (const mm of k.live.mms.rows()) {
    for (const vma of k.vmas.of(mm)) look(k, vma, v.start.data[vma], v.end.data[vma], want, found);
  }
  return found.spaces.size;
}

// In VMAs that map the folio's first page at its index.
function spaces_of(k: Kernel, vmas: readonly number[], index: number, want: Wanted): Found {
  const { start, end, pgoff } = k.w.vma;
  const found = { spaces: new Set<number>(), swapped: 0 };
  for (const vma of vmas) {
    const first = index - pgoff.data[vma] + start.data[vma];
    look(k, vma, Math.max(start.data[vma], first), Math.min(end.data[vma], first + want.nr), want, found);
  }
  return found;
}

// KSM's pages are mapped anywhere.
function ksm_spaces(k: Kernel, want: Wanted): Found {
  const found = { spaces: new Set<number>(), swapped: 0 };
  rmap_walk_ksm(k, want.first, (vma, vpn) => {
    look(k, vma, vpn, vpn + 1, want, found);
    return true;
  });
  return found;
}

// A driver's pages have no way back: its VMAs are looked through.
function driver_mms(k: Kernel, want: Wanted): number {
  const mapcount = k.w.page._mapcount.data[want.first];
  if (mapcount <= 1) return mapcount;
  const { start, end, flags } = k.w.vma;
  const found = { spaces: new Set<number>(), swapped: 0 };
  for (const mm of k.live.mms.rows()) {
    for (const vma of k.vmas.of(mm)) {
      if (flags.data[vma] & (VM_MIXEDMAP | VM_PFNMAP)) look(k, vma, start.data[vma], end.data[vma], want, found);
    }
  }
  return found.spaces.size;
}

function look(k: Kernel, vma: number, start: number, end: number, want: Wanted, found: Found): void {
  const mm = k.w.vma.mm.data[vma] - 1;
  const visit = (entry: number): void => {
    if (is_swap_entry(entry)) {
      if (want.slot === 0 || !within(swp_offset(entry), want.slot, want.nr)) return;
      found.swapped++;
    } else if (!names_frame(entry, want)) return;
    found.spaces.add(mm);
  };
  walk_ptes(
    k,
    mm,
    start,
    end,
    (_row, _vpn, entry) => visit(entry),
    (_row, _first, _vpn, _stop, entry) => visit(entry),
  );
}

function names_frame(entry: number, { first, nr }: Wanted): boolean {
  if (is_migration_entry(entry)) return within(migration_entry_pfn(entry), first, nr);
  return (entry & (PTE_PRESENT | PTE_SPECIAL)) === PTE_PRESENT && within(pte_pfn(entry), first, nr);
}

function within(at: number, first: number, nr: number): boolean {
  return at >= first && at < first + nr;
}
