// What 4.19 answers, and what each later release changed, about pages that are moved. mm-semantics §5.7.

import type { Change } from "./history.ts";
import type { MigrateRules } from "./model_migrate.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_MIGRATE: MigrateRules = {
  migrationKeepsAccessed: false,
  migrationKeepsSoftDirty: true,
  followsProtNone: true,
  migrationDisablesBatches: false,
  migratesInBatches: false,
};

export const MIGRATE: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.15": [
    {
      since: "5.13",
      commits: ["d479960e44f2"],
      text: "move_pages(2) lets no page wait in an LRU batch while it works.",
      rules: { migrationDisablesBatches: true },
    },
  ],
  "6.1": [
    {
      since: "6.1",
      commits: ["2e3468778dbe"],
      text: "Migration keeps the accessed and dirty bits of the entries that map a page; a dirty one becomes soft-dirty.",
      rules: { migrationKeepsAccessed: true, migrationKeepsSoftDirty: false },
    },
    {
      since: "6.1",
      commits: ["474098edac26"],
      text: "move_pages(2) and KSM leave the pages of PROT_NONE memory alone.",
      rules: { followsProtNone: false },
    },
  ],
  "6.6": [
    {
      since: "6.5",
      commits: ["d74943a2f3cd"],
      text: "move_pages(2) and KSM work on the pages of PROT_NONE memory again.",
      rules: { followsProtNone: true },
    },
    {
      since: "6.3",
      commits: ["5dfab109d519"],
      text: "migrate_pages() unmaps all pages of a list before it moves the first, and tries without waiting before it waits.",
      rules: { migratesInBatches: true },
    },
  ],
  "6.12": [
    {
      since: "6.12",
      commits: [],
      text: "Migration leaves an entry soft-dirty only where it was.",
      rules: { migrationKeepsSoftDirty: true },
    },
  ],
};
