// What reclaim does with an entry of a page that MADV_FREE gave up. try_to_unmap_one(), mm/rmap.c; mm-semantics §5.4,
// §13 bug 15.

import { PG_dirty } from "./flags.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapcount, page_mapcount } from "./mapcount.ts";
import { folio_ref_count } from "./page_ref.ts";

// "discard": the content is lost. "swapbacked": the page is an ordinary one again. "lazyfree": it stays as it is.
export type LazyfreeOutcome = "discard" | "swapbacked" | "lazyfree";

const DIRTY = condition("folio_test_dirty(folio)", "dirty");
const ONLY_MAPPINGS = condition("ref_count == 1 + map_count", "refcount");

// Up to 5.17: a clean page goes, whoever holds a reference to write to it.
export function discards_clean(k: Kernel, pfn: number): LazyfreeOutcome {
  return dirty(k, pfn) ? "swapbacked" : "discard";
}

// From 5.18 on (6c8e2a256915): nobody but its mappings and reclaim may hold a reference to it. Of a large folio with PTEs the
// first page's mappings are compared, so that it is never discarded.
export function discards_unreferenced_page(k: Kernel, folio: number): LazyfreeOutcome {
  return only_mappings(k, folio, page_mapcount(k, folio)) && !dirty(k, folio) ? "discard" : "swapbacked";
}

// From 6.1 on (seen there): all mappings of the folio.
export function discards_unreferenced(k: Kernel, folio: number): LazyfreeOutcome {
  return only_mappings(k, folio, folio_mapcount(k, folio)) && !dirty(k, folio) ? "discard" : "swapbacked";
}

// The same, but a further reference alone leaves it free for the next reclaim. try_to_unmap_one(), mm/rmap.c, 7.2.
export function spares_referenced(k: Kernel, pfn: number): LazyfreeOutcome {
  if (dirty(k, pfn)) return "swapbacked";
  return only_mappings(k, pfn, folio_mapcount(k, pfn)) ? "discard" : "lazyfree";
}

function dirty(k: Kernel, pfn: number): boolean {
  const is = (k.w.page.flags.data[pfn] & PG_dirty) !== 0;
  return k.decide(DIRTY, is ? 1 : 0, is);
}

function only_mappings(k: Kernel, pfn: number, mapcount: number): boolean {
  const count = folio_ref_count(k, pfn);
  return k.decide(ONLY_MAPPINGS, count, count === 1 + mapcount);
}
