// What must hold of the pages of KSM: nobody has one alone, and nobody writes to one. mm-semantics §5.9, §15.
//
// That a walk from the page finds all of its mappings is not promised: one that fork left in a VMA that was never
// mergeable is not found, as rmap_walk_ksm() looks where KSM merged and at forks of it.

import { PG_anon_exclusive, PG_ksm } from "./flags.ts";
import type { Breach } from "./invariants.ts";
import type { Kernel } from "./kernel.ts";
import { vm_normal_page } from "./normal_page.ts";
import { PTE_WRITE, walk_ptes } from "./pgtable.ts";

export function breaches_of_ksm(k: Kernel): Breach[] {
  const { page, vma } = k.w;
  const found: Breach[] = [];
  let any = false;
  for (let pfn = 0; pfn < k.w.machine.next_pfn.data[0]; pfn++) {
    const flags = page.flags.data[pfn];
    if ((flags & PG_ksm) === 0) continue;
    any = true;
    if ((flags & PG_anon_exclusive) === 0) continue;
    const message = `pfn ${pfn} is a page of KSM but exclusive`;
    found.push({ rule: "ksm-is-shared", kind: "bookkeeping", message, pfn });
  }
  for (let row = 0; any && row < k.rows(vma); row++) {
    const mm = vma.mm.data[row] - 1;
    if (mm < 0) continue;
    walk_ptes(k, mm, vma.start.data[row], vma.end.data[row], (_pte, vpn, entry) => {
      const pfn = entry & PTE_WRITE ? vm_normal_page(k, row, entry) : undefined;
      if (pfn === undefined || (page.flags.data[pfn] & PG_ksm) === 0) return;
      const message = `pfn ${pfn} is a page of KSM but mapped writable`;
      found.push({ rule: "ksm-is-shared", kind: "bookkeeping", message, pfn, mm, vpn });
    });
  }
  return found;
}
