// The rules about the exclusive flag of anonymous pages in which kernels and proposals differ: a part of what a model is
// (model.ts). They mean nothing where a model does not have the flag (anonExclusive). mm-semantics §7.4, §8.6.

import type { Kernel } from "./kernel.ts";

export interface ExclusiveRules {
  // What may be written through an entry of a private mapping is exclusive: a fresh page, one that a write had in place, one
  // that comes back from migration to a writable entry. Copies of copy-on-write are in any case. folio_add_new_anon_rmap(),
  // mm/rmap.c; do_wp_page(), mm/memory.c.
  readonly writableIsExclusive: boolean;

  // Whether an exclusive page may lose its only mapping for something that may be shared: a swap entry, a migration entry.
  // The caller holds one reference beside mappings and caches. folio_try_share_anon_rmap_pte(), include/linux/rmap.h.
  readonly mayShareExclusive: (k: Kernel, folio: number) => boolean;

  // A swap entry says that its page was exclusive. pte_swp_mkexclusive(), try_to_unmap_one(), mm/rmap.c.
  readonly swapKeepsExclusive: boolean;

  // Whether the page that swapoff maps again is exclusive; slot is the entry's. unuse_pte(), mm/swapfile.c.
  readonly unuseExclusive: (k: Kernel, page: number, entry: number, slot: number) => boolean;

  // Migration entries say that their page was exclusive; those that a split makes do so in any case. mm/rmap.c.
  readonly migrationKeepsExclusive: boolean;

  // KSM looks for further references before it makes an exclusive page shared, also where its entry is read-only and clean.
  // write_protect_page(), mm/ksm.c.
  readonly ksmAsksExclusive: boolean;

  // Whether a write fault may make the hugetlb page writable in place; `held` references are the fault's own. hugetlb_wp(),
  // mm/hugetlb.c.
  readonly reuseHugetlb: (k: Kernel, folio: number, held: number) => boolean;

  // Every reference that GUP takes to an anonymous page is to an exclusive one: it asks whether it must unshare (gupMustUnshare)
  // where the entry is writable, too, and for FOLL_GET as for FOLL_PIN. follow_page_pte(), mm/gup.c.
  readonly gupWantsExclusive: boolean;

  // Whether the lockless form of GUP may have the page, of which the entry allows the access; of a folio that a PMD maps it is
  // the head. gup_fast_pte_range(), mm/gup.c.
  readonly gupFastTakes: (k: Kernel, flags: number, entry: number, page: number) => boolean;
}
