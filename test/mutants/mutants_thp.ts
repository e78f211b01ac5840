// The mutants of anonymous huge pages: mm-semantics §1.1, §1.4, §2.8, §2.9, §3.4, §5.1 to §5.3, §5.8, §7.0, §7.6.

import { code, type Mutant, model } from "./mutant.ts";

export const THP: readonly Mutant[] = [
  model("5.7 copies one page of a shared THP", "2.9", "5.7", "thpCopy", "5.8"),
  model("5.8 copies all of a shared THP", "2.9", "5.8", "thpCopy", "5.7"),
  model("6.12 brings a THP where the huge zero page is written to", "2.9", "6.12", "hugeZeroWrite", "6.15"),
  model("7.2 splits the huge zero page's entry at a write", "2.9", "7.2", "hugeZeroWrite", "6.12"),
  model("5.10 asks for a THP's references", "2.9", "5.10", "reuseThp", "5.18"),
  model("5.18 counts a THP's mappings", "2.9", "5.18", "reuseThp", "5.10"),
  model("6.12 does not ask whether a THP is exclusive", "2.9", "6.12", "reuseThp", "5.18"),
  model("5.7 counts the references of a PTE-mapped THP", "7.0", "5.7", "reuseAnonLarge", "5.10"),
  model("5.10 counts the mappings of a PTE-mapped THP", "7.0", "5.10", "reuseAnonLarge", "5.7"),
  model("6.1 reuses exclusive pages of a PTE-mapped THP alone", "7.0", "6.1", "reuseAnonLarge", "6.12"),
  model("6.12 reuses a PTE-mapped THP by its owners", "7.6", "6.12", "reuseAnonLarge", "6.15"),
  model("6.15 reuses exclusive pages of a PTE-mapped THP alone", "7.6", "6.15", "reuseAnonLarge", "6.12"),
  model("a PMD split under 6.1 makes dirty PTEs", "5.8", "6.1", "splitKeepsDirty", "6.12"),
  model("a PMD split under 7.2 makes clean PTEs", "5.8", "7.2", "splitKeepsDirty", "6.1"),
  model("mprotect handles a large folio's entries as one in 6.12", "5.3", "6.12", "mprotectBatches", "6.18"),
  model("mprotect handles a large folio's entries one by one in 6.18", "5.3", "6.18", "mprotectBatches", "6.12"),
  model("mprotect makes an exclusive PMD writable in 6.1", "5.3", "6.1", "mprotectUpgradesPmds", "6.6"),
  model("mprotect leaves an exclusive PMD read-only in 6.12", "5.3", "6.12", "mprotectUpgradesPmds", "6.1"),
  code("a THP goes where its mapping has no room for it", "2.8", "huge_memory.ts", [
    "first >= start.data[vma] && first + k.hpageNr <= end.data[vma]",
    "first >= start.data[vma]",
  ]),
  code("MADV_NOHUGEPAGE is forgotten", "2.8", "huge_memory.ts", ["VM_NOHUGEPAGE | VM_SPECIAL", "VM_SPECIAL"]),
  code("thp=madvise asks for no advice", "2.8", "huge_memory.ts", ["(flags & VM_HUGEPAGE) !== 0", "true"]),
  code("MADV_NOHUGEPAGE leaves the advice that it contradicts", "5.5", "madvise.ts", [
    "(flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE",
    "flags",
  ]),
  code("the huge zero page may be written to", "1.4", "huge_memory.ts", [
    "pte_prot(k.w.vma.flags.data[vmf.vma]) | PTE_SPECIAL",
    "pte_prot(k.w.vma.flags.data[vmf.vma]) | PTE_SPECIAL | PTE_WRITE",
  ]),
  code("each mapping of the huge zero page has one of its own", "1.4", "huge_zero.ts", [
    "if (machine.huge_zero_refcount.data[0] > 0) {",
    "if (machine.huge_zero_refcount.data[0] < 0) {",
  ]),
  code("a THP counts one page of rss", "2.8", "huge_memory.ts", [
    "add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, k.hpageNr);\n    deferred",
    "add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);\n    deferred",
  ]),
  code("no reuse of a THP makes it exclusive", "2.9", "huge_pmd_wp.ts", [
    "      k.set(page.flags, folio, page.flags.data[folio] | exclusive);\n",
    "",
  ]),
  code("a write copies only the first page of a THP", "2.9", "huge_pmd_wp.ts", [
    "copy_user_huge_page(k, folio, old);",
    "k.set(k.w.page.content, folio, k.w.page.content.data[old]);",
  ]),
  code("the old THP keeps its mapping when it is copied", "2.9", "huge_pmd_wp.ts", [
    "  drop_mapping(k, vmf, old);\n  k.outcome |= COW | HUGE;",
    "  k.outcome |= COW | HUGE;",
  ]),
  code("a PMD split takes no references for its PTEs", "5.8", "huge_pmd_split.ts", [
    "folio_ref_add(k, folio, k.hpageNr - 1);",
    "",
  ]),
  code("a PMD split leaves the exclusive flag with the head", "5.8", "huge_pmd_split.ts", [
    "if (exclusive) share_out_exclusive(k, folio);",
    "",
  ]),
  code("a PMD split makes all pages exclusive", "5.8", "huge_pmd_split.ts", [
    "if (exclusive) share_out_exclusive(k, folio);",
    "share_out_exclusive(k, folio);",
  ]),
  code("the PTEs of a split are writable", "5.8", "huge_pmd_split.ts", [
    "old & (PTE_ACCESSED | PTE_SOFT_DIRTY | (flags & VM_WRITE ? PTE_WRITE : 0))",
    "(old & (PTE_ACCESSED | PTE_SOFT_DIRTY)) | (flags & VM_WRITE ? PTE_WRITE : 0)",
  ]),
  code("the PTEs of a split all map the first page", "5.8", "huge_pmd_split.ts", [
    "k.hpageNr, first, mk_pte(1, 0)",
    "k.hpageNr, first, 0",
  ]),
  code("dirty PTEs of a split are not soft-dirty", "5.8", "huge_pmd_split.ts", [
    "PTE_DIRTY | (vm_soft_dirty(k) ? PTE_SOFT_DIRTY : 0)",
    "PTE_DIRTY",
  ]),
  code("a VMA's end leaves a PMD on both sides", "5.8", "vma_merge.ts", [
    "    vma_adjust_trans_huge(k, vma, at);\n",
    "",
  ]),
  code("unmapping leaves the table that waited", "5.1", "huge_pmd_zap.ts", [
    "if (anon) zap_deposited_table(k, mm, pmd);",
    "",
  ]),
  code("unmapping a THP takes one page of rss", "5.1", "huge_pmd_zap.ts", [
    "add_mm_counter(k, mm, mm_counter(k, folio), -k.hpageNr);",
    "add_mm_counter(k, mm, mm_counter(k, folio), -1);",
  ]),
  code("fork leaves the parent's huge entry writable", "3.4", "fork_huge.ts", [
    "      add_mm_counter(k, child, mm.rss_anon, k.hpageNr);\n      entry = pte_with(entry, 0, PTE_WRITE);",
    "      add_mm_counter(k, child, mm.rss_anon, k.hpageNr);",
  ]),
  code("fork shares a THP that may be pinned", "3.4", "fork_huge.ts", [
    "is_cow_mapping(vma.flags.data[src]) && k.model.forkCopiesPinned(k, parent, folio)",
    "is_cow_mapping(vma.flags.data[src]) && folio < 0",
  ]),
  code("fork's copy of a huge entry is accessed", "3.4", "fork_huge.ts", [
    "pmd_trans_huge(entry) ? pte_with(entry, 0, PTE_ACCESSED) : entry",
    "entry",
  ]),
  code("fork gives the child no table for a huge entry", "3.4", "fork_huge.ts", [
    "    pgtable_trans_huge_deposit(k, child, dst_pmd, table);",
    "    pte_free(k, table);",
  ]),
  code("a batch of fork forgets the entries' accessed bits", "3.3", "fork_batch.ts", [
    "const old = PTE_ACCESSED | (shared ? PTE_DIRTY : 0);",
    "const old = shared ? PTE_DIRTY : 0;",
  ]),
  code("a batch of fork leaves the parent's entries writable", "3.3", "fork_batch.ts", [
    "if (cow) clear_pte_bits(k, src_pte, nr, PTE_WRITE);",
    "",
  ]),
  code("mremap splits every huge entry", "5.2", "move_page_tables.ts", [
    "extent === k.hpageNr && move_huge_pmd",
    "extent < 0 && move_huge_pmd",
  ]),
  code("mremap leaves the table that waits for a huge entry", "5.2", "move_page_tables.ts", [
    "if (vma_is_anonymous(k, vma)) pgtable_trans_huge_move(k, source, target);",
    "",
  ]),
  code("clear_refs passes over huge entries", "5.13", "soft_dirty.ts", [
    "(pmd, _first, _from, _to, entry) => clear_soft_dirty(k, pmd, entry)",
    "() => undefined",
  ]),
  code("one mapping left of a large folio is enough to reuse it", "7.6", "reuse_large_rules.ts", [
    "if (!k.decide(MAPCOUNT_ABOVE_1, mapcount, mapcount > 1)) return false;",
    "k.decide(MAPCOUNT_ABOVE_1, mapcount, mapcount > 1);",
  ]),
  code("the shared bit is not asked", "7.6", "reuse_large_rules.ts", [
    "if (k.decide(SHARED, shared ? 1 : 0, shared)) return false;",
    "k.decide(SHARED, shared ? 1 : 0, shared);",
  ]),
  code("references from outside do not keep a large folio from being reused", "7.6", "reuse_large_rules.ts", [
    "k.decide(REFS_ARE_MAPPINGS, count, count === mapcount)",
    "k.decide(REFS_ARE_MAPPINGS, count, count >= mapcount)",
  ]),
];
