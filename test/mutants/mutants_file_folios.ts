// Rules of large folios in files, each broken in one way: mm-semantics §2.3, §5.8, §5.11, §5.12.

import { code, type Mutant, model } from "./mutant.ts";

export const FILE_FOLIOS: readonly Mutant[] = [
  model("6.18 has single pages in ordinary files", "2.3", "6.18", "fileFolios", "6.15"),
  model("6.12 reads no more for MADV_HUGEPAGE", "2.3", "6.12", "hugepageReadahead", "5.17"),
  model("6.18 maps a folio only in the window of fault-around", "2.3", "6.18", "faultAroundMapsFolio", "6.15"),
  model("6.12 maps one page of shared anonymous memory", "2.3", "6.12", "finishFaultMapsFolio", "6.10"),
  model("6.18 maps one page of a memfd", "2.3", "6.18", "finishFaultMapsFolio", "6.15"),
  model("6.18 maps a folio by a PMD past the end of the file", "2.3", "6.18", "pmdMapsWithinFile", "6.10"),
  model("6.12 maps a folio by a PMD against MADV_NOHUGEPAGE", "2.3", "6.12", "pmdMapAsksVma", "6.10"),
  model("6.6 begins prefaulted entries of a folio as not accessed", "2.3", "6.6", "faultAroundBatches", "6.1"),
  model("7.2 collapses no ordinary files", "5.11", "7.2", "collapsesFiles", "6.18"),
  model("6.6 frees the page table of one mapping alone", "5.11", "6.6", "collapseRetractsOwn", "6.1"),
  model("6.15 makes single pages of a folio with a hole", "5.12", "6.15", "truncateSplitsAround", "6.12"),
  model("6.15 keeps empty page tables", "5.1", "6.15", "dontneedFreesTables", "6.12"),
  model("7.2 marks a window that the end cuts off", "2.3", "7.2", "readaheadMarksAtEnd", "6.18"),
  code("the page cache holds one reference to a large folio", "1.1", "page_cache.ts", [
    "    folio_ref_add(k, folio, nr - 1);\n    set_cached(",
    "    set_cached(",
  ]),
  code("a PMD of a file counts in no rss", "2.3", "huge_file_pmd.ts", [
    "    add_mm_counter(k, mm, mm_counter_file(k, folio), k.hpageNr);\n",
    "",
  ]),
  code("a collapsed folio of shared memory is clean", "5.11", "collapse_file.ts", [
    "  if (shmem) folio_mark_dirty(k, folio);\n",
    "",
  ]),
];
