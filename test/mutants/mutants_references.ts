// How far a counter of references goes, and what it counts: the rules of mm-semantics §8.6 and §9.

import { code, type Mutant, model } from "./mutant.ts";

export const REFERENCES: readonly Mutant[] = [
  model(
    "refcount-fail-early goes on to the end of the counter",
    "8.6",
    "refcount-fail-early",
    "refcountFailsEarly",
    "6.6",
  ),
  model("6.6 fails at a quarter of the counter", "8.6", "6.6", "refcountFailsEarly", "refcount-fail-early"),
  model("a large folio's counter wraps under refcount64", "8.6", "refcount64", "largeRefcountIsWide", "6.6"),
  model("a large folio's counter has 64 bits in 6.6", "8.6", "6.6", "largeRefcountIsWide", "refcount64"),
  model("vm_insert_page() counts a mapping", "8.6", "rmap-explicit", "insertPageCountsMapping", "6.6"),
  model("vm_insert_page() counts no mapping in 6.6", "8.6", "6.6", "insertPageCountsMapping", "rmap-explicit"),
  code("a page may have as many references as the limit less one", "8.6", "page_ref.ts", [
    "if (count + refs <= k.refcountLimit) return false;",
    "if (count + refs < k.refcountLimit) return false;",
  ]),
  code("a small page's counter has 64 bits as well", "8.6", "page_ref.ts", [
    "return !k.model.largeRefcountIsWide || !folio_test_large(k, folio);",
    "return !k.model.largeRefcountIsWide;",
  ]),
  code("fork of a PMD does not ask whether there is room for a reference", "8.6", "fork_huge.ts", [
    "      if (refuses_refs(k, folio, 1)) {\n        pte_free(k, table);",
    "      if (false) {\n        pte_free(k, table);",
  ]),
  code("fork of a private huge page of hugetlb does not ask", "8.6", "hugetlb_fork.ts", [
    '  if (refuses_refs(k, folio, 1)) return "ENOMEM";\n',
    "",
  ]),
  code("fork of an anonymous page does not ask", "8.6", "fork.ts", [
    "        complete = !refuses_refs(k, folio, 1);\n        if (!complete) break;\n        folio_get(k, folio);\n        folio_dup_anon_rmap_pte",
    "        folio_get(k, folio);\n        folio_dup_anon_rmap_pte",
  ]),
  code("fork of a driver's page does not ask", "8.6", "fork.ts", [
    "        complete = !refuses_refs(k, folio, 1);\n        if (!complete) break;\n        folio_get(k, folio);\n        if (counts",
    "        folio_get(k, folio);\n        if (counts",
  ]),
  code("GUP takes what is past the limit", "8.6", "gup.ts", [
    '  if (refuses_refs(k, folio, added)) return "ENOMEM";\n',
    "",
  ]),
  code("a write fault makes 512 references of one without asking", "8.6", "huge_pmd_wp.ts", [
    "    if (refuses_refs(k, folio, k.hpageNr - 1)) return VM_FAULT_OOM;\n",
    "",
  ]),
  code("a fault maps a file's page without asking", "8.6", "file_fault.ts", [
    "  if (!refuses_refs(k, folio, 0)) return found;",
    "  if (found.pfn >= 0) return found;",
  ]),
  code("fault-around maps what a fault may not", "8.6", "file_fault.ts", [
    "if (length > 0 && !refuses_refs(k, folio, length)) {",
    "if (length > 0) {",
  ]),
  code("a page comes back from the swap cache without asking", "8.6", "do_swap_page.ts", [
    "    if (refuses_refs(k, page_folio(k, page), 1)) return VM_FAULT_OOM;\n",
    "",
  ]),
  code("a file's huge page is mapped without asking", "8.6", "hugetlb.ts", [
    "    if (refuses_refs(k, folio, 1)) return VM_FAULT_OOM;\n",
    "",
  ]),
  code("a driver maps its page without asking", "8.6", "special_mapping.ts", [
    '    if (refuses_refs(k, pfn, 1)) return "ENOMEM";\n',
    "",
  ]),
  code("the copy of a driver's page is not counted either", "8.6", "normal_page.ts", [
    "  return folio_test_anon(k, folio);\n}\n\n// Whether follow_page()",
    "  return false;\n}\n\n// Whether follow_page()",
  ]),
  code("more than a counter holds goes around it once", "9", "overflow.ts", [
    "const kept = sum - 2 * end * Math.floor((sum + end) / (2 * end));",
    "const kept = sum < end ? sum + 2 * end : sum - 2 * end;",
  ]),
];
