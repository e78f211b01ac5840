// The world: what exists on the simulated machine, as tables of columns.
//
// A row of a table is one object of the kernel (a page frame, a page-table entry, a VMA, an mm, …); a column is one
// field of all of them. Only Kernel.set writes a column, and each write is one event of the journal.

import type { FieldInfo } from "./journal.ts";

export interface Field extends FieldInfo {
  // The values of all rows. Reallocated when the table grows: never keep it across a create().
  data: Float64Array;
}

export interface Table {
  readonly name: string;
  readonly fields: readonly Field[];
  // Its place among the tables, and its row of their counts.
  readonly number: number;
  // How many rows were ever created, itself a field of the world, so that a seek restores it.
  readonly count: Field;
  capacity: number;
}

// What the columns mean. Units and sources stand beside each name.
const SCHEMA = {
  // One row for each page frame; the row number is the pfn. struct page and struct folio, include/linux/mm_types.h.
  page: [
    "_refcount", // references; 0 = free. Of tail pages always 0
    "_mapcount", // logical: PTE mappings of this page, 0 = none (the kernel stores one less)
    "flags", // PG_* bits of flags.ts
    "mapping", // PageAnon: anon_vma row; of a KSM page ksm_stable_node row; page cache: inode row; 0 = none
    "index", // page offset in its mapping (pages)
    "content", // id of the page's bytes in Contents
    "swap", // PG_swapcache: the slot that it is cached for (folio->swap), else 0
    "next_free", // the free list's next pfn, while free
    "unmapped_by", // mm + 1 that unmapped it last while FOLL_PIN may have held it and others mapped it; 0 = none, -1 reclaim. Ours
    "lru_order", // the place on its LRU list: the head has the largest number
    "folio", // the large folio that it is a page of (row + 1), 0 = a small folio of its own
  ],
  // What only a large folio has: more than one page, its head first. struct folio, include/linux/mm_types.h. head 0: gone.
  // The references, flags, mapping, index, swap slot and place on the LRU stand in the head page's row; of the tail pages
  // that row has their own _mapcount, content and PG_anon_exclusive.
  folio: [
    "head",
    "order", // log2 of its pages
    "_entire_mapcount", // logical: PMD mappings, or hugetlb's (compound_mapcount before 5.18)
    "_large_mapcount", // logical: all mappings, an entire one counted once
    "_nr_pages_mapped", // raw: pages that a PTE maps, + ENTIRELY_MAPPED
    "_pincount", // FOLL_PIN references
    "_mm_id0", // the owners that are tracked (mm.mm_id), 0 = a free slot
    "_mm_id1",
    "_mm_id_mapcount0", // logical: their mappings
    "_mm_id_mapcount1",
    "flags", // FOLIO_* bits of flags.ts
    "deferred", // its place in the deferred split queue, the oldest has the smallest; 0 = not in it
  ],
  // One row for each page-table page. level 0 holds PTEs, 1 PMDs, 2 PUDs, …
  // huge_pte: of a table of PMDs, the first of the PTE tables that wait under its huge entries (pmd_huge_pte), of such a
  // table the next one; rows + 1, 0 = none. slot -1: no slot leads to it.
  // pt_share_count: of a table of PMDs, how many more address spaces a shared hugetlb mapping lets use it (the columns speak
  // of one of them).
  table: ["pfn", "mm", "level", "first", "up", "slot", "huge_pte", "pt_share_count"],
  // One row for each slot of each table page: row = table * PTRS + index. See pgtable.ts for the coding.
  pte: ["entry"],
  // struct vm_area_struct. start, end in pages (virtual page numbers), end exclusive. anon_vma takes its new pages;
  // anon_vma_chain is the newest anon_vma that it is linked to, whose `older` leads on (rows + 1, 0 = none). Of a private
  // hugetlb mapping vm_private_data: resv_map (row + 1) says which of its reserved pages it has used, resv_flags are
  // HPAGE_RESV_* bits.
  vma: [
    "mm",
    "start",
    "end",
    "flags",
    "pgoff",
    "file",
    "anon_vma",
    "anon_vma_chain",
    "swap_ra_addr",
    "swap_ra_win",
    "swap_ra_hits",
    "resv_map",
    "resv_flags",
    "default_page", // of refpage-in-mapping: pfn + 1 of the page of its own that untouched pages show; 0 = none yet
    "default_state", // DEFAULT_* bits of default_page.ts
    "refpage", // vm_private_data of a mapping that MAP_REFPAGE made: the page number + 1 of the address that it shows; 0 = none
  ],
  // struct mm_struct. rss in pages, pgtables_bytes in bytes, break in bytes.
  mm: [
    "users",
    "pgd",
    "map_count",
    "rss_file",
    "rss_anon",
    "rss_shmem",
    "rss_swap",
    "pgtables_bytes",
    "has_pinned",
    "start_brk",
    "brk",
    "def_flags",
    "ksm_slot", // place in KSM's list of address spaces (struct mm_slot), ascending; 0 = not in it
    "mm_id", // its number among the address spaces that live, from 1 on: the smallest that is free (mm_id_ida)
    "huge_zero", // it holds a reference to the huge zero folio (MMF_HUGE_ZERO_FOLIO)
    "hugetlb_usage", // base pages of hugetlb folios that it maps
  ],
  // vfork: made by vfork(2) (vfork_done), so that it runs in its parent's memory until it execs or exits.
  task: ["alive", "mm", "parent", "min_flt", "maj_flt", "vfork"],
  // struct anon_vma (rows + 1; a root is its own parent). older: the next of those that the VMAs with this as their
  // newest one are linked to, 0 at the root.
  anon_vma: ["root", "parent", "older"],
  // struct inode with its struct file: size in bytes; open = descriptors; users = VMAs that map it. ra_*: the window that
  // was read last (struct file_ra_state), in pages.
  // driver_pages: the row of a device's first driver page, 0 = none. dev_zero: 1 = what stands behind shared anonymous
  // memory (shmem_zero_setup()). resv_map: of a hugetlb file (row + 1). refpage: the page that refpage_create() made, 0 = none.
  file: [
    "kind",
    "size",
    "open",
    "users",
    "ra_start",
    "ra_size",
    "ra_async",
    "ra_order",
    "driver_pages",
    "dev_zero",
    "resv_map",
    "refpage",
  ],
  // struct resv_map, mm/hugetlb.c: of a hugetlb file the pages that are reserved or allocated for its shared mappings; of a
  // private mapping, which `refs` VMAs share, those of its reserved pages that it has used. first: its first region (row + 1).
  resv_map: ["refs", "first"],
  // A region of a resv_map: huge pages [from, to) of the file; next in ascending order (row + 1).
  file_region: ["from", "to", "next"],
  // A page of a device's memory, which its driver has allocated: rows of one device follow each other. pfn 0 = given back.
  driver_page: ["file", "pfn"],
  // One slot of a page cache (an entry of inode->i_pages): the cached pfn or 0, what the disk holds, and of a shmem page
  // that is in swap its slot there. block: something was written to the disk's block; 0 = a hole, or set aside only.
  cache: ["file", "index", "pfn", "disk", "swap", "block"],
  // One row for each slot of the swap device; the row number is the slot, from 1 on. count: entries that name it
  // (swap_map); cache: the page in the swap cache or 0; content: what the device holds.
  swap: ["count", "cache", "content", "next_free"],
  // A reference from outside the page tables. kind is of PIN_KINDS, owner a task row, live 1 until release(); coalesced:
  // one reference for each folio, not for each page.
  pin: ["live", "kind", "owner", "flags", "coalesced"],
  // An address that KSM has looked at (struct ksm_rmap_item): oldchecksum is the content + 1 that it saw there last (0 =
  // none), head the stable node whose page is mapped there (row + 1), anon_vma that of the VMA (row + 1), next the
  // node's next item (row + 1).
  ksm_rmap_item: ["mm", "vpn", "oldchecksum", "head", "anon_vma", "next"],
  // A page of KSM (struct ksm_stable_node): hlist its newest item (row + 1), len their number; rank orders nodes of equal
  // pages (the chain of duplicates), the highest first. kpfn 0: gone.
  ksm_stable_node: ["kpfn", "hlist", "len", "rank"],
  // The machine itself: one row, number 0.
  // lru_tail: the smallest lru_order that was given so far; lru_head: the largest one at that time.
  machine: [
    "next_pfn",
    "free_list",
    "free_pages",
    "free_table",
    "next_map",
    "lru_head",
    "lru_tail",
    "next_swap", // slots that were ever used
    "free_swap", // the free list of slots
    "swap_used", // slots in use
    "swap_off", // 1 after swapoff()
    "swapin_prev", // the slot that shared memory was last read from, + 1
    "swapin_pages", // last_readahead_pages: the last window around such a slot
    "swapin_hits", // swapin_readahead_hits: how many pages of it were wanted
    "huge_zero_folio", // its head, 0 = not allocated
    "huge_zero_refcount",
    "deferred_last", // the place in the deferred split queue that was given last
    "nr_huge_pages", // hugetlb pages that exist (struct hstate)
    "free_huge_pages", // those of them that wait in the pool
    "resv_huge_pages", // those that were promised to mappings and are not allocated yet
    "hugepage_freelist", // the head of the free page that was freed last, which page.next_free leads on from; 0 = none was
    "hugetlb_frames", // frames of hugetlb pages that have been used: frames that the machine has beside its memory
    "pmds_shared", // 1 once two address spaces have shared a table of PMDs
    "overflowed", // 1 once a refcount or mapcount has left the range of its bits
  ],
  // Free blocks of 2^row pages, row ≥ 1: the first one's head, which page.next_free leads on from. Free pages of order 0
  // are on machine.free_list.
  free_area: ["head"],
  // Which numbers of address spaces are taken (mm_ida, kernel/fork.c): 32 a row, a bit for each.
  mm_ida: ["bits"],
  // Row counts of the tables above: one row a table.
  rows: ["count"],
  // A folio_batch (pagevec) of the one CPU: how many pages wait in it. See lru.ts for which is which.
  batch: ["count"],
  // The pages in the batches: row = batch * 32 + place. unlocks: 1 where the mlock batch is to unlock the page.
  batch_page: ["pfn", "unlocks"],
} as const;

type Schema = typeof SCHEMA;
export type TableName = keyof Schema;
export type World = {
  readonly [T in TableName]: Table & { readonly [F in Schema[T][number]]: Field };
};

export interface Columns {
  readonly w: World;
  readonly fields: Field[];
  readonly tables: Table[];
}

export function newColumns(): Columns {
  const fields: Field[] = [];
  const tables: Table[] = [];
  const names = Object.keys(SCHEMA) as TableName[];
  const field = (table: string, name: string, capacity: number): Field => {
    const made: Field = { id: fields.length, table, name, kind: "set", data: new Float64Array(capacity) };
    fields.push(made);
    return made;
  };
  const count = field("rows", "count", names.length);
  const w: Partial<Record<TableName, Table>> = {};
  for (const name of names) {
    const own = name === "rows" ? [count] : SCHEMA[name].map((column) => field(name, column, 16));
    const table: Table = {
      name,
      fields: own,
      number: tables.length,
      count,
      capacity: name === "rows" ? names.length : 16,
    };
    tables.push(table);
    w[name] = Object.assign(table, Object.fromEntries(own.map((column) => [column.name, column])));
  }
  return { w: w as World, fields, tables };
}

export function ensureRows(table: Table, rows: number): void {
  if (rows <= table.capacity) return;
  let capacity = table.capacity;
  while (capacity < rows) capacity *= 2;
  for (const field of table.fields) {
    const data = new Float64Array(capacity);
    data.set(field.data);
    field.data = data;
  }
  table.capacity = capacity;
}
