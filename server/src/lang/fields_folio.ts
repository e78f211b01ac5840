// Fields of `page(…).folio`.
//
// A folio is known by its head page. Counters that only a large folio has are `none` for a small one.

import { FOLIO_DOUBLE_MAP, FOLIO_PARTIALLY_MAPPED } from "../mm/flags.ts";
import { folio_nr_pages, folio_order, has_flag, large_folio } from "../mm/folio.ts";
import type { Kernel } from "../mm/kernel.ts";
import {
  folio_entire_mapcount,
  folio_maybe_mapped_shared,
  page_trans_huge_mapcount,
  total_mapcount,
} from "../mm/mapcount.ts";
import { holdersOf } from "../mm/observe.ts";
import { folio_has_pincount } from "../mm/page_ref.ts";
import { no_page_mapcount } from "../mm/rmap_large.ts";
import type { FieldSpec } from "./fields.ts";
import { number, rowOf, truth } from "./read.ts";
import type { Value } from "./value.ts";

const FOLIO = "struct folio";
const MM_TYPES = "include/linux/mm_types.h";

type Rest = Omit<FieldSpec, "of" | "name" | "simulated" | "read">;

function folio(name: string, rest: Rest, read: (k: Kernel, pfn: number) => Value): FieldSpec {
  return { of: "folio", name, simulated: true, ...rest, read: (k, value) => read(k, rowOf(value)) };
}

// What only large folios have: `read` gets the folio's row of its table.
function large(
  name: string,
  rest: Omit<Rest, "type"> & { readonly type?: FieldSpec["type"] },
  read: (k: Kernel, row: number) => Value,
): FieldSpec {
  const doc = `${rest.doc} \`none\` for a small folio, which has no such field.`;
  return folio(name, { type: "counter", ...rest, doc }, (k, pfn) => {
    const row = large_folio(k, pfn);
    return row < 0 ? null : read(k, row);
  });
}

function headOf(k: Kernel, row: number): number {
  return k.w.folio.head.data[row];
}

function flagged(k: Kernel, row: number, flag: number): Value {
  return truth((k.w.folio.flags.data[row] & flag) !== 0);
}

export const FOLIO_FIELDS: readonly FieldSpec[] = [
  folio(
    "order",
    {
      type: "number",
      doc: "log2 of the folio's pages: 0 for a small folio, 9 for a PMD-sized one on x86-64.",
      source: "folio_order(), include/linux/mm.h",
    },
    (k, pfn) => number(folio_order(k, pfn)),
  ),
  folio(
    "pages",
    { type: "number", unit: "pages", doc: "The folio's size.", source: "folio_nr_pages(), include/linux/mm.h" },
    (k, pfn) => number(folio_nr_pages(k, pfn)),
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
  large(
    "entire_mapcount",
    {
      doc: "PMD mappings (or hugetlb mappings) of the whole folio; called `compound_mapcount` before 5.18. mm-semantics §0.1.",
      source: `${FOLIO}._entire_mapcount, ${MM_TYPES}`,
    },
    (k, row) => number(folio_entire_mapcount(k, row)),
  ),
  large(
    "large_mapcount",
    {
      doc: "All mappings: `entire_mapcount` plus the mapcounts of all pages. mm-semantics §0.1.",
      source: `${FOLIO}._large_mapcount, ${MM_TYPES}`,
      since: "6.10",
    },
    (k, row) => number(k.w.folio._large_mapcount.data[row]),
  ),
  large(
    "nr_pages_mapped",
    {
      doc: "Raw: the low 23 bits count the pages with a mapcount above 0, and 0x800000 (`ENTIRELY_MAPPED`) is set while a PMD maps the folio. `none` with `machine page_mapcount=off`. mm-semantics §7.5.",
      source: `${FOLIO}._nr_pages_mapped, ${MM_TYPES}`,
      since: "6.3",
    },
    (k, row) => (no_page_mapcount(k) ? null : number(k.w.folio._nr_pages_mapped.data[row])),
  ),
  large(
    "pincount",
    {
      doc: "`FOLL_PIN` references of a large folio, one for each page pinned; a folio of two pages has no such counter before 5.18, nor on 32 bits from 6.15 on. mm-semantics §1.6.",
      source: `${FOLIO}._pincount, ${MM_TYPES}`,
      since: "5.7",
    },
    (k, row) => (folio_has_pincount(k, headOf(k, row)) ? number(k.w.folio._pincount.data[row]) : null),
  ),
  folio(
    "maybe_mapped_shared",
    {
      type: "truth",
      doc: "Whether more than one address space may map the folio: mapcount above 1 for a small one and for hugetlb. For a large one: from 6.15 on the answer of the owner tracking, which errs on the side of yes; from 6.10 on more mappings than pages, a PMD beside another mapping, or a first page that is mapped twice; before, the mapcount of the first page. mm-semantics §7.5, §7.6.",
      source:
        "folio_maybe_mapped_shared(), include/linux/mm.h (folio_likely_mapped_shared() before 6.15, folio_estimated_sharers() before 6.10)",
    },
    (k, pfn) => truth(folio_maybe_mapped_shared(k, pfn)),
  ),
  folio(
    "partially_mapped",
    {
      type: "truth",
      doc: "The folio was queued for a deferred split because part of it is mapped no longer. Never for a small folio. mm-semantics §5.10.",
      source: "folio_test_partially_mapped(), include/linux/page-flags.h",
      since: "6.12",
    },
    (k, pfn) => truth(has_flag(k, pfn, FOLIO_PARTIALLY_MAPPED)),
  ),
  large(
    "mm_id0",
    {
      type: "number",
      doc: "The first tracked owner's id. mm-semantics §7.6.",
      source: `${FOLIO}._mm_id[0], ${MM_TYPES}`,
      since: "6.15",
    },
    (k, row) => number(k.w.folio._mm_id0.data[row]),
  ),
  large(
    "mm_id1",
    {
      type: "number",
      doc: "The second tracked owner's id. mm-semantics §7.6.",
      source: `${FOLIO}._mm_id[1], ${MM_TYPES}`,
      since: "6.15",
    },
    (k, row) => number(k.w.folio._mm_id1.data[row]),
  ),
  large(
    "mm_id0_mapcount",
    {
      doc: "Mappings by the first tracked owner. mm-semantics §7.6.",
      source: `${FOLIO}._mm_id_mapcount[0], ${MM_TYPES}`,
      since: "6.15",
    },
    (k, row) => number(k.w.folio._mm_id_mapcount0.data[row]),
  ),
  large(
    "mm_id1_mapcount",
    {
      doc: "Mappings by the second tracked owner. mm-semantics §7.6.",
      source: `${FOLIO}._mm_id_mapcount[1], ${MM_TYPES}`,
      since: "6.15",
    },
    (k, row) => number(k.w.folio._mm_id_mapcount1.data[row]),
  ),
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
  large(
    "double_map",
    {
      type: "truth",
      doc: "`PG_double_map`: some map the folio by PMD and others by PTEs, and each page's mapcount is one too high. mm-semantics §7.2.",
      source: "PageDoubleMap(), include/linux/page-flags.h",
      until: "6.2",
    },
    (k, row) => flagged(k, row, FOLIO_DOUBLE_MAP),
  ),
  large(
    "total_mapcount",
    {
      doc: "Sum of all mappings as the kernels with DoubleMap computed it. mm-semantics §7.2.",
      source: "total_mapcount(), mm/huge_memory.c",
      until: "6.10",
    },
    (k, row) => number(total_mapcount(k, headOf(k, row))),
  ),
  large(
    "trans_huge_mapcount",
    {
      doc: "The largest mapcount of any page of the folio: what decided its reuse. mm-semantics §7.1.",
      source: "page_trans_huge_mapcount(), mm/huge_memory.c",
      until: "5.18",
    },
    (k, row) => number(page_trans_huge_mapcount(k, headOf(k, row))),
  ),
];
