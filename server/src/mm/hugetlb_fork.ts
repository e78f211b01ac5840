// fork of hugetlb mappings. mm/hugetlb.c; mm-semantics §2.10, §3, measured 17.

import type { Errno } from "./abi.ts";
import { FOLIO_RESTORE_RESERVE } from "./flags.ts";
import { folio_test_anon, set_flag } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { alloc_hugetlb_folio, copy_user_large_folio, make_huge_pte } from "./hugetlb.ts";
import { huge_pte_alloc, next_huge_pte, pmd_is_shared } from "./hugetlb_pmd_share.ts";
import { hugetlb_add_file_rmap, hugetlb_add_new_anon_rmap, hugetlb_dup_anon_rmap } from "./hugetlb_rmap.ts";
import type { Kernel } from "./kernel.ts";
import { folio_get, refuses_refs } from "./page_ref.ts";
import { PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITE, pmd_offset, pte_pfn, pte_with } from "./pgtable.ts";
import { is_cow_mapping } from "./vma.ts";

// The child maps what the parent maps: refcount + 1, mapcount + 1, the child's hugetlb_usage + its pages; in a private mapping
// read-only on both sides and exclusive to nobody. A private page that may be pinned is copied for the child at once where the
// release does so; as the child owns no reservation, the copy comes from what nobody was promised. Where the child comes to share
// the parent's table of PMDs nothing is counted. Mirrors copy_hugetlb_page_range(), mm/hugetlb.c, 6.12.
export const copy_hugetlb_page_range = kernelFunction(
  "copy_hugetlb_page_range",
  "mm/hugetlb.c",
  (k: Kernel, dst: number, src: number): 0 | Errno => {
    const { vma, pte } = k.w;
    const parent = vma.mm.data[src] - 1;
    const child = vma.mm.data[dst] - 1;
    const cow = is_cow_mapping(vma.flags.data[src]);
    for (let vpn = vma.start.data[src]; vpn < vma.end.data[src]; ) {
      const from = pmd_offset(k, parent, vpn);
      if (from < 0) {
        vpn = next_huge_pte(k, vpn);
        continue;
      }
      const to = huge_pte_alloc(k, child, dst, vpn);
      if (to < 0) return "ENOMEM";
      if (pmd_is_shared(k, child, vpn)) {
        vpn = next_huge_pte(k, vpn);
        continue;
      }
      if (pte.entry.data[from] !== 0) {
        const error = copy_huge_pte(k, { dst, parent, child, cow, vpn, from, to });
        if (error !== 0) return error;
      }
      vpn += k.hpageNr;
    }
    return 0;
  },
);

interface Copy {
  readonly dst: number;
  readonly parent: number;
  readonly child: number;
  readonly cow: boolean;
  readonly vpn: number;
  // Rows of the two entries.
  readonly from: number;
  readonly to: number;
}

function copy_huge_pte(k: Kernel, copy: Copy): 0 | Errno {
  const { pte, mm } = k.w;
  const { cow, from, to } = copy;
  let entry = pte.entry.data[from];
  const folio = pte_pfn(entry);
  const anon = folio_test_anon(k, folio);
  if (cow && needs_copy(k, copy.parent, folio, anon)) return hugetlb_install_folio(k, copy, folio);
  if (refuses_refs(k, folio, 1)) return "ENOMEM";
  folio_get(k, folio);
  if (anon) hugetlb_dup_anon_rmap(k, folio);
  else hugetlb_add_file_rmap(k, folio);
  if (cow) {
    entry = pte_with(entry, 0, PTE_WRITE);
    k.set(pte.entry, from, entry);
  }
  k.set(pte.entry, to, entry);
  k.add(mm.hugetlb_usage, copy.child, k.hpageNr);
  return 0;
}

// Mirrors hugetlb_try_dup_anon_rmap(), include/linux/rmap.h, 6.12; page_needs_cow_for_dma(), 5.12 to 5.18.
function needs_copy(k: Kernel, parent: number, folio: number, anon: boolean): boolean {
  if (!k.model.hugetlbForkCopiesPinned || (!anon && !k.model.forkCopiesPinnedCache)) return false;
  return k.model.forkCopiesPinned(k, parent, folio);
}

// The child's own page, writable, until 6.14 also where the mapping does not allow writing (make_huge_pte() did not ask); the
// parent's entry stays as it is. ENOMEM when the pool has none for it.
// Mirrors hugetlb_install_folio(), mm/hugetlb.c, 6.12.
const hugetlb_install_folio = kernelFunction(
  "hugetlb_install_folio",
  "mm/hugetlb.c",
  (k: Kernel, { dst, child, vpn, to }: Copy, folio: number): 0 | Errno => {
    const fresh = alloc_hugetlb_folio(k, dst, vpn, true);
    if (typeof fresh === "string") return "ENOMEM";
    copy_user_large_folio(k, fresh, folio);
    set_flag(k, fresh, FOLIO_RESTORE_RESERVE, false);
    hugetlb_add_new_anon_rmap(k, dst, vpn, fresh, true);
    const asks = k.model.hugetlbForcedWrites === "read-only";
    const always = asks ? 0 : PTE_WRITE | PTE_DIRTY | PTE_SOFT_DIRTY;
    k.set(k.w.pte.entry, to, pte_with(make_huge_pte(k, dst, fresh, true), always));
    k.add(k.w.mm.hugetlb_usage, child, k.hpageNr);
    return 0;
  },
);
