// Flag bits of pages, entries and VMAs. The names are the kernel's; where a flag is no bit there (PageAnon is the low
// bit of page->mapping), it is one here.

// enum pageflags, include/linux/page-flags.h.
export const PG_anon = 0x1;
export const PG_anon_exclusive = 0x2;
export const PG_swapbacked = 0x4;
export const PG_dirty = 0x8;
export const PG_swapcache = 0x10;
export const PG_lru = 0x20;
export const PG_ksm = 0x40;
export const PG_uptodate = 0x80;
export const PG_writeback = 0x100;
export const PG_mlocked = 0x200;
export const PG_zero = 0x400; // the zero page
export const PG_table = 0x800; // a page table's own page
export const PG_active = 0x2000; // on an active LRU list
export const PG_referenced = 0x4000; // used once since it was last looked at
export const PG_unevictable = 0x8000; // on the LRU list of pages that cannot be reclaimed
export const PG_reclaim = 0x10000; // reclaim waits for it to be written back
export const PG_readahead = PG_reclaim; // the same bit: the first fault on it reads the next window
export const PG_compacted = 0x20000; // its frame is one of the last, where compaction put it
export const PG_default_page = 0x40000; // what a mapping of refpage-in-mapping shows where nothing was written

// Of a large folio, in its own row: flags of its second page, and what the mm ids say.
export const FOLIO_PARTIALLY_MAPPED = 0x1; // PG_partially_mapped
export const FOLIO_DOUBLE_MAP = 0x2; // PG_double_map
export const FOLIO_HUGETLB = 0x4; // PGTY_hugetlb
export const FOLIO_MM_IDS_SHARED = 0x8; // FOLIO_MM_IDS_SHARED_BIT of _mm_ids
export const FOLIO_HUGE_ZERO = 0x10; // the huge zero folio
export const FOLIO_RESTORE_RESERVE = 0x20; // hugetlb: freeing it gives its reservation back
export const FOLIO_TEMPORARY = 0x40; // hugetlb: not of the pool, it came for a migration (HPG_temporary)

export const FOLIO_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [FOLIO_PARTIALLY_MAPPED, "partially_mapped"],
  [FOLIO_DOUBLE_MAP, "double_map"],
  [FOLIO_HUGETLB, "hugetlb"],
  [FOLIO_MM_IDS_SHARED, "mm_ids_shared"],
  [FOLIO_HUGE_ZERO, "huge_zero"],
  [FOLIO_RESTORE_RESERVE, "restore_reserve"],
  [FOLIO_TEMPORARY, "temporary"],
];

// Set in _nr_pages_mapped while a PMD maps the folio. mm/internal.h.
export const ENTIRELY_MAPPED = 0x800000;

export const PAGE_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [PG_anon, "anon"],
  [PG_anon_exclusive, "exclusive"],
  [PG_swapbacked, "swapbacked"],
  [PG_dirty, "dirty"],
  [PG_swapcache, "swapcache"],
  [PG_lru, "lru"],
  [PG_ksm, "ksm"],
  [PG_uptodate, "uptodate"],
  [PG_writeback, "writeback"],
  [PG_mlocked, "mlocked"],
  [PG_zero, "zero"],
  [PG_table, "table"],
  [PG_active, "active"],
  [PG_referenced, "referenced"],
  [PG_unevictable, "unevictable"],
  [PG_reclaim, "reclaim"],
  [PG_compacted, "compacted"],
  [PG_default_page, "default_page"],
];

// include/linux/mm.h.
export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
export const VM_SHARED = 0x8;
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
export const VM_MAYSHARE = 0x80;
export const VM_GROWSDOWN = 0x100;
export const VM_PFNMAP = 0x400;
export const VM_MAYBE_GUARD = 0x800; // may have guard markers (6.19)
export const VM_LOCKED = 0x2000;
export const VM_IO = 0x4000;
export const VM_DONTCOPY = 0x20000;
export const VM_DONTEXPAND = 0x40000;
export const VM_ACCOUNT = 0x100000;
export const VM_NORESERVE = 0x200000;
export const VM_HUGETLB = 0x400000;
export const VM_REFPAGE = 0x800000; // its default page is one of its own (refpage-in-mapping)
// The kernel's is 1 << 31, which bit operators here would take for a sign.
export const VM_MERGEABLE = 0x1000000;
export const VM_WIPEONFORK = 0x2000000;
export const VM_DONTDUMP = 0x4000000;
export const VM_SOFTDIRTY = 0x8000000;
export const VM_MIXEDMAP = 0x10000000;
export const VM_HUGEPAGE = 0x20000000;
export const VM_NOHUGEPAGE = 0x40000000;
export const VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;
export const VM_COPY_ON_FORK = VM_PFNMAP | VM_MIXEDMAP | VM_MAYBE_GUARD;
export const VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC;

export const VMA_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [VM_READ, "read"],
  [VM_WRITE, "write"],
  [VM_EXEC, "exec"],
  [VM_SHARED, "shared"],
  [VM_MAYREAD, "mayread"],
  [VM_MAYWRITE, "maywrite"],
  [VM_MAYEXEC, "mayexec"],
  [VM_MAYSHARE, "mayshare"],
  [VM_GROWSDOWN, "growsdown"],
  [VM_PFNMAP, "pfnmap"],
  [VM_MAYBE_GUARD, "maybe_guard"],
  [VM_LOCKED, "locked"],
  [VM_IO, "io"],
  [VM_DONTCOPY, "dontfork"],
  [VM_DONTEXPAND, "dontexpand"],
  [VM_ACCOUNT, "account"],
  [VM_NORESERVE, "noreserve"],
  [VM_HUGETLB, "hugetlb"],
  [VM_REFPAGE, "refpage"],
  [VM_MERGEABLE, "mergeable"],
  [VM_WIPEONFORK, "wipeonfork"],
  [VM_DONTDUMP, "dontdump"],
  [VM_SOFTDIRTY, "soft_dirty"],
  [VM_MIXEDMAP, "mixedmap"],
  [VM_HUGEPAGE, "hugepage"],
  [VM_NOHUGEPAGE, "nohugepage"],
];

export function flagNames(names: readonly (readonly [number, string])[], bits: number): string[] {
  return names.filter(([bit]) => bits & bit).map(([, name]) => name);
}

// page.unmapped_by of a page that reclaim took from its mappings although FOLL_PIN may have held it. Ours.
export const BY_RECLAIM = -1;
