// The rules in which kernels differ about which page a write may keep, and what it gets in its place.
// What each release answers stands in history_cow.ts.

import type { Kernel } from "./kernel.ts";

export interface CowRules {
  // PG_anon_exclusive exists: a page can be known to belong to one address space alone (5.19, 6c287605fd56).
  readonly anonExclusive: boolean;

  // Whether a write fault may make the small anonymous page writable in place. do_wp_page(), mm-semantics §2.4, §7.0.
  readonly reuseAnonSmall: (k: Kernel, vma: number, pfn: number, vpn: number) => boolean;

  // The same of a page of a large folio that a PTE maps. do_wp_page(), mm-semantics §7.0, §7.6.
  readonly reuseAnonLarge: (k: Kernel, vma: number, page: number) => boolean;

  // The same of a THP that a PMD maps. do_huge_pmd_wp_page(), mm/huge_memory.c; mm-semantics §2.9.
  readonly reuseThp: (k: Kernel, vma: number, folio: number) => boolean;

  // What a write gets a copy of when it may not have such a THP in place: all of it, or, as the PMD becomes PTEs, the page (5.8,
  // 3917c80280c9). do_huge_pmd_wp_page(), mm/huge_memory.c.
  readonly thpCopy: "the folio" | "the page";

  // What a write to the huge zero folio does: brings a THP, or makes its PMD PTEs of the zero page (5.8 to 6.12,
  // 3917c80280c9, 1ced09e0331f), and whether that THP waits in the deferred split queue as others do (6.18).
  readonly hugeZeroWrite: "allocates" | "splits";
  readonly hugeZeroWriteQueues: boolean;

  // Copy-on-write lets the old page leave the swap cache when nobody maps it any more (5.14, f4c4a3f48480). wp_page_copy(),
  // mm/memory.c.
  readonly copyFreesSwapCache: boolean;

  // A write makes a KSM page without a second reference an ordinary one again instead of copying it (5.1 to 5.8,
  // 52d1e606ee73). reuse_ksm_page(), mm-semantics §7.1.
  readonly reusesKsmPages: boolean;

  // Whether mprotect to a writable protection makes this entry writable at once. Called for entries without the write
  // bit in a VMA that allows writing. can_change_pte_writable(), mm-semantics §5.3.
  readonly mprotectUpgrades: (k: Kernel, vma: number, entry: number, pfn: number | undefined) => boolean;

  // mprotect handles entries that map a large folio's pages in a row as one: what one of them says of being dirty or accessed all say
  // then (6.17, cac1db8c3aad). modify_prot_start_ptes(), include/linux/pgtable.h.
  readonly mprotectBatches: boolean;

  // mprotect makes PMDs writable by the rule for PTEs (6.2; before never in private memory). change_huge_pmd(),
  // mm/huge_memory.c; mm-semantics §5.3.
  readonly mprotectUpgradesPmds: boolean;

  // mprotect of all that a writable PMD maps loses its dirty bit on x86 (seen in 6.12 and 6.18, not in 6.1 and 7.2; shadow stacks came with 6.6): the page is
  // clean to those who ask the entry. pmd_modify(), arch/x86/include/asm/pgtable.h.
  readonly mprotectCleansPmds: boolean;

  // An entry that is not soft-dirty stays read-only where the next write has to be seen (6.0, 76aefad628aa); before,
  // mprotect had it the wrong way round. can_change_pte_writable(), mm/mprotect.c.
  readonly mprotectKeepsSoftDirty: boolean;
}
