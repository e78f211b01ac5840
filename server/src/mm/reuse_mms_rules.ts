// mapcount-mms: a write has an anonymous page in place when one address space alone maps its folio, whoever else holds
// references: copy-on-write as before 5.9, with another mapcount. mm-semantics §8.6.

import { PG_ksm } from "./flags.ts";
import { folio_test_anon, folio_test_large, folio_test_swapcache, page_folio } from "./folio.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { total_mapcount } from "./mapcount.ts";
import { folio_mms } from "./mms.ts";
import { folio_move_anon_rmap } from "./rmap.ts";
import { folio_free_swap } from "./swapfile.ts";

const MMS_IS_1 = condition("folio_mms(folio) == 1", "mms");

// Of a page that a PTE maps. A KSM page may be mapped twice in one address space, at addresses that have nothing to do with
// each other: it is always copied.
export function reuse_by_mms(k: Kernel, vma: number, page: number): boolean {
  const folio = page_folio(k, page);
  if (k.w.page.flags.data[folio] & PG_ksm || !one_space(k, folio)) return false;
  if (folio_test_swapcache(k, folio)) folio_free_swap(k, folio);
  // VMAs of one address space that map pages of a folio may have anon_vmas of their own, which all have to find it.
  if (!folio_test_large(k, folio) || total_mapcount(k, folio) === 1) folio_move_anon_rmap(k, vma, folio);
  return true;
}

// Of a THP that a PMD maps.
export function reuse_thp_by_mms(k: Kernel, _vma: number, folio: number): boolean {
  if (!one_space(k, folio)) return false;
  if (folio_test_swapcache(k, folio)) folio_free_swap(k, folio);
  return true;
}

// Of a hugetlb page, which no page of a file is.
export function reuse_hugetlb_by_mms(k: Kernel, folio: number): boolean {
  return folio_test_anon(k, folio) && one_space(k, folio);
}

function one_space(k: Kernel, folio: number): boolean {
  const mms = folio_mms(k, folio);
  return k.decide(MMS_IS_1, mms, mms === 1);
}
