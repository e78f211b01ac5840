// Fields of `page(…)`: the frame that an address maps.

import { PG_anon, PG_dirty, PG_ksm, PG_lru, PG_swapbacked, PG_swapcache } from "../mm/flags.ts";
import { PageAnonExclusive, page_folio, page_pgoff } from "../mm/folio.ts";
import type { Kernel } from "../mm/kernel.ts";
import { page_mapcount } from "../mm/mapcount.ts";
import { is_zero_page } from "../mm/normal_page.ts";
import { folio_maybe_dma_pinned, folio_ref_count } from "../mm/page_ref.ts";
import type { FieldSpec } from "./fields.ts";
import { joined, number, rowOf, textAt, truth } from "./read.ts";
import type { Value } from "./value.ts";

const MM_TYPES = "include/linux/mm_types.h";
const PAGE_FLAGS = "include/linux/page-flags.h";

type Rest = Omit<FieldSpec, "of" | "name" | "simulated" | "read">;

function page(name: string, rest: Rest, read: (k: Kernel, pfn: number) => Value): FieldSpec {
  return { of: "page", name, simulated: true, ...rest, read: (k, value) => read(k, rowOf(value)) };
}

// A flag of its folio.
function flag(name: string, bit: number, doc: string, source: string): FieldSpec {
  return page(name, { type: "truth", doc, source }, (k, pfn) => truth((flagsOf(k, pfn) & bit) !== 0));
}

function flagsOf(k: Kernel, pfn: number): number {
  return k.w.page.flags.data[page_folio(k, pfn)];
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
    (k, pfn) => number(folio_ref_count(k, page_folio(k, pfn))),
  ),
  page(
    "mapcount",
    {
      type: "counter",
      doc: "Page-table entries that map this page, PMDs of its folio included: what `/proc/kpagecount` shows. The logical value, so 0 is an unmapped page (the kernel stores one less); what `PG_double_map` adds is taken off. The zero page and special mappings count nothing. With `machine page_mapcount=off` the pages of a large folio share their average. Under `mapcount-mms` the address spaces that map any part of its folio, or have a swap entry for one. mm-semantics §0.1, §1.1, §8.6, §11.2.",
      source: `struct page._mapcount, ${MM_TYPES}; folio_precise_page_mapcount() and folio_average_page_mapcount(), fs/proc/internal.h (page_mapcount() before 6.11)`,
    },
    (k, pfn) => number(page_mapcount(k, pfn)),
  ),
  page(
    "exclusive",
    {
      type: "truth",
      doc: "`PG_anon_exclusive`: this anonymous page certainly belongs to one address space, so a write fault may use it in place whatever its refcount. Set on a fresh page and on every copy, cleared by fork. `munmap` leaves it as it is. Of a folio that a PMD maps only the head page's is set, and means them all. Under `exclusive-on-gup` a fresh page is not exclusive: GUP asks for it. `none` before 5.19. mm-semantics §7.4, §8.6.",
      source: `PageAnonExclusive(), ${PAGE_FLAGS}`,
      since: "5.19",
      also: ["exclusive-bit", "exclusive-on-gup"],
    },
    (k, pfn) => truth(PageAnonExclusive(k, pfn)),
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
    (k, pfn) =>
      truth(k.w.page.mapping.data[page_folio(k, pfn)] !== 0 && (flagsOf(k, pfn) & (PG_anon | PG_swapbacked)) === 0),
  ),
  page(
    "shmem",
    {
      type: "truth",
      doc: "The page is shared memory: of a memfd, or of a `shared|anonymous` mapping.",
      source: "!folio_test_anon() && folio_test_swapbacked(), as mm_counter_file() of include/linux/mm.h asks",
    },
    (k, pfn) => truth((flagsOf(k, pfn) & (PG_anon | PG_swapbacked)) === PG_swapbacked),
  ),
  flag("ksm", PG_ksm, "The page is a stable page of KSM. mm-semantics §5.9.", `folio_test_ksm(), ${PAGE_FLAGS}`),
  page(
    "zero",
    {
      type: "truth",
      doc: "The page is the zero page, or of the huge zero folio, which all processes share and which count no mapping. mm-semantics §1.4.",
      source: "is_zero_pfn(), include/linux/pgtable.h; is_huge_zero_folio(), include/linux/huge_mm.h",
    },
    (k, pfn) => truth(is_zero_page(k, pfn)),
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
      doc: "The kernel takes the page's folio for pinned (`FOLL_PIN`): the refcount of a small one is at least 1024, so that 1024 ordinary references look the same; a large one has a `pincount`. mm-semantics §1.6.",
      source: "folio_maybe_dma_pinned(), include/linux/mm.h",
    },
    (k, pfn) => truth(folio_maybe_dma_pinned(k, page_folio(k, pfn))),
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
      source: `struct folio.index, ${MM_TYPES}; page_pgoff(), include/linux/pagemap.h`,
    },
    (k, pfn) => (k.w.page.mapping.data[page_folio(k, pfn)] === 0 ? null : number(page_pgoff(k, pfn))),
  ),
  page(
    "folio",
    {
      type: "folio",
      doc: "The folio that the page belongs to: one small page, or several that are allocated and counted together.",
      source: `page_folio(), ${PAGE_FLAGS}`,
    },
    (k, pfn) => ({ kind: "folio", pfn: page_folio(k, pfn) }),
  ),
];
