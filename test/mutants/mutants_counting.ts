// Rules of counting the mappings of large folios, each broken in one way: mm-semantics §7.2, §7.5, §7.6, §11.

import { code, type Mutant, model } from "./mutant.ts";

export const COUNTING: readonly Mutant[] = [
  model("6.1 has no PG_double_map", "7.2", "6.1", "doubleMap", "6.6"),
  model("6.6 counts the pages of files for PMDs", "7.2", "6.6", "doubleMap", "6.1"),
  model("6.6 counts no mapped pages", "7.5", "6.6", "nrPagesMapped", "6.1"),
  model("6.10 counts all mappings nowhere", "7.5", "6.10", "largeMapcount", "6.8"),
  model("6.15 knows no owners", "7.6", "6.15", "mmIds", "6.12"),
  model("6.12 takes the first page for all", "7.5", "6.12", "largeMappedShared", "6.8"),
  model("6.8 tells from all mappings whether they are shared", "7.5", "6.8", "largeMappedShared", "6.12"),
  model("6.15 takes the first page for all", "7.6", "6.15", "largeMappedShared", "6.12"),
  model("6.12 can be built without page mapcounts", "7.6", "6.12", "pageMapcountIsOptional", "6.15"),
  model("6.15 cannot be built without page mapcounts", "7.6", "6.15", "pageMapcountIsOptional", "6.12"),
  model("6.1 keeps PG_double_map of files for ever", "7.2", "6.1", "firstFilePmdEndsDoubleMap", "5.10"),
  code("a PMD split leaves no PG_double_map", "7.2", "rmap_large.ts", [
    "  if (k.w.folio._entire_mapcount.data[row] > 1 && !has_double_map(k, row)) {",
    "  if (false) {",
  ]),
  code("the last PMD leaves PG_double_map", "7.2", "rmap_large.ts", [
    "  if (add_entire(k, row, -1) === 0 && has_double_map(k, row)) end_double_map(k, row);",
    "  add_entire(k, row, -1);",
  ]),
  code("the last PMD that is unmapped leaves PG_double_map", "7.2", "rmap_large.ts", [
    "const unmapped = has_double_map(k, row) ? end_double_map(k, row) : nr;",
    "const unmapped = nr;",
  ]),
  code("PG_double_map is set, and no page counts it", "7.2", "rmap_large.ts", [
    "    set_double_map(k, row, true);\n    add_mapcounts(k, folio, nr, 1);\n",
    "    set_double_map(k, row, true);\n",
  ]),
  code("a PTE of a file sets no PG_double_map", "7.2", "rmap_large.ts", [
    "    if (k.model.doubleMap && !is_anon(k, row)) set_double_map(k, row, true);\n",
    "",
  ]),
  code("a page's mapcount leaves out PMDs", "7.2", "mapcount.ts", [
    "  return own + k.w.folio._entire_mapcount.data[row];",
    "  return own;",
  ]),
  code("a page's mapcount keeps what PG_double_map added", "7.2", "mapcount.ts", [
    "  return flags.data[row] & FOLIO_DOUBLE_MAP ? 1 : 0;",
    "  return 0;",
  ]),
  code("total_mapcount() counts PMDs of files again for each page", "7.2", "mapcount.ts", [
    "  if (!anon) return flags.data[row] & FOLIO_HUGETLB ? 0 : _entire_mapcount.data[row];",
    "  if (!anon) return 0;",
  ]),
  code("page_trans_huge_mapcount() keeps what PG_double_map added", "7.1", "mapcount.ts", [
    "  return most - (flags.data[row] & FOLIO_DOUBLE_MAP ? 1 : 0) + _entire_mapcount.data[row];",
    "  return most + _entire_mapcount.data[row];",
  ]),
  code("a page that two PTEs map counts twice as mapped", "7.5", "rmap_large.ts", [
    "      if (k.model.nrPagesMapped) k.add(k.w.folio._nr_pages_mapped, row, first);",
    "      if (k.model.nrPagesMapped) k.add(k.w.folio._nr_pages_mapped, row, nr + 0 * first);",
  ]),
  code("a page that one of two PTEs leaves counts as unmapped", "7.5", "rmap_large.ts", [
    "      if (k.model.nrPagesMapped) k.add(folio._nr_pages_mapped, row, -last);",
    "      if (k.model.nrPagesMapped) k.add(folio._nr_pages_mapped, row, -nr + 0 * last);",
  ]),
  code("the last PMD leaves ENTIRELY_MAPPED", "7.5", "rmap_large.ts", [
    "        k.add(_nr_pages_mapped, row, -ENTIRELY_MAPPED);\n",
    "",
  ]),
  code("fork counts PTEs for the parent", "7.6", "fork_batch.ts", [
    "folio_dup_anon_rmap_ptes(k, dst, page, nr);",
    "folio_dup_anon_rmap_ptes(k, src, page, nr);",
  ]),
  code("a THP is queued for a split although a PMD maps it", "5.10", "rmap_large.ts", [
    "last > 0 && mapped < ENTIRELY_MAPPED && (mapped > 0 || k.model.unmappedPageQueuesSplit)",
    "last > 0",
  ]),
  code("a THP that loses its last PMD is never queued for a split", "5.10", "rmap_large.ts", [
    "        partially = unmapped > 0 && unmapped < nr;",
    "        partially = false;",
  ]),
  code("without page mapcounts a PMD hides nothing", "5.10", "rmap_large.ts", [
    "left < 2 ** folio.order.data[row] && folio._entire_mapcount.data[row] === 0;",
    "left < 2 ** folio.order.data[row];",
  ]),
  code("without page mapcounts a lost PMD queues nothing", "5.10", "rmap_large.ts", [
    "      partially = gone && left > 0 && left < nr;",
    "      partially = false;",
  ]),
  code("a second owner makes nothing shared", "7.6", "mm_ids.ts", [
    "    k.set(folio._mm_id_mapcount1, row, diff);\n    set_shared(k, row, true);\n",
    "    k.set(folio._mm_id_mapcount1, row, diff);\n",
  ]),
  code("an owner that takes the first slot makes nothing shared", "7.6", "mm_ids.ts", [
    "    if (mapcount !== diff) set_shared(k, row, true);\n",
    "",
  ]),
  code("a folio never becomes unshared", "7.6", "mm_ids.ts", ["    set_shared(k, row, false);\n", ""]),
  code("the second slot never unshares a folio", "7.6", "mm_ids.ts", [
    " || folio._mm_id_mapcount1.data[row] === mapcount",
    "",
  ]),
  code("an owner's count goes below nothing", "7.6", "mm_ids.ts", [
    "count.data[row] - diff >= 1",
    "count.data[row] !== diff",
  ]),
  code("a number is given only once", "7.6", "mm_ids.ts", [
    "  k.set(bits, word, bits.data[word] - 2 ** (id % IDS_A_WORD));\n",
    "",
  ]),
  code("averages round down", "11.2", "mapcount.ts", ["(mapcount - entire + nr / 2) / nr", "(mapcount - entire) / nr"]),
  code("averages leave out PMDs", "11.2", "mapcount.ts", ["Math.max(average + entire, 1)", "Math.max(average, 1)"]),
  code("a mapped page's average may be 0", "11.2", "mapcount.ts", [
    "Math.max(average + entire, 1)",
    "average + entire",
  ]),
  code("Uss takes an average of 1 for exclusive", "11.4", "smaps.ts", [
    "exclusive: !folio_maybe_mapped_shared(k, folio)",
    "exclusive: folio_average_page_mapcount(k, folio) < 2",
  ]),
  code("Pss of PMDs is that of the first page", "11.4", "smaps.ts", [
    "if (folio !== undefined) account(folio + (from - first), to - from);",
    "if (folio !== undefined) account(folio + (from - first), 1);",
  ]),
];
