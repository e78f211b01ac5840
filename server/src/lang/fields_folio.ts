// Fields of `page(…).folio`.
//
// Small folios are all that this version makes. Counters that only a large folio has are `none` for them.

import type { Kernel } from "../mm/kernel.ts";
import { holdersOf } from "../mm/observe.ts";
import type { FieldSpec } from "./fields.ts";
import { number, rowOf, truth } from "./read.ts";
import type { Value } from "./value.ts";

const FOLIO = "struct folio";
const MM_TYPES = "include/linux/mm_types.h";

type Rest = Omit<FieldSpec, "of" | "name" | "simulated" | "read">;

function folio(name: string, rest: Rest, read: (k: Kernel, pfn: number) => Value): FieldSpec {
  return { of: "folio", name, simulated: true, ...rest, read: (k, value) => read(k, rowOf(value)) };
}

// What only large folios have.
function large(name: string, rest: Omit<Rest, "type"> & { readonly type?: FieldSpec["type"] }): FieldSpec {
  const doc = `${rest.doc} \`none\` for a small folio, which has no such field.`;
  return folio(name, { type: "counter", ...rest, doc }, () => null);
}

export const FOLIO_FIELDS: readonly FieldSpec[] = [
  folio(
    "order",
    {
      type: "number",
      doc: "log2 of the folio's pages: 0 for a small folio, 9 for a PMD-sized one on x86-64.",
      source: "folio_order(), include/linux/mm.h",
    },
    () => 0n,
  ),
  folio(
    "pages",
    { type: "number", unit: "pages", doc: "The folio's size.", source: "folio_nr_pages(), include/linux/mm.h" },
    () => 1n,
  ),
  folio(
    "refcount",
    {
      type: "counter",
      doc: "References to the folio as a whole; tail pages have none of their own. The same as `page(…).refcount`. mm-semantics §1.1.",
      source: `${FOLIO}._refcount, ${MM_TYPES}`,
    },
    (k, pfn) => number(k.w.page._refcount.data[pfn]),
  ),
  large("entire_mapcount", {
    doc: "PMD mappings (or hugetlb mappings) of the whole folio; called `compound_mapcount` before 5.18. mm-semantics §0.1.",
    source: `${FOLIO}._entire_mapcount, ${MM_TYPES}`,
  }),
  large("large_mapcount", {
    doc: "All mappings: `entire_mapcount` plus the mapcounts of all pages. mm-semantics §0.1.",
    source: `${FOLIO}._large_mapcount, ${MM_TYPES}`,
    since: "6.10",
  }),
  large("nr_pages_mapped", {
    doc: "Raw: the low 23 bits count the pages with a mapcount above 0, and 0x800000 (`ENTIRELY_MAPPED`) is set while a PMD maps the folio. mm-semantics §7.5.",
    source: `${FOLIO}._nr_pages_mapped, ${MM_TYPES}`,
    since: "6.3",
  }),
  large("pincount", {
    doc: "`FOLL_PIN` references of a large folio, one for each page pinned. mm-semantics §1.6.",
    source: `${FOLIO}._pincount, ${MM_TYPES}`,
    since: "5.7",
  }),
  folio(
    "maybe_mapped_shared",
    {
      type: "truth",
      doc: "Whether more than one address space may map the folio: mapcount above 1 for a small one; for a large one the answer of the owner tracking, which errs on the side of yes. mm-semantics §7.6.",
      source: "folio_maybe_mapped_shared(), include/linux/mm.h (folio_likely_mapped_shared() before 6.15)",
    },
    (k, pfn) => truth(k.w.page._mapcount.data[pfn] > 1),
  ),
  folio(
    "partially_mapped",
    {
      type: "truth",
      doc: "The folio was queued for a deferred split because part of it is mapped no longer. Never for a small folio. mm-semantics §5.10.",
      source: "folio_test_partially_mapped(), include/linux/page-flags.h",
      since: "6.12",
    },
    () => 0n,
  ),
  large("mm_id0", {
    type: "number",
    doc: "The first tracked owner's id. mm-semantics §7.6.",
    source: `${FOLIO}._mm_id[0], ${MM_TYPES}`,
    since: "6.15",
  }),
  large("mm_id1", {
    type: "number",
    doc: "The second tracked owner's id. mm-semantics §7.6.",
    source: `${FOLIO}._mm_id[1], ${MM_TYPES}`,
    since: "6.15",
  }),
  large("mm_id0_mapcount", {
    doc: "Mappings by the first tracked owner. mm-semantics §7.6.",
    source: `${FOLIO}._mm_id_mapcount[0], ${MM_TYPES}`,
    since: "6.15",
  }),
  large("mm_id1_mapcount", {
    doc: "Mappings by the second tracked owner. mm-semantics §7.6.",
    source: `${FOLIO}._mm_id_mapcount[1], ${MM_TYPES}`,
    since: "6.15",
  }),
  folio(
    "holders",
    {
      type: "string",
      doc: "Who holds the references, each with its count: the sum is `refcount`. Ours, for reading; the kernel keeps no such list.",
      source: "folio_expected_ref_count(), include/linux/mm.h, is what the kernel can tell",
    },
    (k, pfn) =>
      holdersOf(k, pfn)
        .map((holder) => holder.text)
        .join(", "),
  ),
  large("double_map", {
    type: "truth",
    doc: "`PG_double_map`: some map the folio by PMD and others by PTEs, and each page's mapcount is one too high. mm-semantics §7.2.",
    source: "PageDoubleMap(), include/linux/page-flags.h",
    until: "6.2",
  }),
  large("total_mapcount", {
    doc: "Sum of all mappings as the kernels with DoubleMap computed it. mm-semantics §7.2.",
    source: "total_mapcount(), mm/huge_memory.c",
    until: "6.10",
  }),
  large("trans_huge_mapcount", {
    doc: "The largest mapcount of any page of the folio: what decided its reuse. mm-semantics §7.1.",
    source: "page_trans_huge_mapcount(), mm/huge_memory.c",
    until: "5.18",
  }),
];
