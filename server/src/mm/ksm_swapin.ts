// A merged page that was swapped out comes back as an ordinary page, for one of the addresses that shared it. The others
// need copies. mm/ksm.c; mm-semantics §2.7, §5.9.

import { PG_anon, PG_dirty, PG_ksm, PG_swapbacked, PG_uptodate } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { alloc_page } from "./page_alloc.ts";
import { linear_page_index } from "./rmap.ts";

const IN_PLACE = condition(
  "folio->index == linear_page_index(vma, addr) && anon_vma->root == vma->anon_vma->root",
  "index",
);

// The page that the address may map: the one of the swap cache, or a copy when that one has its place elsewhere by now. A
// page that is still KSM's may be mapped anywhere. -1 when memory is used up. The copy is on no list yet.
// Mirrors ksm_might_need_to_copy(), mm/ksm.c, 6.12.
export const ksm_might_need_to_copy = kernelFunction(
  "ksm_might_need_to_copy",
  "mm/ksm.c",
  (k: Kernel, pfn: number, vma: number, vpn: number): number => {
    const { page, anon_vma } = k.w;
    const flags = page.flags.data[pfn];
    const mapping = page.mapping.data[pfn];
    if ((flags & PG_anon) === 0) return pfn;
    const index = linear_page_index(k, vma, vpn);
    const own = k.w.vma.anon_vma.data[vma];
    if (flags & PG_ksm) {
      if (mapping !== 0) return pfn;
    } else if (mapping === 0) {
      return pfn;
    } else {
      const root = anon_vma.root.data[mapping - 1];
      const inPlace = page.index.data[pfn] === index && own !== 0 && anon_vma.root.data[own - 1] === root;
      if (k.decide(IN_PLACE, page.index.data[pfn], inPlace)) return pfn;
    }
    const copy = alloc_page(k);
    if (copy < 0) return -1;
    k.set(page.content, copy, page.content.data[pfn]);
    k.set(page.flags, copy, PG_anon | PG_swapbacked | PG_uptodate | PG_dirty);
    k.set(page.mapping, copy, own);
    k.set(page.index, copy, index);
    return copy;
  },
);
