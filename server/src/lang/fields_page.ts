// Fields of `page(…)`: the frame that an address maps.

import {
  PG_anon,
  PG_anon_exclusive,
  PG_dirty,
  PG_ksm,
  PG_lru,
  PG_swapbacked,
  PG_swapcache,
  PG_zero,
} from "../mm/flags.ts";
import type { Kernel } from "../mm/kernel.ts";
import { folio_maybe_dma_pinned } from "../mm/page_ref.ts";
import type { FieldSpec } from "./fields.ts";
import { joined, number, rowOf, textAt, truth } from "./read.ts";
import type { Value } from "./value.ts";

const MM_TYPES = "include/linux/mm_types.h";
const PAGE_FLAGS = "include/linux/page-flags.h";

type Rest = Omit<FieldSpec, "of" | "name" | "simulated" | "read">;

function page(name: string, rest: Rest, read: (k: Kernel, pfn: number) => Value): FieldSpec {
  return { of: "page", name, simulated: true, ...rest, read: (k, value) => read(k, rowOf(value)) };
}

function flag(name: string, bit: number, doc: string, source: string): FieldSpec {
  return page(name, { type: "truth", doc, source }, (k, pfn) => truth((k.w.page.flags.data[pfn] & bit) !== 0));
}

export const PAGE_FIELDS: readonly FieldSpec[] = [
  page(
    "pfn",
    {
      type: "number",
      doc: "The page frame number. It means nothing but its equality: two addresses with the same `pfn` map the same frame.",
      source: "page_to_pfn(), include/asm-generic/memory_model.h",
    },
    (_, pfn) => number(pfn),
  ),
  page(
    "refcount",
    {
      type: "counter",
      doc: "References to the page's folio: one for each page-table entry that maps it, one for each page in the page or swap cache, one for each `FOLL_GET`, 1024 for each `FOLL_PIN` of a small folio. 0 is a free page. Read signed. mm-semantics §1.1.",
      source: `struct folio._refcount, ${MM_TYPES}; folio_ref_count(), include/linux/page_ref.h`,
    },
    (k, pfn) => number(k.w.page._refcount.data[pfn]),
  ),
  page(
    "mapcount",
    {
      type: "counter",
      doc: "Page-table entries that map this page; the logical value, so 0 is an unmapped page (the kernel stores one less). The zero page and special mappings count nothing. mm-semantics §0.1, §1.1.",
      source: `struct page._mapcount, ${MM_TYPES}; folio_precise_page_mapcount(), fs/proc/internal.h`,
    },
    (k, pfn) => number(k.w.page._mapcount.data[pfn]),
  ),
  page(
    "exclusive",
    {
      type: "truth",
      doc: "`PG_anon_exclusive`: this anonymous page certainly belongs to one address space, so a write fault may use it in place whatever its refcount. Set on a fresh page and on every copy, cleared by fork. `munmap` leaves it as it is. `none` before 5.19. mm-semantics §7.4.",
      source: `PageAnonExclusive(), ${PAGE_FLAGS}`,
      since: "5.19",
      also: ["exclusive-bit", "exclusive-on-gup"],
    },
    (k, pfn) => truth((k.w.page.flags.data[pfn] & PG_anon_exclusive) !== 0),
  ),
  flag(
    "anon",
    PG_anon,
    "The page is anonymous: of private memory, or a private copy of a file's page. Not the zero page, and not shared anonymous memory, which is `shmem`.",
    `folio_test_anon(), ${PAGE_FLAGS}`,
  ),
  page(
    "file",
    {
      type: "truth",
      doc: "The page is in the page cache of an ordinary file.",
      source: "!folio_test_anon() && !folio_test_swapbacked()",
    },
    (k, pfn) => truth(k.w.page.mapping.data[pfn] !== 0 && (k.w.page.flags.data[pfn] & (PG_anon | PG_swapbacked)) === 0),
  ),
  page(
    "shmem",
    {
      type: "truth",
      doc: "The page is shared memory: of a memfd, or of a `shared|anonymous` mapping.",
      source: "!folio_test_anon() && folio_test_swapbacked(), as mm_counter_file() of include/linux/mm.h asks",
    },
    (k, pfn) => truth((k.w.page.flags.data[pfn] & (PG_anon | PG_swapbacked)) === PG_swapbacked),
  ),
  flag("ksm", PG_ksm, "The page is a stable page of KSM. mm-semantics §5.9.", `folio_test_ksm(), ${PAGE_FLAGS}`),
  flag(
    "zero",
    PG_zero,
    "The page is the zero page, which all processes share and which counts no mapping. mm-semantics §1.4.",
    "is_zero_pfn(), include/linux/pgtable.h",
  ),
  flag(
    "swapcache",
    PG_swapcache,
    "The page's folio is in the swap cache, which holds one reference for each page.",
    `folio_test_swapcache(), ${PAGE_FLAGS}`,
  ),
  flag(
    "dirty",
    PG_dirty,
    "The folio's dirty flag. A write sets the entry's dirty bit first (`pte(p).dirty`); it comes here when the entry is removed.",
    `folio_test_dirty(), ${PAGE_FLAGS}`,
  ),
  flag(
    "lru",
    PG_lru,
    "The folio is on an LRU list. The list holds no reference. mm-semantics §1.3.",
    `folio_test_lru(), ${PAGE_FLAGS}`,
  ),
  page(
    "pinned",
    {
      type: "truth",
      since: "5.7",
      doc: "The kernel takes the page for pinned (`FOLL_PIN`): the refcount of a small folio is at least 1024, so that 1024 ordinary references look the same. mm-semantics §1.6.",
      source: "folio_maybe_dma_pinned(), include/linux/mm.h",
    },
    (k, pfn) => truth(folio_maybe_dma_pinned(k, pfn)),
  ),
  page(
    "data",
    {
      type: "bytes",
      doc: "What the page holds, up to the first zero byte or the end of the page.",
      source: "kmap_local_page(), include/linux/highmem.h",
    },
    (k, pfn) => joined([textAt(k, pfn, 0)]),
  ),
  page(
    "index",
    {
      type: "number",
      unit: "pages",
      doc: "The page's offset in its file or, for an anonymous page, in the mapping where it was first faulted. `none` for a page of neither.",
      source: `struct folio.index, ${MM_TYPES}`,
    },
    (k, pfn) => (k.w.page.mapping.data[pfn] === 0 ? null : number(k.w.page.index.data[pfn])),
  ),
  page(
    "folio",
    {
      type: "folio",
      doc: "The folio that the page belongs to: one small page, or several that are allocated and counted together.",
      source: `page_folio(), ${PAGE_FLAGS}`,
    },
    (_, pfn) => ({ kind: "folio", pfn }),
  ),
];
