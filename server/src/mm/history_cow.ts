// What 4.19 answers, and what each later release changed, about which page a write may keep, and what it gets in its place.
// mm-semantics §2.4, §2.9, §5.3, §7.0.

import { pinned_pages_are_copied } from "./fork_rules.ts";
import type { Change } from "./history.ts";
import type { CowRules } from "./model_cow.ts";
import { upgrades_dirty_shared, upgrades_exclusive, upgrades_exclusive_dirty } from "./mprotect_rules.ts";
import type { ReleaseName } from "./releases.ts";
import { reuse_by_mapcount_or_ksm, reuse_by_page_count, reuse_exclusive, reuse_only_reference } from "./reuse.ts";
import {
  reuse_large_all_ours,
  reuse_large_by_mapcount,
  reuse_large_by_page_count,
  reuse_large_exclusive,
  reuse_large_exclusive_or_only,
  reuse_large_only_reference,
  reuse_thp_by_mapcount,
  reuse_thp_exclusive,
  reuse_thp_only_reference,
} from "./reuse_large_rules.ts";

export const FIRST_COW: CowRules = {
  anonExclusive: false,
  reuseAnonSmall: reuse_by_mapcount_or_ksm,
  reuseAnonLarge: reuse_large_by_mapcount,
  reuseThp: reuse_thp_by_mapcount,
  thpCopy: "the folio",
  hugeZeroWrite: "allocates",
  hugeZeroWriteQueues: false,
  copyFreesSwapCache: false,
  reusesKsmPages: false,
  mprotectUpgrades: upgrades_dirty_shared,
  mprotectBatches: false,
  mprotectUpgradesPmds: false,
  mprotectCleansPmds: false,
  mprotectKeepsSoftDirty: false,
};

export const COW: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.7": [
    {
      since: "5.1",
      commits: ["52d1e606ee73"],
      text: "A write makes a KSM page without a second reference an ordinary one again instead of copying it.",
      rules: { reusesKsmPages: true },
    },
  ],
  "5.8": [
    {
      since: "5.8",
      commits: ["3917c80280c9"],
      text: "A write to a THP that is shared makes its PMD PTEs and copies one page, where it copied the whole; a write to the huge zero page makes its PMD PTEs, where it brought a THP.",
      rules: { thpCopy: "the page", hugeZeroWrite: "splits" },
    },
  ],
  "5.10": [
    {
      since: "5.9",
      commits: ["09854ba94c6a"],
      text: "A write fault reuses an anonymous page only when nobody holds a further reference to it: CVE-2020-29374 is closed for small pages. A KSM page is always copied.",
      rules: {
        reuseAnonSmall: reuse_by_page_count,
        reuseAnonLarge: reuse_large_by_page_count,
        reusesKsmPages: false,
      },
    },
  ],
  "5.15": [
    {
      since: "5.14",
      commits: ["f4c4a3f48480"],
      text: "Copy-on-write lets the old page leave the swap cache when nobody maps it any more.",
      rules: { copyFreesSwapCache: true },
    },
  ],
  "5.18": [
    {
      since: "5.18",
      commits: ["53a05ad9f21d", "d4c470970d45"],
      text: "Before a write fault copies an anonymous page, it gives up the references that the swap cache and the LRU batches hold.",
      rules: { reuseAnonSmall: reuse_only_reference, reuseAnonLarge: reuse_large_only_reference },
    },
    {
      since: "5.18",
      commits: ["3bff7e3f1f16"],
      text: "A write reuses a THP that a PMD maps when that is its only reference, where mappings alone counted.",
      rules: { reuseThp: reuse_thp_only_reference },
    },
  ],
  "5.19": [
    {
      since: "5.19",
      commits: ["6c287605fd56"],
      text: "PG_anon_exclusive marks a page that belongs to one address space alone. It is enough for a write fault to reuse the page; fork takes it away.",
      rules: {
        anonExclusive: true,
        reuseAnonSmall: reuse_exclusive,
        reuseAnonLarge: reuse_large_exclusive_or_only,
        reuseThp: reuse_thp_exclusive,
        forkCopiesPinned: pinned_pages_are_copied,
      },
    },
  ],
  "6.1": [
    {
      since: "6.0",
      commits: ["76aefad628aa"],
      text: "mprotect gives no write bit to an entry whose next write has to be seen (soft-dirty).",
      rules: { mprotectKeepsSoftDirty: true },
    },
    {
      since: "6.0",
      commits: ["64fe24a3e05e"],
      text: "mprotect makes dirty entries of exclusive anonymous pages writable at once.",
      rules: { mprotectUpgrades: upgrades_exclusive_dirty },
    },
  ],
  "6.6": [
    {
      since: "6.6",
      commits: [],
      text: "mprotect of all that a writable PMD maps loses its dirty bit on x86, as the bit was to go where shadow stacks do not look for it.",
      rules: { mprotectCleansPmds: true },
    },
    {
      since: "6.2",
      commits: ["6a56ccbcf6c6"],
      text: "mprotect makes clean entries of exclusive anonymous pages writable too.",
      rules: { mprotectUpgrades: upgrades_exclusive },
    },
    {
      since: "6.2",
      commits: [],
      text: "mprotect makes the PMD of an exclusive THP writable, too.",
      rules: { mprotectUpgradesPmds: true },
    },
  ],
  "6.10": [
    {
      since: "6.10",
      commits: [],
      text: "A write to a page of a PTE-mapped large folio reuses it only when it is exclusive, also when no other page of the folio is mapped any more.",
      rules: { reuseAnonLarge: reuse_large_exclusive },
    },
  ],
  "6.15": [
    {
      since: "6.13",
      commits: ["1ced09e0331f"],
      text: "A write to the huge zero page brings a THP, where it made its PMD PTEs.",
      rules: { hugeZeroWrite: "allocates" },
    },
    {
      since: "6.15",
      commits: ["1da190f4d0a6"],
      text: "A write to a page of a PTE-mapped large folio reuses it when this address space alone maps the folio and nobody else holds it.",
      rules: { reuseAnonLarge: reuse_large_all_ours },
    },
  ],
  "6.18": [
    {
      since: "6.17",
      commits: ["cac1db8c3aad"],
      text: "mprotect handles entries in a row of one large folio as one: where one is dirty or accessed, all are then.",
      rules: { mprotectBatches: true },
    },
    {
      since: "6.18",
      commits: [],
      text: "The THP that a write to the huge zero page brings waits in the deferred split queue, as others do.",
      rules: { hugeZeroWriteQueues: true },
    },
  ],
  "7.2": [
    {
      since: "7.2",
      commits: [],
      text: "mprotect keeps the dirty bit of PMDs on x86 again.",
      rules: { mprotectCleansPmds: false },
    },
  ],
};
