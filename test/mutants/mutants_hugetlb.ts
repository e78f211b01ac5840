// Rules of hugetlb, each broken in one way: mm-semantics §2.10, §3, §4.2, §5.1, §5.2, §6.3.

import { code, type Mutant, model } from "./mutant.ts";

export const HUGETLB: readonly Mutant[] = [
  model("6.6 takes a reference for each page of a cached huge page", "2.10", "6.6", "hugetlbCacheRefs", "6.8"),
  model("6.8 takes one reference for a cached huge page", "2.10", "6.8", "hugetlbCacheRefs", "6.6"),
  model("5.19 leaves shared huge pages to the child's faults", "3.2", "5.19", "forkCopiesHugetlb", "6.1"),
  model("6.1 copies the entries of shared huge pages at fork", "3.2", "6.1", "forkCopiesHugetlb", "5.19"),
  model("5.10 copies pinned huge pages at fork", "3.3", "5.10", "hugetlbForkCopiesPinned", "5.15"),
  model("5.15 shares pinned huge pages at fork", "3.3", "5.15", "hugetlbForkCopiesPinned", "5.10"),
  model("5.19 refuses a forced write to a huge page", "4.2", "5.19", "hugetlbForcedWrites", "6.1"),
  model("6.12 lets a forced write make a huge page writable", "4.2", "6.12", "hugetlbForcedWrites", "5.19"),
  model("6.15 refuses a forced write to a huge page", "4.2", "6.15", "hugetlbForcedWrites", "6.12"),
  model("6.8 gives a reservation back with the page", "5.1", "6.8", "hugetlbZapRestores", "6.10"),
  model("6.10 keeps the reservation of a page that was given up", "5.1", "6.10", "hugetlbZapRestores", "6.8"),
  model("6.1 counts the faults of GUP on huge pages", "2.10", "6.1", "gupCountsHugetlb", "6.6"),
  model("6.12 counts no faults of GUP on huge pages", "2.10", "6.12", "gupCountsHugetlb", "6.1"),
  model("6.1 moves a huge page by its second page", "5.7", "6.1", "movesHugetlbByTails", "6.8"),
  model("6.12 moves a huge page by its first page alone", "5.7", "6.12", "movesHugetlbByTails", "6.1"),
  model("5.17 drops huge pages", "5.1", "5.17", "hugetlbDontneed", "5.18"),
  model("5.19 leaves the huge page that a range ends in", "5.1", "5.19", "hugetlbDontneed", "6.1"),
  model("6.1 drops the huge page that a range ends in", "5.1", "6.1", "hugetlbDontneed", "5.19"),
  model("5.15 moves huge pages", "5.2", "5.15", "hugetlbMoves", "5.17"),
  model("5.17 moves no huge pages", "5.2", "5.17", "hugetlbMoves", "5.15"),
  model("5.18 zeroes the parts of huge pages at a hole's ends", "5.1", "5.18", "hugetlbHolesZeroParts", "5.19"),
  model("5.19 leaves the parts of huge pages at a hole's ends", "5.1", "5.19", "hugetlbHolesZeroParts", "5.18"),
  model("6.12 rounds a hint for huge pages up", "6.1", "6.12", "hugetlbHintRounds", "6.15"),
  model("6.15 rounds a hint for huge pages down", "6.1", "6.15", "hugetlbHintRounds", "6.12"),
  model("5.8 unshares a table of PMDs at a split", "2.10", "5.8", "hugetlbSplitUnshares", "5.10"),
  model("5.10 keeps sharing a table of PMDs at a split", "2.10", "5.10", "hugetlbSplitUnshares", "5.8"),
  code("a huge page is copied for a reference", "2.10", "exclusive_rules.ts", [
    "const mapcount = hugetlb_mapcount(k, folio);",
    "const mapcount = k.w.page._refcount.data[folio] > 2 ? 2 : hugetlb_mapcount(k, folio);",
  ]),
  code("the owner does not take the page from the child", "2.10", "hugetlb_wp.ts", [
    "    if (!owner) return VM_FAULT_SIGBUS;\n",
    "    return VM_FAULT_SIGBUS;\n",
  ]),
  code("a robbed child gets zeroes", "2.10", "hugetlb_zap.ts", [
    "    set_vma_resv_flags(k, vma, HPAGE_RESV_UNMAPPED);\n",
    "",
  ]),
  code("mmap promises pages that the pool has not", "2.10", "hugetlb_pool.ts", [
    "  if (delta > 0 && !k.decide(ENOUGH_FREE, needed, needed <= 0)) return false;\n",
    "",
  ]),
  code("a mapping without a reservation takes promised pages", "2.10", "hugetlb.ts", [
    '    if (!reserved && !k.decide(AVAILABLE, available, available !== 0)) return "ENOSPC";\n',
    "",
  ]),
  code("munmap keeps what was promised and never touched", "2.10", "hugetlb_reserve.ts", [
    "  if (reserve !== 0) hugetlb_acct_memory(k, -reserve);\n",
    "",
  ]),
  code("the child inherits the reservation", "3.1", "fork.ts", [
    "const reserved = { resv_map: 0, resv_flags: 0 };",
    "const reserved = {};",
  ]),
  code("a buffer that shows a folio twice in a row keeps one reference to it", "1.6", "pin_folios.ts", [
    "pages[i + run] === pages[i] + run && ",
    "i + run < pages.length && ",
  ]),
  code("a huge page is split by munmap", "6.3", "hugetlb_vma.ts", [
    "return is_vm_hugetlb_page(k, vma) && at % k.hpageNr !== 0 ? refused(k, WITHIN_HUGE_PAGE, at) : 0;",
    "return 0;",
  ]),
  code("a hole leaves private copies of huge pages", "5.1", "hugetlbfs.ts", [
    "      hugetlb_vmdelete_list(k, file, first, last);\n",
    "",
  ]),
  code("shared mappings never share tables of PMDs", "2.10", "hugetlb_pmd_share.ts", [
    "    if (want_pmd_share(k, vma, vpn)) {",
    "    if (false) {",
  ]),
  code("the pool cleans its pages", "2.10", "hugetlb_pool.ts", [
    "  k.set(page.flags, folio, page.flags.data[folio] & PG_dirty);\n",
    "  k.set(page.flags, folio, 0);\n",
  ]),
  code("msync writes huge pages", "2.10", "truncate.ts", [
    "    if (kind === SHMEM_FILE || kind === HUGETLB_FILE) return;\n",
    "    if (kind === SHMEM_FILE) return;\n",
  ]),
  code("smaps counts PMDs without rights", "11.4", "smaps.ts", [
    "        const folio = followed(k, entry) ? vm_normal_page(k, row, entry) : undefined;\n",
    "        const folio = vm_normal_page(k, row, entry);\n",
  ]),
];
