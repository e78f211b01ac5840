// What a step left behind, in a few words: the frame of the page it touched and that frame's counters.

import { folio_order, PageAnonExclusive, page_folio } from "../mm/folio.ts";
import { type Leaf, leafAt } from "../mm/leaf.ts";
import { page_mapcount } from "../mm/mapcount.ts";
import { folio_ref_count } from "../mm/page_ref.ts";
import { PTE_PRESENT, pte_pfn } from "../mm/pgtable.ts";
import { is_swap_pte } from "../mm/swapops.ts";
import { entryText } from "./describe.ts";
import type { Recording } from "./recording.ts";

export interface PageCounters {
  readonly pfn: number;
  readonly refcount: number;
  readonly mapcount: number;
  readonly exclusive: boolean;
  // Its folio's: 0 of a small one.
  readonly order: number;
}

// `pfn 7 ref 1 map 1 excl`, of a page of a large folio its order, too; what stands in the place of a page (`swap slot 1
// exclusive`, `guard`), or nothing when the step touched no page. The kernel is to stand behind the step.
export function countersAfter(recording: Recording, step: number): string {
  const page = pageCounters(recording, step);
  if (page === undefined) {
    const { entry } = leafAfter(recording, step);
    return is_swap_pte(entry) ? entryText(entry) : "";
  }
  const { pfn, refcount, mapcount, exclusive, order } = page;
  return `pfn ${pfn} ref ${refcount} map ${mapcount}${exclusive ? " excl" : ""}${order > 0 ? ` order ${order}` : ""}`;
}

// The same as numbers.
export function pageCounters(recording: Recording, step: number): PageCounters | undefined {
  const { kernel: k } = recording;
  const { entry, level } = leafAfter(recording, step);
  if ((entry & PTE_PRESENT) === 0) return undefined;
  const pfn = pte_pfn(entry);
  const folio = page_folio(k, pfn);
  return {
    pfn,
    refcount: folio_ref_count(k, folio),
    mapcount: page_mapcount(k, pfn),
    // Of a folio that a PMD maps the head's flag is meant.
    exclusive: PageAnonExclusive(k, level > 0 ? folio : pfn),
    order: folio_order(k, folio),
  };
}

// What translates the page that the step touched.
function leafAfter(recording: Recording, step: number): Leaf {
  const place = recording.steps.place(step);
  const { kernel: k } = recording;
  return leafAt(k, !place || k.w.mm.pgd.data[place.mm] === 0 ? -1 : place.mm, place?.vpn ?? 0);
}
