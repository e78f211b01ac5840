// The kernel's own work: what happens without a system call of the process whose memory it is.

import { condition } from "../mm/frames.ts";
import { refused } from "../mm/refused.ts";
import {
  clear_refs_write,
  compact_zone,
  deferred_split_scan,
  do_pages_move,
  drop_caches,
  khugepaged,
  ksm_do_scan,
  lru_add_drain,
  reclaim,
  split_huge_pages_pid,
  split_pmd,
  swapout,
  sys_swapoff,
  writeback,
} from "../mm/syscalls.ts";
import { addr, done, length, NUMBER, operation, required } from "./op.ts";
import type { OpSpec } from "./ops.ts";

const NO_NUMBER = condition("page_counter_memparse(buf, &nr_to_reclaim) < 0", "pages");

const group = "The kernel's own work";

export const KERNEL_OPS: readonly OpSpec[] = [
  operation({
    name: "swapout",
    group,
    params: [addr, length],
    errnos: [["EINVAL", "`addr` is not page-aligned, or the mapping is locked, a PFN mapping, or hugetlb."]],
    doc: "Pages the range out as `MADV_PAGEOUT` does, with its skips: pages that are shared, pinned or busy stay. A page that somebody else holds a reference to, and any page on a disk, is unmapped but stays in the swap cache until reclaim comes by again. Dirty pages of files are unmapped and stay in the page cache. mm-semantics §5.5, §5.6.\n\n`madvise_pageout()`, mm/madvise.c; `shrink_folio_list()`, mm/vmscan.c.",
    example: "swapout(p, 4K)",
    perform: (a) => done(swapout(a.k, a.task, a.number(0), a.number(1))),
  }),
  operation({
    name: "reclaim",
    group,
    params: [required("pages", NUMBER, "How many pages to free.")],
    errnos: [["EINVAL", "A negative number of pages."]],
    doc: "Frees so many pages from the tails of the LRU lists, if that can be done: pages of files first, then anonymous ones, which go to swap; each out of every address space that maps it. A page that was used since the last look gets a second chance, dirty pages of files are written first, and what is locked or held stays. mm-semantics §5.6, §5.6a.\n\n`shrink_lruvec()`, mm/vmscan.c.",
    example: "reclaim(16)",
    perform: (a) => {
      const pages = BigInt.asIntN(64, a.number(0));
      if (pages < 0n) return { errno: refused(a.k, NO_NUMBER, Number(pages)) };
      reclaim(a.k, Number(pages));
      return {};
    },
  }),
  operation({
    name: "swapoff",
    group,
    params: [],
    errnos: [
      ["EINVAL", "No swap device is in use: `machine swap=0`, or it was given up already."],
      ["ENOMEM", "Memory is used up; the device stays in use, with what did not fit."],
    ],
    doc: "Reads everything back from swap and gives the device up: every swap entry maps its page again, read-only; nothing is swapped out any more.\n\n`try_to_unuse()`, mm/swapfile.c.",
    example: "swapoff()",
    perform: (a) => done(sys_swapoff(a.k)),
  }),
  operation({
    name: "migrate",
    group,
    params: [addr, length],
    doc: "Moves the pages to other frames as move_pages(2) with MPOL_MF_MOVE_ALL does: shared pages move with all of their mappings, which are migration entries meanwhile. A page that anybody but its mappings and its cache holds (a pin, a pipe) stays, and so does all that is behind it when a hole ends the list that it is in. mm-semantics §5.7.\n\n`do_pages_move()`, `migrate_pages()`, mm/migrate.c; `try_to_migrate()`, mm/rmap.c.",
    example: "migrate(p, 4K)",
    perform: (a) => done(do_pages_move(a.k, a.task, a.number(0), a.number(1))),
  }),
  operation({
    name: "compact",
    group,
    params: [],
    doc: "Compacts memory (`echo 1 > /proc/sys/vm/compact_memory`): movable pages of all processes and files migrate to the end of memory, to frames that nobody has had yet. Page tables stay, and pages that anybody but their mappings and their cache holds; so do pages that an earlier `compact` has moved. mm-semantics §5.7.\n\n`compact_zone()`, `isolate_migratepages_block()`, mm/compaction.c.",
    example: "compact()",
    perform: (a) => done(compact_zone(a.k)),
  }),
  operation({
    name: "ksm_scan",
    group,
    params: [],
    doc: "KSM merges equal pages of mergeable mappings, until nothing more merges. mm-semantics §5.9.\n\n`ksm_do_scan()`, mm/ksm.c.",
    example: "ksm_scan()",
    perform: (a) => {
      ksm_do_scan(a.k);
      return {};
    },
  }),
  operation({
    name: "khugepaged",
    group,
    params: [required("addr", { kind: "address" }, "An address in the range to collapse.")],
    doc: "khugepaged comes by at the range that the PMD of the address serves, and makes a huge page of it where `machine thp=` and the mapping want one and its limits allow: at most 511 entries empty, 64 in swap, 256 shared (on x86-64), one page used since the last look, nobody but mappings and the swap cache holding any. mm-semantics §5.11.\n\n`collapse_huge_page()`, mm/khugepaged.c.",
    example: "khugepaged(p)",
    perform: (a) => {
      khugepaged(a.k, a.task, a.number(0));
      return {};
    },
  }),
  operation({
    name: "split_folio",
    group,
    params: [required("addr", { kind: "address" }, "An address of the folio.")],
    doc: "Splits the large folio at the address into small ones. It stays as it is while anybody but its mappings and the page or swap cache holds a reference: `page(addr).folio.order` tells. mm-semantics §5.12.\n\n`split_folio()`, mm/huge_memory.c.",
    example: "split_folio(p)",
    perform: (a) => {
      split_huge_pages_pid(a.k, a.task, a.number(0));
      return {};
    },
  }),
  operation({
    name: "split_pmd",
    group,
    params: [required("addr", { kind: "address" }, "An address that a PMD maps.")],
    doc: "Replaces a PMD mapping by PTEs; the folio stays large. Never fails. mm-semantics §5.8.\n\n`__split_huge_pmd()`, mm/huge_memory.c.",
    example: "split_pmd(p)",
    perform: (a) => {
      split_pmd(a.k, a.task, a.number(0));
      return {};
    },
  }),
  operation({
    name: "lru_add_drain",
    group,
    params: [],
    doc: "Empties the CPU's batches of pages that wait for the LRU, each of which holds a reference (with `machine lru_batch=on`). mm-semantics §1.3.\n\n`lru_add_drain()`, mm/swap.c.",
    example: "lru_add_drain()",
    perform: (a) => {
      lru_add_drain(a.k);
      return {};
    },
  }),
  operation({
    name: "writeback",
    group,
    params: [required("fd", { kind: "file" }, "The file whose dirty pages are written.")],
    doc: "Writes the file's dirty pages to the disk: pages and the entries that map them become clean, and entries of shared mappings write-protected. A memfd has no disk: nothing happens.\n\n`write_cache_pages()`, mm/page-writeback.c; `folio_mkclean()`, mm/rmap.c.",
    example: "writeback(f)",
    perform: (a) => done(writeback(a.k, a.row(0))),
  }),
  operation({
    name: "drop_caches",
    group,
    params: [],
    doc: "Frees the clean pages of the page cache that nobody maps or holds (`echo 1 > /proc/sys/vm/drop_caches`).\n\n`invalidate_mapping_pages()`, mm/truncate.c.",
    example: "drop_caches()",
    perform: (a) => {
      drop_caches(a.k);
      return {};
    },
  }),
  operation({
    name: "deferred_split_scan",
    group,
    params: [],
    doc: "Splits the large folios that wait in the deferred split queue because only a part of them is mapped any more. From 6.12 on every fresh THP waits there; one that is mapped as a whole leaves the queue. mm-semantics §5.10.\n\n`deferred_split_scan()`, mm/huge_memory.c.",
    example: "deferred_split_scan()",
    perform: (a) => {
      deferred_split_scan(a.k, Number.POSITIVE_INFINITY);
      return {};
    },
  }),
  operation({
    name: "clear_refs",
    group,
    params: [],
    doc: "Clears the soft-dirty bits of the process and write-protects its entries (`echo 4 > /proc/PID/clear_refs`). mm-semantics §5.13.\n\n`clear_refs_write()`, fs/proc/task_mmu.c.",
    example: "clear_refs()",
    perform: (a) => {
      clear_refs_write(a.k, a.task);
      return {};
    },
  }),
];
