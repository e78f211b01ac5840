// The mutants: rules of mm-semantics, each broken in one way. A trace must fail under each.

import { code, type Mutant, model } from "./mutant.ts";
import { COUNTERS } from "./mutants_counters.ts";
import { COUNTING } from "./mutants_counting.ts";
import { COPY_ON_WRITE } from "./mutants_cow.ts";
import { DEFAULT_PAGES } from "./mutants_default_page.ts";
import { EXCLUSIVE } from "./mutants_exclusive.ts";
import { FAULTS } from "./mutants_faults.ts";
import { FILE_FOLIOS } from "./mutants_file_folios.ts";
import { FORK } from "./mutants_fork.ts";
import { GUP } from "./mutants_gup.ts";
import { HUGETLB } from "./mutants_hugetlb.ts";
import { REFERENCES } from "./mutants_references.ts";
import { REFPAGE } from "./mutants_refpage.ts";
import { SPLITTING } from "./mutants_split.ts";
import { THP } from "./mutants_thp.ts";

export const MUTANTS: readonly Mutant[] = [
  model("5.10 reuses a page by its mapcount, whoever else refers to it", "2.4", "5.10", "reuseAnonSmall", "5.7"),
  model("6.1 asks the refcount alone and not the exclusive flag", "2.4", "6.1", "reuseAnonSmall", "5.10"),
  model("5.7 counts references before it reuses a page", "2.4", "5.7", "reuseAnonSmall", "5.10"),
  model("7.2 pins read-only what fork shared", "4.4", "7.2", "gupMustUnshare", "5.10"),
  model("6.12 leaves page-cache pages to a long-term pin", "4.4", "6.12", "gupMustUnshare", "6.1"),
  model("fork under 5.10 shares pinned pages", "3.3", "5.10", "forkCopiesPinned", "5.7"),
  model("fork under 6.12 shares pinned pages", "3.3", "6.12", "forkCopiesPinned", "5.7"),
  model("6.12 upgrades no private entry at mprotect", "5.3", "6.12", "mprotectUpgrades", "5.10"),
  model("6.1 makes clean exclusive pages writable at mprotect", "5.3", "6.1", "mprotectUpgrades", "6.12"),
  model("6.12 counts pins of the zero page", "1.4", "6.12", "pinsZeroPage", "5.10"),
  model("O_DIRECT pins in 6.1", "4.1", "6.1", "oDirectPins", "6.12"),
  model("O_DIRECT takes plain references in 6.12", "4.1", "6.12", "oDirectPins", "6.1"),
  model("4.19 pins with 1024", "4.8", "4.19", "pinBias", "5.7"),
  model("5.7 takes references to a page whose counter has overflowed", "4.7", "5.7", "refusesOverflow", "4.19"),
  model("4.19 asks the sign of a counter before it takes a reference", "4.7", "4.19", "refusesOverflow", "5.7"),
  model(
    "6.12 lets a long-term writer pin a file that tracks writes",
    "4.2",
    "6.12",
    "longtermNeedsUntrackedFile",
    "6.1",
  ),
  model("6.12 follows dirty entries for FOLL_FORCE", "4.6", "6.12", "canFollowForced", "5.10"),
  model("a retried fault is minor in 5.10", "2.3", "5.10", "retriedFaultsAreMajor", "5.7"),
  model("a read fault forgets that the page is dirty in 7.2", "2.3", "7.2", "readFaultKeepsDirty", "6.12"),
  model("a read of a swapped page maps it writable in 6.1", "2.7", "6.1", "mapSwappedPage", "6.12"),
  model("a read of a swapped page maps it read-only in 6.12", "2.7", "6.12", "mapSwappedPage", "6.1"),
  model("5.10 maps a swapped page by the exclusive marker", "2.7", "5.10", "mapSwappedPage", "6.1"),
  model("MADV_POPULATE passes holes in 6.12", "5.5", "6.12", "populateAdvice", "6.1"),
  model("KSM's pages are unshared by a write in 6.6", "5.9", "6.6", "breakKsmUnshares", "6.1"),
  model("migration loses the accessed bit in 6.12", "5.7", "6.12", "migrationKeepsAccessed", "5.10"),
  model("5.7 copies a KSM page that nobody else holds", "5.9", "5.7", "reusesKsmPages", "5.10"),
  model("7.2 goes past the swap cache for a synchronous device", "2.7", "7.2", "swapinSkipsCache", "6.18"),
  model("fork under 5.15 shares the page cache's pinned pages", "3.3", "5.15", "forkCopiesPinnedCache", "5.10"),
  model("7.2 forgets the tables of guarded file mappings at fork", "3.2", "7.2", "guardMarksVma", "6.18"),
  model("5.7 breaks copy-on-write for a reader's reference", "4.3", "5.7", "gupBreaksCow", "5.8"),
  model("6.12 counts a special entry as pinned", "4.3", "6.12", "gupPassesPfns", "5.17"),
  model("6.18 moves one VMA with one mremap", "5.2", "6.18", "mremapChecksFirst", "6.12"),
  model("5.18 drops given-up pages under a reference", "5.6", "5.18", "lazyfreeOutcome", "5.17"),
  model("6.6 forgets that KSM placed a zero page", "5.9", "6.6", "ksmMarksZeroPages", "6.1"),
  model("6.8 counts a fault tried again as major", "2.1", "6.8", "faultsLockVma", "6.6"),
  model("7.2 takes no buffer of more than 1 GiB", "4.1", "7.2", "ioUringTakesTebibyte", "6.18"),
  model("6.1 reads shared memory back without its neighbours", "2.7", "6.1", "shmemSwapinAlone", "6.15"),
  model("6.12 makes no hole through a mapping that is read-only now", "5.5", "6.12", "removeAsksMayWrite", "5.10"),
  model("swapoff loses the soft-dirty bit in 6.1", "5.13", "6.1", "unuseKeepsSoftDirty", "5.18"),
  model(
    "6.12 gives EINVAL for modes of fallocate that do not go together",
    "5.1",
    "6.12",
    "fallocateModesExclude",
    "6.10",
  ),
  model("6.12 writes a range back before it punches a hole", "5.1", "6.12", "punchHoleWrites", "6.1"),
  model("6.1 punches a hole into dirty pages", "5.1", "6.1", "punchHoleWrites", "6.12"),
  model("6.12 unmaps no page behind a hole in the first one", "5.1", "6.12", "holesCutWholeBlocks", "6.1"),
  model("6.12 leaves what was written past the end of a file that grows", "5.1", "6.12", "growthZeroesTail", "6.1"),
  model("6.12 leaves the new end of a file that grows alone", "5.1", "6.12", "growthZeroesTail", "7.2"),
  model("7.2 looks at the new end of a file that grows", "5.1", "7.2", "growthZeroesTail", "6.18"),
  model("clear_refs write-protects what is pinned in 6.12", "5.13", "6.12", "clearRefsSkipsPinned", "5.8"),
  model(
    "a fault that finds the mark of the next window waits in place in 5.7",
    "2.3",
    "5.7",
    "faultUnlocksToRead",
    "4.19",
  ),
  model("each try of a fault of GUP counts in 5.10", "2.3", "5.10", "gupCountsTries", "5.8"),
  model("a fault that makes a shared page dirty is tried again in 6.1", "2.3", "6.1", "dirtyingFaultsRetry", "5.19"),
  model("a fault that makes a shared page dirty is done at once in 5.19", "2.3", "5.19", "dirtyingFaultsRetry", "6.1"),
  model("fault-around marks entries as accessed on arm64 in 5.15", "2.3", "5.15", "armPrefaultsOld", "5.10"),
  model("a copy leaves the old page in the swap cache in 5.15", "2.5", "5.15", "copyFreesSwapCache", "5.10"),
  model("no page is known to be exclusive in 5.19", "2.4", "5.19", "anonExclusive", "5.18"),
  model("5.10 forgets that an address space was pinned", "3.3", "5.10", "mmHasPinned", "5.8"),
  model("fork under 6.1 takes a copy for the device's frame", "3.1", "6.1", "forkOfCopiedPfnmap", "5.19"),
  model("fork under 6.1 reuses an anon_vma too early", "3.1", "6.1", "reusesAnonVma", "5.19"),
  model("fork under 5.8 reuses no anon_vma that has a VMA", "3.1", "5.8", "reusesAnonVma", "5.10"),
  model("get_user_pages() takes long-term references in 5.10", "4.1", "5.10", "longtermNeedsPin", "5.8"),
  model("io_uring refuses mappings of files in 6.6", "4.1", "6.6", "ioUringRefusesFiles", "6.1"),
  model("a reference below a stack makes it grow in 6.6", "4.2", "6.6", "gupGrowsStacks", "5.19"),
  model("a reference below a stack is refused in 5.19", "4.2", "5.19", "gupGrowsStacks", "6.6"),
  model("populate leaves pages in the batches in 5.18", "1.3", "5.18", "populateDrainsLru", "5.17"),
  model("mlock has no batch in 5.18", "1.3", "5.18", "mlockBatches", "5.17"),
  model("drop_caches leaves pages in the batches in 6.6", "1.3", "6.6", "dropCachesDrainsLru", "6.1"),
  model("move_pages(2) leaves pages in the batches in 5.15", "1.3", "5.15", "migrationDisablesBatches", "5.10"),
  model("mremap moves entries one by one in 5.7", "5.2", "5.7", "mremapMovesTables", "4.19"),
  model("mremap of 5.7 unmaps before it asks for room", "5.2", "5.7", "mremapNeedsRoom", "4.19"),
  model("a mapping that grew in place stays apart in 6.1", "5.2", "6.1", "mremapGrowthMerges", "5.19"),
  model("MREMAP_DONTUNMAP is for anonymous memory alone in 5.15", "5.2", "5.15", "dontunmapAnonymousOnly", "5.10"),
  model("mprotect forgets who watches for writes in 6.1", "5.3", "6.1", "mprotectKeepsSoftDirty", "5.19"),
  model("madvise answers ENOMEM for too many VMAs in 5.17", "5.5", "5.17", "madviseTooManyVmas", "5.15"),
  model("reclaim swaps pinned pages out in 5.10", "5.6", "5.10", "reclaimSparesPinned", "5.8"),
  model("fresh anonymous pages are active in 5.10", "5.6a", "5.10", "newAnonIsActive", "5.8"),
  model("fresh anonymous pages are inactive in 5.8", "5.6a", "5.8", "newAnonIsActive", "5.10"),
  model("6.8 leaves entries alone that could move with their table", "5.2", "6.8", "mremapRealigns", "6.6"),
  model("6.6 moves a whole table for a part of it", "5.2", "6.6", "mremapRealigns", "6.8"),
  model("memory that became read-only stays charged in 6.8", "5.3", "6.8", "mprotectUncharges", "6.6"),
  model("memory that became read-only is charged no more in 6.6", "5.3", "6.6", "mprotectUncharges", "6.8"),
  model("6.6 frees a page's old frame before it takes the next new one", "5.7", "6.6", "migratesInBatches", "6.1"),
  model("6.1 takes all new frames before it frees an old one", "5.7", "6.1", "migratesInBatches", "6.6"),
  model("what MREMAP_DONTUNMAP leaves keeps its anon_vma in 5.15", "5.2", "5.15", "dontunmapLeaves", "5.10"),
  model("what MREMAP_DONTUNMAP leaves loses its anon_vma in 5.10", "5.2", "5.10", "dontunmapLeaves", "5.15"),
  model("what MREMAP_DONTUNMAP leaves keeps its page offset in 7.2", "5.2", "7.2", "dontunmapLeaves", "6.18"),
  model("what MREMAP_DONTUNMAP leaves loses its page offset in 6.6", "5.2", "6.6", "dontunmapLeaves", "6.1"),
  model("MREMAP_DONTUNMAP takes any mapping in 5.10", "5.2", "5.10", "dontunmapAnonymousOnly", "5.15"),
  model("mappings of files are not aligned in 5.18", "6.1", "5.18", "mmapAlignsFiles", "5.17"),
  model("mappings of files are aligned in 5.17", "6.1", "5.17", "mmapAlignsFiles", "5.18"),
  model("an aligned mapping leaves the top of the gap free in 6.8", "6.1", "6.8", "mmapAlignsFiles", "6.6"),
  model("an aligned mapping goes to the top of the gap in 6.6", "6.1", "6.6", "mmapAlignsFiles", "6.8"),
  model("reclaim keeps a pinned file page inactive in 6.1", "5.6a", "6.1", "reclaimActivatesPinned", "5.19"),
  model("reclaim makes a pinned file page active in 5.19", "5.6a", "5.19", "reclaimActivatesPinned", "6.1"),
  model("the heap merges with what lies below it in 6.1", "6.2", "6.1", "brkKeepsApart", "5.19"),
  model("the heap stays apart from what lies below it in 5.19", "6.2", "5.19", "brkKeepsApart", "6.1"),
  model("a dirty entry comes back as soft-dirty as it was in 6.1", "5.7", "6.1", "migrationKeepsSoftDirty", "5.19"),
  model("a dirty entry comes back soft-dirty from migration in 6.12", "5.7", "6.12", "migrationKeepsSoftDirty", "6.10"),
  model("the OOM killer takes the parent in 4.19", "2.1", "4.19", "oomPrefersChildren", "5.7"),
  model("the OOM killer takes a child in 5.7", "2.1", "5.7", "oomPrefersChildren", "4.19"),
  model("madvise does not know MADV_COLD in 5.7", "5.5", "5.7", "unknownAdvice", "4.19"),
  model("madvise does not know MADV_POPULATE_READ in 5.15", "5.5", "5.15", "unknownAdvice", "5.10"),
  model("6.6 faults at files under the VMA's lock", "2.1", "6.6", "faultsLockVma", "6.8"),
  model("4.19 gives the lock up for the next window", "2.3", "4.19", "faultUnlocksToRead", "5.7"),
  code("a hint needs no room for the alignment of a large mapping", "6.1", "unmapped_area.ts", [
    "  return large ? { ...request,",
    "  return false ? { ...request,",
  ]),
  code("a page that is read for a part of it is up to date", "5.1", "ext4_block.ts", [
    "    k.set(flags, pfn, flags.data[pfn] & ~PG_uptodate);\n",
    "",
  ]),
  code("a hole dirties a page that the disk has no block for", "5.1", "ext4_block.ts", [
    "    if (!buffer_mapped(k, file, index, pfn)) return 0;\n",
    "",
  ]),
  code("the disk keeps what was written past the end of a file", "5.1", "truncate.ts", [
    "      zero_past_end(k, file, folio);\n",
    "",
  ]),
  code("an anonymous read fault maps a page of its own", "2.2", "memory.ts", [
    "if ((vmf.flags & FAULT_FLAG_WRITE) === 0) {\n    k.set(k.w.pte.entry, vmf.pte, mk_pte(ZERO_PFN",
    "if (false) {\n    k.set(k.w.pte.entry, vmf.pte, mk_pte(ZERO_PFN",
  ]),
  code("the zero page is mapped without the special bit", "1.5", "memory.ts", [
    "mk_pte(ZERO_PFN, prot | PTE_SPECIAL)",
    "mk_pte(ZERO_PFN, prot)",
  ]),
  code("a fresh anonymous page is not exclusive", "1.1", "rmap.ts", [
    "const exclusive = k.model.anonExclusive && (copied || k.model.writableIsExclusive);",
    "const exclusive = false;",
  ]),
  code("a fresh anonymous page counts in no rss", "1.1", "memory.ts", [
    "  add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, nr);\n",
    "",
  ]),
  code("reuse leaves the entry clean", "2.4", "wp.ts", ["PTE_ACCESSED | PTE_DIRTY | PTE_SOFT_DIRTY | write", "write"]),
  code("reuse does not make the page exclusive", "2.4", "wp.ts", [
    "  if (k.model.anonExclusive && k.model.writableIsExclusive) k.set(f, page, f.data[page] | PG_anon_exclusive);\n",
    "",
  ]),
  code("an unshare makes the entry writable", "2.6", "wp.ts", [
    "if (vmf.flags & FAULT_FLAG_UNSHARE) return 0;",
    "if (vmf.flags & FAULT_FLAG_UNSHARE) wp_page_reuse(k, vmf);",
  ]),
  code("a copy's entry is not dirty", "2.5", "wp.ts", [
    "return fresh | PTE_DIRTY | PTE_SOFT_DIRTY",
    "return fresh | PTE_SOFT_DIRTY",
  ]),
  code("a copy of a page-cache page does not move the rss", "2.5", "wp.ts", [
    "} else if (!folio_test_anon(k, folio)) {",
    "} else if (false) {",
  ]),
  code("a copy keeps its reference to the old page", "2.5", "wp.ts", [
    "      folio_put(k, folio);\n      folio_put(k, folio);\n    }\n    k.outcome",
    "      folio_put(k, folio);\n    }\n    k.outcome",
  ]),
  code("fork copies the tables of every mapping", "3.2", "fork.ts", [
    "const needed = vma.anon_vma.data[src] !== 0 ||",
    "const needed = true ||",
  ]),
  code("fork leaves the parent's entry writable", "3.3", "fork.ts", [
    "        k.set(k.w.pte.entry, src_pte, entry);\n",
    "",
  ]),
  code("fork leaves the exclusive flag", "3.3", "rmap.ts", ["  set_exclusive(k, page, nr, false);\n", ""]),
  code("fork copies the accessed bit", "3.3", "fork.ts", [
    "pte_with(entry, 0, PTE_ACCESSED | (shared",
    "pte_with(entry, 0, 0 | (shared",
  ]),
  code("fork locks the child's memory", "3.1", "fork.ts", ["fields.flags & ~VM_LOCKED", "fields.flags"]),
  code("fork copies what MADV_DONTFORK excludes", "3.1", "fork.ts", ["if (fields.flags & VM_DONTCOPY) continue;", ""]),
  code("fork copies what MADV_WIPEONFORK wipes", "3.1", "fork.ts", [
    "const wiped = (fields.flags & VM_WIPEONFORK) !== 0;",
    "const wiped = false;",
  ]),
  code("a zap does not tell the page that it is dirty", "5.1", "zap.ts", [
    "  if (!anon && used & PTE_DIRTY) folio_mark_dirty(k, folio);\n",
    "",
  ]),
  code("truncation spares private copies", "5.1", "zap.ts", [
    "export const ZAP_ALL = ZAP_EVEN_COWS |",
    "export const ZAP_ALL = 0 |",
  ]),
  code("a page with exactly 1024 references does not look pinned", "1.6", "page_ref.ts", [
    ": count) >= GUP_PIN_COUNTING_BIAS",
    ": count) > GUP_PIN_COUNTING_BIAS",
  ]),
  code("an overflowed counter does not look pinned", "1.6", "page_ref.ts", [
    "(count < 0 ? count + 2 * k.refcountEnd : count)",
    "count",
  ]),
  code("a mapcount that has overflowed still says that the page is mapped", "4.7", "mapcount.ts", [
    "if (row < 0) return k.w.page._mapcount.data[folio] > 0;",
    "if (row < 0) return k.w.page._mapcount.data[folio] !== 0;",
  ]),
  code("a page that leaves locked memory waits nowhere", "1.3", "lru.ts", [
    "else if (k.machine.lru_batch) folio_batch_add_and_move(k, MLOCK, pfn, true);",
    "else if (false) folio_batch_add_and_move(k, MLOCK, pfn, true);",
  ]),
  code("before 5.18 a page that leaves locked memory waits nowhere", "1.3", "lru.ts", [
    "if (!k.model.mlockBatches) munlock_vma_page(k, pfn);",
    "if (!k.model.mlockBatches) __munlock_folio(k, pfn);",
  ]),
  code("what waits to be unlocked stays locked", "1.3", "lru.ts", [
    "      __munlock_folio(k, pfn);\n      continue;",
    "      continue;",
  ]),
  code("a read-only FOLL_FORCE write follows any anonymous page", "4.6", "gup_rules.ts", [
    "exclusive && folio_test_anon(k, page_folio(k, pfn)));\n}\n",
    "folio_test_anon(k, page_folio(k, pfn)));\n}\n",
  ]),
  code("a swap entry of an exclusive page gives no exclusive page", "2.7", "swapin_rules.ts", [
    "const marked = (vmf.entry & PTE_SWP_EXCLUSIVE) !== 0;",
    "const marked = false;",
  ]),
  code("a page that comes back from swap counts twice", "2.7", "swapin_rules.ts", [
    "  add_mm_counter(k, vmf.mm, k.w.mm.rss_swap, -nr);\n",
    "",
  ]),
  code("a page on its way to swap is not told that it is dirty", "5.6", "try_to_unmap.ts", [
    "  if (entry & PTE_DIRTY) folio_mark_dirty(k, pfn);\n",
    "",
  ]),
  code("a swap entry forgets that its page was exclusive", "5.6", "try_to_unmap.ts", [
    "pte_with(swp_entry(slot, marked), entry & PTE_SOFT_DIRTY)",
    "pte_with(swp_entry(slot, false), entry & PTE_SOFT_DIRTY)",
  ]),
  code("a page that comes back from swap forgets the soft-dirty bit", "2.7", "swapin_rules.ts", [
    "const softDirty = pte_flags(vmf.entry) & PTE_SOFT_DIRTY;",
    "const softDirty = 0;",
  ]),
  code("a read of a swapped page maps it writable where writes are tracked", "2.7", "swapin_rules.ts", [
    "!== 0 && !pte_needs_soft_dirty_wp(k, vmf.vma, vmf.entry);",
    "!== 0;",
  ]),
  code("a swap entry forgets the soft-dirty bit", "5.6", "try_to_unmap.ts", [
    "pte_with(swp_entry(slot, marked), entry & PTE_SOFT_DIRTY)",
    "swp_entry(slot, marked)",
  ]),
  code("a migration entry forgets that its page was exclusive", "5.7", "migration_kind.ts", [
    'told ? "read-exclusive" : "read"',
    '"read"',
  ]),
  code("a migration entry forgets that it may write", "5.7", "try_to_migrate.ts", [
    "(entry & PTE_SWP_WRITE ? PTE_WRITE : 0)",
    "0",
  ]),
  code("mremap does not mark what it moves as soft-dirty", "5.2", "move_page_tables.ts", [
    "target + i, pte_with(old, PTE_SOFT_DIRTY)",
    "target + i, old",
  ]),
  code("mremap leaves the entries that it moves", "5.2", "move_page_tables.ts", [
    "      k.set(entry, source + i, 0);\n",
    "",
  ]),
  code("ksmd merges a KSM page that is in no tree", "5.9", "ksm_merge.ts", [
    "if (k.decide(KSM_ALREADY, ksm ? 1 : 0, ksm)) return -1;\n    if (page_address_in_vma(k, vma, pfn) !== vpn) return -1;\n",
    "k.decide(KSM_ALREADY, ksm ? 1 : 0, ksm);\n",
  ]),
  code("reclaim does not mark the dirty pages of files that it leaves", "5.6", "vmscan_file.ts", [
    "page.flags.data[pfn] | PG_reclaim",
    "page.flags.data[pfn]",
  ]),
  code("clear_refs leaves the entries writable", "5.13", "soft_dirty.ts", [
    "present ? PTE_SOFT_DIRTY | PTE_WRITE : PTE_SOFT_DIRTY",
    "PTE_SOFT_DIRTY",
  ]),
  ...COUNTERS,
  ...FAULTS,
  ...COPY_ON_WRITE,
  ...FORK,
  ...GUP,
  ...COUNTING,
  ...DEFAULT_PAGES,
  ...EXCLUSIVE,
  ...FILE_FOLIOS,
  ...HUGETLB,
  ...THP,
  ...REFERENCES,
  ...SPLITTING,
  ...REFPAGE,
];
