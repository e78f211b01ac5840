// Splitting the folio at an address because somebody asks for it: debugfs split_huge_pages. mm/huge_memory.c; mm-semantics §5.12.
//
// The kernel takes ranges of addresses from 5.13 on (fa6c02315f74) and splits all huge pages of the machine before; the
// operation is about one address in every release.

import { VM_HUGETLB, VM_IO } from "./flags.ts";
import { folio_test_hugetlb, folio_test_large, is_huge_zero_folio, page_folio } from "./folio.ts";
import { can_split_folio, split_folio } from "./folio_split.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { followed, vm_normal_page } from "./normal_page.ts";
import { leafAt } from "./observe.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { clamped_page } from "./user_range.ts";

const SUITABLE = condition("!vma_not_suitable_for_thp_split(vma)", "vm_flags");
const HAS_PAGE = condition("folio_walk_start(&fw, vma, addr, 0)", "special");
const TRANSPARENT = condition("is_transparent_hugepage(folio)", "order");

// Splits the folio that the address maps into single pages, if nothing but its mappings and its cache holds it. What keeps
// it whole is recorded. Mirrors split_huge_pages_pid(), mm/huge_memory.c, 6.12.
export const split_huge_pages_pid = kernelFunction(
  "split_huge_pages_pid",
  "mm/huge_memory.c",
  (k: Kernel, task: number, addr: bigint) => {
    const mm = k.w.task.mm.data[task] - 1;
    const vpn = clamped_page(k, addr);
    const vma = k.vmas.lookup(mm, vpn);
    if (vma < 0) return;
    const flags = k.w.vma.flags.data[vma];
    if (flags & (VM_IO | VM_HUGETLB) && !k.decide(SUITABLE, flags, false)) return;
    const { entry } = leafAt(k, mm, vpn);
    const page = followed(k, entry) ? vm_normal_page(k, vma, entry) : undefined;
    if (page === undefined || is_huge_zero_folio(k, page_folio(k, page))) {
      k.decide(HAS_PAGE, 0, false);
      return;
    }
    const folio = page_folio(k, page);
    const thp = folio_test_large(k, folio) && !folio_test_hugetlb(k, folio);
    if (!thp && !k.decide(TRANSPARENT, 0, false)) return;
    if (!can_split_folio(k, folio, 0)) return;
    folio_get(k, folio);
    split_folio(k, folio);
    folio_put(k, folio);
  },
);
