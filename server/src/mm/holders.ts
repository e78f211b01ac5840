// Who holds references to folios, beside the entries of page tables: what a row of a table holds, table by table.
//
// A new holder of references (a cache, a list, an isolated page) is one more line of HOLDERS; what a frame's counter
// must be (tally.ts), and who is named as its holder (observe.ts), follow.

import { FOLL_GET } from "./abi.ts";
import { DEFAULT_HELD } from "./default_page.ts";
import { folio_test_hugetlb, page_folio } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { BATCH_NAMES, batched_pages } from "./lru.ts";
import { NO_PAGE, ZERO_PFN } from "./page_alloc.ts";
import { folio_has_pincount, pin_refs } from "./page_ref.ts";
import { PTE_PRESENT, PTE_SPECIAL, PTE_TABLE, pte_pfn } from "./pgtable.ts";
import { each_pinned_folio } from "./pin_folios.ts";
import { vma_refpage } from "./vma.ts";
import type { TableName } from "./world.ts";

// Who holds references to a frame. The counts add up to the folio's refcount.
export type Holder =
  // page: the first that the entry maps; level 1: a PMD, which maps the whole folio.
  | {
      readonly kind: "pte";
      readonly mm: number;
      readonly vpn: number;
      readonly page: number;
      readonly level: number;
      readonly count: number;
    }
  | { readonly kind: "page cache"; readonly file: number; readonly index: number; readonly count: number }
  | { readonly kind: "swap cache"; readonly slot: number; readonly count: number }
  // pins: what FOLL_PIN counts beside, where the folio has a count of its pins.
  | { readonly kind: "pin"; readonly pin: number; readonly count: number; readonly pins: number }
  | { readonly kind: "page table"; readonly mm: number; readonly level: number; readonly count: number }
  | { readonly kind: "LRU batch"; readonly batch: string; readonly count: number }
  | { readonly kind: "driver"; readonly file: number; readonly index: number; readonly count: number }
  // What a mapping of reference pages holds itself, for no entry.
  | { readonly kind: "mapping"; readonly mm: number; readonly vpn: number; readonly count: number }
  // The file of refpage_create().
  | { readonly kind: "reference page"; readonly file: number; readonly count: number }
  | { readonly kind: "reserved"; readonly count: number };

export interface HolderSource {
  // Whose rows hold.
  readonly table: TableName;
  // How many rows there are, where they were not created one by one.
  readonly rows?: (k: Kernel) => number;
  // The swap slot that the row names, as an entry of a page table does; 0 = none.
  readonly names?: (k: Kernel, row: number) => number;
  // Visits each reference that the row holds, with the folio's head. It may look at the columns of this row, and at what changes only
  // together with one of them: whoever keeps the sums looks again when a column of the row was written.
  readonly holds: (k: Kernel, row: number, visit: (pfn: number, holder: Holder) => void) => void;
}

export const HOLDERS: readonly HolderSource[] = [
  // The machine itself: the zero page is never freed, and the huge zero folio not while anybody uses it.
  {
    table: "machine",
    holds: (k, row, visit) => {
      visit(ZERO_PFN, { kind: "reserved", count: 1 });
      const huge = k.w.machine.huge_zero_folio.data[row];
      if (huge !== NO_PAGE) visit(huge, { kind: "reserved", count: 1 });
    },
  },
  {
    table: "table",
    holds: (k, row, visit) => {
      const { mm, level, pfn, pt_share_count } = k.w.table;
      if (mm.data[row] === 0) return;
      const sharers = k.model.pmdShareCounts === "references" ? pt_share_count.data[row] : 0;
      visit(pfn.data[row], { kind: "page table", mm: mm.data[row] - 1, level: level.data[row], count: 1 + sharers });
    },
  },
  {
    table: "cache",
    names: (k, row) => k.w.cache.swap.data[row],
    holds: (k, row, visit) => {
      const { file, index, pfn } = k.w.cache;
      if (pfn.data[row] === 0) return;
      const folio = page_folio(k, pfn.data[row]);
      const whole = folio_test_hugetlb(k, folio) && k.model.hugetlbCacheRefs === "each page";
      const count = whole ? k.hpageNr : 1;
      visit(folio, { kind: "page cache", file: file.data[row] - 1, index: index.data[row], count });
    },
  },
  {
    table: "swap",
    rows: (k) => (k.rows(k.w.machine) === 0 ? 0 : k.w.machine.next_swap.data[0] + 1),
    holds: (k, row, visit) => {
      const { cache } = k.w.swap;
      if (cache.data[row] === 0) return;
      visit(page_folio(k, cache.data[row] - 1), { kind: "swap cache", slot: row, count: 1 });
    },
  },
  {
    table: "batch",
    rows: () => BATCH_NAMES.length,
    holds: (k, row, visit) => {
      for (const pfn of batched_pages(k, row)) visit(pfn, { kind: "LRU batch", batch: BATCH_NAMES[row], count: 1 });
    },
  },
  {
    table: "vma",
    holds: (k, row, visit) => {
      const { default_page, default_state, mm, start } = k.w.vma;
      if (mm.data[row] === 0) return;
      const refpage = k.model.refpageCountsMappings ? vma_refpage(k, row) : 0;
      const pfn = default_state.data[row] & DEFAULT_HELD ? default_page.data[row] - 1 : refpage;
      if (pfn > 0) visit(pfn, { kind: "mapping", mm: mm.data[row] - 1, vpn: start.data[row], count: 1 });
    },
  },
  {
    table: "driver_page",
    holds: (k, row, visit) => {
      const { file, pfn } = k.w.driver_page;
      if (pfn.data[row] === 0) return;
      const owner = file.data[row] - 1;
      const index = row - (k.w.file.driver_pages.data[owner] - 1);
      visit(pfn.data[row], { kind: "driver", file: owner, index, count: 1 });
    },
  },
  {
    table: "file",
    holds: (k, row, visit) => {
      const pfn = k.w.file.refpage.data[row];
      if (pfn !== 0) visit(pfn, { kind: "reference page", file: row, count: 1 });
    },
  },
  {
    table: "pin",
    holds: (k, row, visit) => {
      const { live, flags, coalesced } = k.w.pin;
      if (live.data[row] === 0) return;
      const get = (flags.data[row] & FOLL_GET) !== 0;
      each_pinned_folio(k, k.side.pinPages[row], coalesced.data[row] !== 0, (folio, refs) => {
        if (!get && folio === ZERO_PFN && !k.model.pinsZeroPage) return;
        const count = get ? refs : refs * pin_refs(k, folio);
        visit(folio, { kind: "pin", pin: row, count, pins: !get && folio_has_pincount(k, folio) ? refs : 0 });
      });
    },
  },
];

// Visits every reference of the world with the folio that it holds.
export function forEachHolder(k: Kernel, visit: (pfn: number, holder: Holder) => void): void {
  const { table, pte } = k.w;
  const { stride } = k.geometry;
  for (let row = 0; row < k.rows(table); row++) {
    const mm = table.mm.data[row] - 1;
    if (mm < 0) continue;
    for (let slot = 0; slot < stride; slot++) {
      const entry = pte.entry.data[row * stride + slot];
      if ((entry & PTE_PRESENT) === 0 || entry & (PTE_TABLE | PTE_SPECIAL)) continue;
      const level = table.level.data[row];
      const vpn = table.first.data[row] + slot * k.scales[level];
      const page = pte_pfn(entry);
      visit(page_folio(k, page), { kind: "pte", mm, vpn, page, level, count: 1 });
    }
  }
  for (const source of HOLDERS) {
    const rows = source.rows?.(k) ?? k.rows(k.w[source.table]);
    for (let row = 0; row < rows; row++) source.holds(k, row, visit);
  }
}
