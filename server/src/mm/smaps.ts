// What /proc/PID/smaps_rollup adds up of an address space: Pss, and what it alone maps. fs/proc/task_mmu.c; mm-semantics §11.4.

import { VM_HUGETLB } from "./flags.ts";
import { folio_nr_pages, page_folio } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { folio_average_page_mapcount, folio_maybe_mapped_shared, page_mapcount } from "./mapcount.ts";
import { followed, vm_normal_page } from "./normal_page.ts";
import { vmasOf } from "./observe.ts";
import { PTE_PRESENT, PTE_SPECIAL, PTE_TABLE, pte_pfn, walk_ptes } from "./pgtable.ts";
import { no_page_mapcount } from "./rmap_large.ts";

export interface Smaps {
  // Pages that this address space alone maps: Private_Clean + Private_Dirty.
  readonly uss: number;
  // Bytes; each page counts its size divided by its mappings.
  readonly pss: number;
}

// What a page of an entry counts: how often it is mapped, and whether by this address space alone.
type Share = (page: number) => { readonly mapcount: number; readonly exclusive: boolean };

// Fractions of a byte survive the sum.
const PSS_SHIFT = 2 ** 12;

// What this release prints. hugetlb has lines of its own. Mirrors smaps_account(), fs/proc/task_mmu.c: one mapping when the
// folio has one reference; else by the mapcount of each page, or where pages of large folios have none by their average and
// by whether the folio may be shared. What a PMD maps is looked for as move_pages(2) looks for it: 6.1 passes over one without rights.
export function smaps(k: Kernel, mm: number): Smaps {
  return sums(k, mm, no_page_mapcount(k) ? average(k) : precise(k));
}

// What it would print with a mapcount for each page: the same where they have one, else by a count of all entries.
export function smaps_precise(k: Kernel, mm: number): Smaps {
  return sums(k, mm, no_page_mapcount(k) ? counted(k) : precise(k));
}

function sums(k: Kernel, mm: number, share: Share): Smaps {
  const { vma, page } = k.w;
  let uss = 0;
  let pss = 0;
  const account = (first: number, nr: number) => {
    if (page._refcount.data[page_folio(k, first)] === 1) {
      uss += nr;
      pss += nr * k.pageSize * PSS_SHIFT;
      return;
    }
    for (let at = first; at < first + nr; at++) {
      const { mapcount, exclusive } = share(at);
      if (exclusive) uss++;
      pss += mapcount < 2 ? k.pageSize * PSS_SHIFT : Math.floor((k.pageSize * PSS_SHIFT) / mapcount);
    }
  };
  for (const row of vmasOf(k, mm)) {
    if (vma.flags.data[row] & VM_HUGETLB) continue;
    walk_ptes(
      k,
      mm,
      vma.start.data[row],
      vma.end.data[row],
      (_pte, _vpn, entry) => {
        const normal = vm_normal_page(k, row, entry);
        if (normal !== undefined) account(normal, 1);
      },
      (_pmd, first, from, to, entry) => {
        const folio = followed(k, entry) ? vm_normal_page(k, row, entry) : undefined;
        if (folio !== undefined) account(folio + (from - first), to - from);
      },
    );
  }
  return { uss, pss: Math.floor(pss / PSS_SHIFT) };
}

function precise(k: Kernel): Share {
  return (page) => {
    const mapcount = page_mapcount(k, page);
    return { mapcount, exclusive: mapcount < 2 };
  };
}

function average(k: Kernel): Share {
  return (page) => {
    const folio = page_folio(k, page);
    return { mapcount: folio_average_page_mapcount(k, folio), exclusive: !folio_maybe_mapped_shared(k, folio) };
  };
}

// All entries that map pages of large folios, looked at once.
function counted(k: Kernel): Share {
  const { table, pte } = k.w;
  const { stride } = k.geometry;
  const maps = new Map<number, number>();
  for (let row = 0; row < k.rows(table); row++) {
    if (table.mm.data[row] === 0) continue;
    for (let slot = row * stride; slot < (row + 1) * stride; slot++) {
      const entry = pte.entry.data[slot];
      if ((entry & (PTE_PRESENT | PTE_TABLE | PTE_SPECIAL)) !== PTE_PRESENT) continue;
      const first = pte_pfn(entry);
      const nr = table.level.data[row] === 0 ? 1 : folio_nr_pages(k, first);
      for (let page = first; page < first + nr; page++) maps.set(page, (maps.get(page) ?? 0) + 1);
    }
  }
  return (page) => {
    const mapcount = maps.get(page) ?? 0;
    return { mapcount, exclusive: mapcount < 2 };
  };
}
