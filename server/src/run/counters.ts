// What a step left behind, in a few words: the frame of the page it touched and that frame's counters.

import { PG_anon_exclusive } from "../mm/flags.ts";
import { PTE_PRESENT, pte_offset, pte_pfn } from "../mm/pgtable.ts";
import { is_swap_pte } from "../mm/swapops.ts";
import { entryText } from "./describe.ts";
import type { Recording } from "./recording.ts";

export interface PageCounters {
  readonly pfn: number;
  readonly refcount: number;
  readonly mapcount: number;
  readonly exclusive: boolean;
}

// `pfn 7 ref 1 map 1 excl`, what stands in the place of a page (`swap slot 1 exclusive`, `guard`), or nothing when the
// step touched no page. The kernel is to stand behind the step.
export function countersAfter(recording: Recording, step: number): string {
  const page = pageCounters(recording, step);
  if (page === undefined) {
    const entry = entryAfter(recording, step);
    return is_swap_pte(entry) ? entryText(entry) : "";
  }
  return `pfn ${page.pfn} ref ${page.refcount} map ${page.mapcount}${page.exclusive ? " excl" : ""}`;
}

// The same as numbers.
export function pageCounters(recording: Recording, step: number): PageCounters | undefined {
  const { kernel: k } = recording;
  const entry = entryAfter(recording, step);
  if ((entry & PTE_PRESENT) === 0) return undefined;
  const pfn = pte_pfn(entry);
  const { _refcount, _mapcount, flags } = k.w.page;
  return {
    pfn,
    refcount: _refcount.data[pfn],
    mapcount: _mapcount.data[pfn],
    exclusive: (flags.data[pfn] & PG_anon_exclusive) !== 0,
  };
}

// The entry of the page that the step touched, 0 for none.
function entryAfter(recording: Recording, step: number): number {
  const place = recording.steps.place(step);
  const { kernel: k } = recording;
  if (!place || k.w.mm.pgd.data[place.mm] === 0) return 0;
  const row = place.vpn < k.geometry.taskPages ? pte_offset(k, place.mm, place.vpn) : -1;
  return row < 0 ? 0 : k.w.pte.entry.data[row];
}
