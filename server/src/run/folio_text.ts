// What changes of a large folio, in the kernel's words: `folio 512 large_mapcount 1 → 512`.

import { ENTIRELY_MAPPED, FOLIO_FLAG_NAMES } from "../mm/flags.ts";
import type { Kernel } from "../mm/kernel.ts";
import { MM_ID_DUMMY } from "../mm/mm_ids.ts";
import { flagChange, mmName } from "./show.ts";

// A folio goes by the pfn of its head; by the number of its row before it has one, and when it is gone.
export function folioName(k: Kernel, row: number): string {
  const head = k.w.folio.head.data[row];
  return head === 0 ? `folio #${row}` : `folio ${head}`;
}

// The event without its subject. The columns go by the names that the language has for them.
export function folioChange(
  k: Kernel,
  { field, from, to }: { readonly field: string; readonly from: number; readonly to: number },
): string {
  switch (field) {
    case "head":
      return to === 0 ? "is gone" : `begins at pfn ${to}`;
    case "flags":
      return flagChange(FOLIO_FLAG_NAMES, from, to);
    case "deferred":
      return to === 0 ? "leaves the deferred split queue" : `joins the deferred split queue, place ${to}`;
    case "_nr_pages_mapped":
      return `nr_pages_mapped ${nrPagesMapped(from)} → ${nrPagesMapped(to)}`;
    case "_mm_id0":
    case "_mm_id1":
      return `${field.slice(1)} ${mmIdText(k, from)} → ${mmIdText(k, to)}`;
    case "_mm_id_mapcount0":
    case "_mm_id_mapcount1":
      return `mm_id${field.slice(-1)}_mapcount ${from} → ${to}`;
    default:
      return `${field.replace(/^_/, "")} ${from} → ${to}`;
  }
}

// What an event of page.folio says of its page.
export function pageFolioChange(k: Kernel, to: number): string {
  return to === 0 ? "folio → none" : `is of ${folioName(k, to - 1)}`;
}

// `512`, `ENTIRELY_MAPPED`, `ENTIRELY_MAPPED + 5`: the bit is set while a PMD maps the folio, the rest counts pages.
export function nrPagesMapped(value: number): string {
  if (value < ENTIRELY_MAPPED) return String(value);
  return value === ENTIRELY_MAPPED ? "ENTIRELY_MAPPED" : `ENTIRELY_MAPPED + ${value - ENTIRELY_MAPPED}`;
}

// An address space by its number, and who runs in it: `2 (child)`. One that has ended is known by its number alone.
export function mmIdText(k: Kernel, id: number): string {
  if (id === MM_ID_DUMMY) return "none";
  const mm = mmOfId(k, id);
  return mm < 0 ? String(id) : `${id} (${mmName(k, mm)})`;
}

// The address space that has the number now, -1 when none has.
function mmOfId(k: Kernel, id: number): number {
  if (id === MM_ID_DUMMY) return -1;
  for (let mm = 0; mm < k.rows(k.w.mm); mm++) if (k.w.mm.mm_id.data[mm] === id) return mm;
  return -1;
}
