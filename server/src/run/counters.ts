// What a step left behind, in a few words: the frame of the page it touched and that frame's counters.

import { PG_anon_exclusive } from "../mm/flags.ts";
import { PTE_PRESENT, pte_offset, pte_pfn } from "../mm/pgtable.ts";
import type { Recording } from "./recording.ts";

// `pfn 7 ref 1 map 1 excl`, or nothing when the step touched no page. The kernel is to stand behind the step.
export function countersAfter(recording: Recording, step: number): string {
  const place = recording.steps.place(step);
  const { kernel: k } = recording;
  if (!place || k.w.mm.pgd.data[place.mm] === 0) return "";
  const row = place.vpn < k.geometry.taskPages ? pte_offset(k, place.mm, place.vpn) : -1;
  const entry = row < 0 ? 0 : k.w.pte.entry.data[row];
  if ((entry & PTE_PRESENT) === 0) return "";
  const pfn = pte_pfn(entry);
  const { _refcount, _mapcount, flags } = k.w.page;
  const exclusive = flags.data[pfn] & PG_anon_exclusive ? " excl" : "";
  return `pfn ${pfn} ref ${_refcount.data[pfn]} map ${_mapcount.data[pfn]}${exclusive}`;
}
