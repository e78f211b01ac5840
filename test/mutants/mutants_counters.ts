// Ground rules of the counters, each broken in one way: mm-semantics §1.

import { code, type Mutant } from "./mutant.ts";

export const COUNTERS: readonly Mutant[] = [
  code("the first mapping of a fresh page takes a reference of its own", "1.1", "rmap.ts", [
    "if (row < 0) k.set(k.w.page._mapcount, folio, 1);",
    "if (row < 0) k.set(k.w.page._mapcount, folio, 1), k.add(k.w.page._refcount, folio, 1);",
  ]),
  code("a multi-size THP has one reference more than pages", "1.1", "memory.ts", [
    "if (nr > 1) folio_ref_add(k, folio, nr - 1);",
    "if (nr > 1) folio_ref_add(k, folio, nr);",
  ]),
  code("a fresh THP counts its pages as mapped by PTEs", "1.1", "rmap_large.ts", [
    "    folio_set_large_mapcount(k, row, 1, vma);\n",
    "    k.setRun(page._mapcount, folio.head.data[row], nr, 1);\n    folio_set_large_mapcount(k, row, 1, vma);\n",
  ]),
  code("shared memory counts as a file's", "1.1", "counters.ts", [
    "PG_swapbacked ? k.w.mm.rss_shmem : k.w.mm.rss_file",
    "PG_swapbacked ? k.w.mm.rss_file : k.w.mm.rss_file",
  ]),
  code("the swap cache holds one reference to a large folio", "1.1", "swap_state.ts", [
    "    folio_ref_add(k, folio, nr);\n    k.set(page.flags, folio, page.flags.data[folio] | PG_swapcache);",
    "    folio_ref_add(k, folio, 1);\n    k.set(page.flags, folio, page.flags.data[folio] | PG_swapcache);",
  ]),
  code("a page that leaves the page cache keeps its reference", "1.1", "page_cache.ts", [
    "    folio_put_refs(k, folio, nr);\n",
    "    if (nr > 1) folio_put_refs(k, folio, nr);\n",
  ]),
  code("FOLL_PIN of a large folio leaves its count of pins", "1.1", "gup.ts", [
    "    if (folio_has_pincount(k, folio)) k.add(k.w.folio._pincount, large_folio(k, folio), refs);\n",
    "",
  ]),
  code("a large folio's pins count 1024 each", "1.1", "page_ref.ts", [
    "return folio_has_pincount(k, folio) ? 1 : k.model.pinBias;",
    "return k.model.pinBias;",
  ]),
  code("a pin that is given back unmarks its address space", "1.1", "pins.ts", [
    "  k.set(live, pin, 0);\n",
    "  k.set(live, pin, 0);\n  k.set(k.w.mm.has_pinned, k.side.pinSpaces[pin], 0);\n",
  ]),
  code("KSM's stable node holds its page", "1.1", "ksm_nodes.ts", [
    "  k.set(n.kpfn, node, pfn);\n  k.set(n.rank",
    "  k.set(n.kpfn, node, pfn);\n  k.add(k.w.page._refcount, pfn, 1);\n  k.set(n.rank",
  ]),
  code("a page that becomes a swap entry still counts as resident", "1.1", "try_to_unmap.ts", [
    "    add_mm_counter(k, mm, m.rss_anon, -1);\n    add_mm_counter(k, mm, m.rss_swap, 1);\n",
    "    add_mm_counter(k, mm, m.rss_swap, 1);\n",
  ]),
  code("a VMA is no user of its file", "1.1", "vma.ts", [
    "  if (fields.file !== 0) k.add(file.users, fields.file - 1, 1);\n",
    "",
  ]),
  code("a page waits for the LRU without a reference", "1.3", "lru.ts", [
    "    folio_get(k, pfn);\n    const count = b.count.data[batch];\n",
    "    if (batch !== ADD) folio_get(k, pfn);\n    const count = b.count.data[batch];\n",
  ]),
  code("a page that waits for the LRU is on it already", "1.3", "lru.ts", [
    "  if (k.machine.lru_batch) folio_batch_add_and_move(k, ADD, pfn, false);\n  else lru_add(k, pfn);",
    "  lru_add(k, pfn);\n  if (k.machine.lru_batch) folio_batch_add_and_move(k, ADD, pfn, false);",
  ]),
  code("a batch holds one page more", "1.3", "lru.ts", [
    "if (count + 1 === k.model.lruBatchSize || ",
    "if (count === k.model.lruBatchSize || ",
  ]),
  code("large folios wait in the batch", "1.3", "lru.ts", [
    "=== k.model.lruBatchSize || folio_test_large(k, pfn)) folio",
    "=== k.model.lruBatchSize) folio",
  ]),
  code("a page becomes active without waiting", "1.3", "lru.ts", [
    "=== PG_lru) move(k, ACTIVATE, pfn);",
    "=== PG_lru) MOVES[ACTIVATE](k, pfn);",
  ]),
  code("a page becomes active at its first use", "1.3", "lru.ts", [
    "  if ((now & PG_referenced) === 0) {",
    "  if (false) {",
  ]),
  code("a page becomes inactive without waiting", "1.3", "lru.ts", [
    "=== wants) move(k, DEACTIVATE, pfn);",
    "=== wants) MOVES[DEACTIVATE](k, pfn);",
  ]),
  code("a page that was given up changes lists without waiting", "1.3", "lru.ts", [
    "=== wants) move(k, LAZYFREE, pfn);",
    "=== wants) MOVES[LAZYFREE](k, pfn);",
  ]),
  code("a page that was written waits in no batch", "1.3", "lru.ts", [
    "=== PG_lru) move(k, MOVE_TAIL, pfn);",
    "=== PG_lru) MOVES[MOVE_TAIL](k, pfn);",
  ]),
  code("MADV_FREE leaves pages in the batches", "1.3", "madvise_free.ts", ["    lru_add_drain(k);\n", ""]),
  code("MADV_COLD and MADV_PAGEOUT leave pages in the batches", "1.3", "madvise_lru.ts", ["  lru_add_drain(k);\n", ""]),
  code("truncation leaves pages in the batches", "1.3", "truncate.ts", [
    "if (cached_slots(k, file, first, Number.POSITIVE_INFINITY).length > 0) lru_add_drain(k);",
    "",
  ]),
  code("drop_caches leaves pages in the batches at the end", "1.3", "truncate.ts", [
    "    }\n    lru_add_drain(k);\n  },",
    "    }\n  },",
  ]),
  code("reclaim leaves pages in the batches", "1.3", "vmscan.ts", [
    "  lru_add_drain(k);\n  for (let retries",
    "  for (let retries",
  ]),
  code("swap readahead leaves pages in the batches", "1.3", "swap_readahead.ts", ["      lru_add_drain(k);\n", ""]),
  code("KSM's scan leaves pages in the batches", "1.3", "ksm_scan.ts", ["    lru_add_drain(k);\n", ""]),
  code("migration leaves pages in the batches", "1.3", "move_pages.ts", [
    "    lru_add_drain(k);\n    let pagelist",
    "    let pagelist",
  ]),
  code("compaction leaves pages in the batches", "1.3", "compaction.ts", ["  lru_add_drain(k);\n", ""]),
  code("munmap leaves pages in the batches", "1.3", "munmap.ts", [
    "    unmap_drains_lru(k);\n    for (const vma of vmas) unmap_page_range(k, vma, start.data[vma], end.data[vma], ZAP_ALL);\n    unmap_drains_lru(k);\n",
    "    for (const vma of vmas) unmap_page_range(k, vma, start.data[vma], end.data[vma], ZAP_ALL);\n",
  ]),
  code("MADV_DONTNEED leaves pages in the batches", "1.3", "zap.ts", [
    "    unmap_drains_lru(k);\n    unmap_page_range(k, vma, start, end, details);\n    unmap_drains_lru(k);\n",
    "    unmap_page_range(k, vma, start, end, details);\n",
  ]),
  code("exit leaves pages in the batches", "1.3", "tasks.ts", [
    "  if (vmas.length > 0) unmap_drains_lru(k);\n  for (const row of vmas) unmap_page_range(k, row, vma.start.data[row], vma.end.data[row], ZAP_ALL);\n  if (vmas.length > 0) unmap_drains_lru(k);\n",
    "  for (const row of vmas) unmap_page_range(k, row, vma.start.data[row], vma.end.data[row], ZAP_ALL);\n",
  ]),
  code("a write to a page that waits for the LRU does not drain", "1.3", "reuse.ts", [
    "(flags & PG_lru) !== 0)) lru_add_drain(k);",
    "(flags & PG_lru) !== 0)) { /* stays */ }",
  ]),
  code("fork drains the batches", "1.3", "tasks.ts", [
    "  const mm = k.create(k.w.mm);\n",
    "  unmap_drains_lru(k);\n  const mm = k.create(k.w.mm);\n",
  ]),
  code("mprotect makes the zero page writable", "1.4", "mprotect.ts", [
    "k.model.mprotectUpgrades(k, vma, entry, vm_normal_page(k, vma, entry))",
    "(vm_normal_page(k, vma, entry) === undefined || k.model.mprotectUpgrades(k, vma, entry, vm_normal_page(k, vma, entry)))",
  ]),
  code("fork leaves out the zero page", "1.4", "fork.ts", [
    "      const folio = pfn === undefined ? -1 : page_folio(k, pfn);",
    "      if (pfn === undefined) continue;\n      const folio = page_folio(k, pfn);",
  ]),
  code("a private copy in a PFN mapping is taken for the device's frame", "1.5", "normal_page.ts", [
    "  if (bits === PTE_PRESENT) return pte_pfn(entry);",
    "  if (bits === PTE_PRESENT) return k.w.vma.flags.data[vma] & VM_PFNMAP ? undefined : pte_pfn(entry);",
  ]),
  code("a frame of a VM_MIXEDMAP mapping is mapped as an ordinary page", "1.5", "special_mapping.ts", [
    "mk_pte(pfn, vm_page_prot(k.w.vma.flags.data[vmf.vma]) | PTE_SPECIAL)",
    "mk_pte(pfn, vm_page_prot(k.w.vma.flags.data[vmf.vma]))",
  ]),
  code("a fresh THP is not mapped entirely", "1.1", "rmap_large.ts", [
    "k.set(folio._nr_pages_mapped, row, ENTIRELY_MAPPED);\n    folio_set",
    "k.set(folio._nr_pages_mapped, row, 0);\n    folio_set",
  ]),
  code("a fresh multi-size THP has no mapped pages", "1.1", "rmap_large.ts", [
    "    if (k.model.nrPagesMapped) k.set(folio._nr_pages_mapped, row, nr);\n",
    "",
  ]),
  code("an entry that goes keeps its reference", "1.1", "zap.ts", [
    "  folio_put_refs(k, folio, nr);\n}\n\n// An entry that maps no page.",
    "}\n\n// An entry that maps no page.",
  ]),
  code("a page that becomes a swap entry keeps the mapping's reference", "1.1", "try_to_unmap.ts", [
    "  folio_remove_rmap_pte(k, vma, pfn);\n  folio_put(k, pfn);\n  return true;",
    "  folio_remove_rmap_pte(k, vma, pfn);\n  return true;",
  ]),
];
