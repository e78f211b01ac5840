// What must hold of the pages of KSM: nobody has one alone, and nobody writes to one. mm-semantics §5.9, §15.
//
// That a walk from the page finds all of its mappings is not promised: one that fork left in a VMA that was never
// mergeable is not found, as rmap_walk_ksm() looks where KSM merged and at forks of it.

import { PG_anon_exclusive, PG_ksm } from "./flags.ts";
import type { Breach } from "./invariants.ts";
import type { Kernel } from "./kernel.ts";
import type { Tally } from "./tally.ts";

export function ksmBreaches(k: Kernel, tally: Tally, pfn: number): Breach[] {
  const flags = k.w.page.flags.data[pfn];
  if ((flags & PG_ksm) === 0) return [];
  const found: Breach[] = [];
  const broken = (how: string) =>
    found.push({ rule: "ksm-is-shared", kind: "bookkeeping", message: `pfn ${pfn} is a page of KSM but ${how}`, pfn });
  if (flags & PG_anon_exclusive) broken("exclusive");
  if (tally.writable[pfn] > 0) broken("mapped writable");
  return found;
}
