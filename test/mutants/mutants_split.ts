// Rules of splitting, reclaiming, swapping and moving large folios, each broken in one way: mm-semantics §5.4 to §5.12.

import { code, type Mutant, model } from "./mutant.ts";

export const SPLITTING: readonly Mutant[] = [
  model("6.12 has no mark of partly mapped folios", "5.10", "6.12", "partiallyMappedFlag", "6.10"),
  model("a folio split leaves pages of zeroes mapped in 6.12", "5.12", "6.12", "splitMapsZeroPages", "6.10"),
  model("a folio split replaces all PMDs in 6.18", "5.12", "6.18", "splitStopsAtFirstPmd", "6.15"),
  model("7.2 gives a folio split up after the first PMD", "5.12", "7.2", "splitStopsAtFirstPmd", "6.18"),
  model("6.8 writes large folios without a PMD to swap", "5.4", "6.8", "splitsBeforehand", "6.10"),
  model("6.10 splits what no PMD maps before it goes to swap", "5.4", "6.10", "splitsBeforehand", "6.8"),
  model("MADV_FREE of a whole folio leaves it whole in 6.8", "5.6", "6.8", "madviseSplits", "6.10"),
  model("MADV_FREE of a whole folio splits it in 6.10", "5.6", "6.10", "madviseSplits", "6.8"),
  model("a fault maps one page of a cached folio in 6.12", "2.7", "6.12", "swapinMapsLarge", "6.10"),
  model("a fault maps all of a cached folio in 6.10", "2.7", "6.10", "swapinMapsLarge", "6.12"),
  model("what migrates comes to no queue in 7.2", "5.7", "7.2", "migrationRequeues", "6.18"),
  model("what migrates comes to the queue in 6.18", "5.7", "6.18", "migrationRequeues", "7.2"),
  code("a folio split asks for no references before it begins", "5.12", "folio_split.ts", [
    '    if (!can_split_folio(k, folio, 1)) return "EAGAIN";\n',
    "",
  ]),
  code("a folio that cannot be frozen keeps its migration entries", "5.12", "folio_split.ts", [
    "      if (anon) remove_migration_runs(k, folio, pages, false);\n",
    "",
  ]),
  code("the pieces of an exclusive folio are not exclusive", "5.12", "remove_migration_large.ts", [
    "  if (k.model.anonExclusive && tells_exclusive(k, run.entry)) k.addRun(",
    "  if (false) k.addRun(",
  ]),
  code("a zero page in place of a page of zeroes counts as anonymous", "5.12", "remove_migration_large.ts", [
    "    add_mm_counter(k, vma.mm.data[run.vma] - 1, k.w.mm.rss_anon, -nr);\n",
    "",
  ]),
  code("PTEs that become migration entries keep their references", "5.7", "try_to_migrate_large.ts", [
    "    folio_put_refs(k, folio, nr);\n",
    "",
  ]),
  code("a whole page table of a folio in swap keeps rss", "5.4", "try_to_unmap_large.ts", [
    "    add_mm_counter(k, owner, mm.rss_anon, -nr);\n",
    "",
  ]),
  code("a large folio's entries count no swap", "5.4", "try_to_unmap_large.ts", [
    "    add_mm_counter(k, owner, mm.rss_swap, nr);\n",
    "",
  ]),
  code("all entries of a folio in swap name its first slot", "5.4", "try_to_unmap_large.ts", [
    "const slot = page.swap.data[folio] + first - folio;",
    "const slot = page.swap.data[folio];",
  ]),
  code("a THP that was given up goes without its page table", "5.6", "try_to_unmap_large.ts", [
    "    zap_deposited_table(k, mm, run.pte);\n",
    "",
  ]),
  code("MADV_FREE leaves a PMD dirty", "5.6", "madvise_free.ts", [
    "k.set(k.w.pte.entry, pmd, pte_with(entry, 0, PTE_ACCESSED | PTE_DIRTY));",
    "k.set(k.w.pte.entry, pmd, pte_with(entry, 0, PTE_ACCESSED));",
  ]),
  code("MADV_FREE takes the whole of a THP for a part", "5.6", "madvise_free.ts", [
    "    if (nr !== k.hpageNr) {",
    "    if (false) {",
  ]),
  code("the shrinker forgets a folio that it could not split", "5.10", "deferred_split_scan.ts", [
    "    for (const folio of kept) if (folio_is_queued(k, folio)) enqueue(k, large_folio(k, folio));\n",
    "    for (const folio of kept) folio_unqueue_deferred_split(k, folio);\n",
  ]),
  code("the shrinker splits what is mapped as a whole", "5.10", "deferred_split_scan.ts", [
    "const partially = !k.model.partiallyMappedFlag || has_flag(k, folio, FOLIO_PARTIALLY_MAPPED);",
    "const partially = true;",
  ]),
  code("a migrating folio's entries go all at once", "5.7", "try_to_migrate_large.ts", [
    "  folio_remove_rmap_ptes(k, vma, page, 1);\n  if (nr > 1) folio_remove_rmap_ptes(k, vma, page + 1, nr - 1);\n",
    "  folio_remove_rmap_ptes(k, vma, page, nr);\n",
  ]),
];
