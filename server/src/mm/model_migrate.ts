// The rules in which kernels differ about pages that are moved.
// What each release answers stands in history_migrate.ts.

export interface MigrateRules {
  // Migration keeps the accessed and dirty bits of an entry (6.1, 2e3468778dbe). mm-semantics, measured 9.
  readonly migrationKeepsAccessed: boolean;

  // An entry that migration makes dirty again is soft-dirty only where it was: pte_mkdirty() of x86 sets both bits, and 6.1
  // leaves it at that. remove_migration_pte(), mm/migrate.c.
  readonly migrationKeepsSoftDirty: boolean;

  // follow_page() looks through an entry of PROT_NONE memory, which move_pages(2) and KSM then work on. 6.1 took each for a
  // NUMA hint (474098edac26), which d74943a2f3cd undid in 6.5. gup_can_follow_protnone(), include/linux/mm.h.
  readonly followsProtNone: boolean;

  // move_pages(2) lets no page wait in an LRU batch while it works (5.13, d479960e44f2). lru_cache_disable(), mm/swap.c.
  readonly migrationDisablesBatches: boolean;

  // migrate_pages() unmaps all pages of a list before it moves the first (6.3, 5dfab109d519).
  readonly migratesInBatches: boolean;
}
