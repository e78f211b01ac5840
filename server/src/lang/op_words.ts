// Words that arguments take: flags, advice, kinds. One table for each place; each entry says since when Linux knows it,
// what an older kernel answers, and whether this version simulates it.

import {
  FOLL_FAST_ONLY,
  FOLL_FORCE,
  FOLL_LONGTERM,
  FOLL_NOFAULT,
  FOLL_WRITE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_REFPAGE,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../mm/abi.ts";
import { INSERT_MIXED_DEVICE, INSERT_PAGE_DEVICE, PFNMAP_DEVICE } from "../mm/device.ts";
import type { WordSpec } from "./words.ts";

export const MAP_FLAGS: readonly WordSpec[] = [
  { name: "private", bit: MAP_PRIVATE, simulated: true, doc: "Writes go to a copy of one's own (`MAP_PRIVATE`)." },
  {
    name: "shared",
    bit: MAP_SHARED,
    simulated: true,
    doc: "Writes go to the file or shared memory itself (`MAP_SHARED`).",
  },
  {
    name: "anonymous",
    bit: MAP_ANONYMOUS,
    aliases: ["anon"],
    simulated: true,
    doc: "No file: zeroes (`MAP_ANONYMOUS`). With `shared`, a shmem file of its own stands behind it.",
  },
  { name: "fixed", bit: MAP_FIXED, simulated: true, doc: "Exactly at `at`; what is mapped there goes (`MAP_FIXED`)." },
  {
    name: "fixed_noreplace",
    bit: MAP_FIXED_NOREPLACE,
    simulated: true,
    doc: "Exactly at `at`, or EEXIST when something is mapped there (`MAP_FIXED_NOREPLACE`).",
  },
  {
    name: "populate",
    bit: MAP_POPULATE,
    simulated: true,
    doc: "Fault all pages in at once; errors are ignored (`MAP_POPULATE`).",
  },
  {
    name: "hugetlb",
    bit: MAP_HUGETLB,
    simulated: true,
    doc: "Huge pages of the pool (`MAP_HUGETLB`), which are reserved at once unless `noreserve` is given. The length becomes a whole number of them. mm-semantics §2.10.",
  },
  {
    name: "noreserve",
    bit: MAP_NORESERVE,
    simulated: true,
    doc: "No accounting of the memory that may be needed (`MAP_NORESERVE`).",
  },
  {
    name: "growsdown",
    bit: MAP_GROWSDOWN,
    simulated: true,
    doc: "A stack: a fault just below extends the mapping (`MAP_GROWSDOWN`).",
  },
  {
    name: "refpage",
    bit: MAP_REFPAGE,
    only: ["refpage-v1", "refpage-in-mapping"],
    // A private mapping's unknown flags are passed over, so that the mapping has neither a descriptor nor MAP_ANONYMOUS.
    errno: "EBADF",
    simulated: true,
    doc: "Memory that shows one page wherever nothing was written (`MAP_REFPAGE`, never merged); needs no fd. In refpage-v1 it is the page at the address in `offset`. In refpage-in-mapping it is the page of the mapping that is touched first, which takes a reference for each entry; the offset means nothing, `shared` and more than 8 TiB are EINVAL. mm-semantics §8.1, §8.4.",
  },
];

export const MREMAP_FLAGS: readonly WordSpec[] = [
  {
    name: "maymove",
    bit: MREMAP_MAYMOVE,
    simulated: true,
    doc: "The mapping may move when it cannot grow in place (`MREMAP_MAYMOVE`).",
  },
  {
    name: "fixed",
    bit: MREMAP_FIXED,
    simulated: true,
    doc: "Move to `to`; what is mapped there goes. Needs `maymove` (`MREMAP_FIXED`).",
  },
  {
    name: "dontunmap",
    bit: MREMAP_DONTUNMAP,
    since: "5.7",
    errno: "EINVAL",
    simulated: true,
    doc: "The old range stays mapped, without its pages. Needs `maymove` and equal lengths (`MREMAP_DONTUNMAP`, 5.7).",
  },
];

export const ADVICE: readonly WordSpec[] = [
  { name: "normal", simulated: true, doc: "No special treatment (`MADV_NORMAL`)." },
  {
    name: "dontneed",
    simulated: true,
    doc: "Drop the pages: private memory reads as zeroes or as the file again (`MADV_DONTNEED`). EINVAL on locked memory. mm-semantics §5.1.",
  },
  {
    name: "free",
    simulated: true,
    doc: "The pages may be dropped when memory is short, unless they are written again (`MADV_FREE`). mm-semantics §5.4.",
  },
  {
    name: "cold",
    since: "5.4",
    errno: "EINVAL",
    simulated: true,
    doc: "Deactivate the pages; no counter changes (`MADV_COLD`, 5.4). mm-semantics §5.5.",
  },
  {
    name: "pageout",
    since: "5.4",
    errno: "EINVAL",
    simulated: true,
    doc: "Reclaim the pages now; shared and pinned ones stay (`MADV_PAGEOUT`, 5.4). mm-semantics §5.5.",
  },
  {
    name: "willneed",
    simulated: true,
    doc: "Read the file's pages into the page cache, and what is in swap into the swap cache (`MADV_WILLNEED`).",
  },
  { name: "hugepage", simulated: true, doc: "Use transparent huge pages here (`MADV_HUGEPAGE`). mm-semantics §2.8." },
  { name: "nohugepage", simulated: true, doc: "Use none here; existing ones stay (`MADV_NOHUGEPAGE`)." },
  {
    name: "collapse",
    since: "6.1",
    errno: "EINVAL",
    simulated: true,
    doc: "Make huge pages of the range now (`MADV_COLLAPSE`, 6.1). mm-semantics §5.11.",
  },
  {
    name: "populate_read",
    since: "5.14",
    errno: "EINVAL",
    simulated: true,
    doc: "Fault all pages in as by reads; COW is not broken (`MADV_POPULATE_READ`, 5.14). ENOMEM at a hole, EFAULT past a file's end.",
  },
  {
    name: "populate_write",
    since: "5.14",
    errno: "EINVAL",
    simulated: true,
    doc: "Fault all pages in as by writes; COW is broken (`MADV_POPULATE_WRITE`, 5.14).",
  },
  { name: "mergeable", simulated: true, doc: "KSM may merge equal pages here (`MADV_MERGEABLE`). mm-semantics §5.9." },
  { name: "unmergeable", simulated: true, doc: "KSM's pages here become ordinary ones again (`MADV_UNMERGEABLE`)." },
  { name: "dontfork", simulated: true, doc: "A child gets a hole here (`MADV_DONTFORK`)." },
  { name: "dofork", simulated: true, doc: "Undoes `dontfork` (`MADV_DOFORK`)." },
  {
    name: "wipeonfork",
    simulated: true,
    doc: "A child sees zeroes here; private anonymous memory only (`MADV_WIPEONFORK`).",
  },
  { name: "keeponfork", simulated: true, doc: "Undoes `wipeonfork` (`MADV_KEEPONFORK`)." },
  { name: "remove", simulated: true, doc: "Punch a hole into the shared file (`MADV_REMOVE`)." },
  {
    name: "guard_install",
    since: "6.13",
    errno: "EINVAL",
    simulated: true,
    doc: "Drop the pages and make any touch a SIGSEGV (`MADV_GUARD_INSTALL`, 6.13).",
  },
  {
    name: "guard_remove",
    since: "6.13",
    errno: "EINVAL",
    simulated: true,
    doc: "Take the guards away (`MADV_GUARD_REMOVE`, 6.13).",
  },
];

export const GUP_FLAGS: readonly WordSpec[] = [
  {
    name: "write",
    bit: FOLL_WRITE,
    simulated: true,
    doc: "The pages will be written: COW is broken first (`FOLL_WRITE`).",
  },
  {
    name: "longterm",
    bit: FOLL_LONGTERM,
    simulated: true,
    doc: "The pin will last; from 6.2 on a read-only one unshares file pages and the zero page too (`FOLL_LONGTERM`).",
  },
  {
    name: "force",
    bit: FOLL_FORCE,
    simulated: true,
    doc: "Write private memory even where its protection forbids it, as a debugger does (`FOLL_FORCE`). mm-semantics §4.6.",
  },
  {
    name: "fast",
    bit: FOLL_FAST_ONLY,
    simulated: true,
    doc: "The fast form (`get_user_pages_fast()`): the lockless walk takes what is mapped already and leaves the rest to the slow path; no page gets marked as dirty. With `nofault` nothing faults. mm-semantics §4.5.",
  },
  {
    name: "nofault",
    bit: FOLL_NOFAULT,
    simulated: true,
    doc: "EFAULT where a fault would be needed (`FOLL_NOFAULT`).",
  },
];

export const CLONE_FLAGS: readonly WordSpec[] = [
  { name: "vm", bit: 0x100, simulated: true, doc: "The child runs in the caller's address space (`CLONE_VM`)." },
];

export const FALLOCATE_MODES: readonly WordSpec[] = [
  { name: "keep_size", bit: 0x01, simulated: true, doc: "The file's size stays (`FALLOC_FL_KEEP_SIZE`)." },
  {
    name: "punch_hole",
    bit: 0x02,
    simulated: true,
    doc: "The range becomes a hole; needs `keep_size` (`FALLOC_FL_PUNCH_HOLE`).",
  },
  {
    name: "collapse_range",
    bit: 0x08,
    simulated: true,
    doc: "The range is taken out, what follows moves up (`FALLOC_FL_COLLAPSE_RANGE`).",
  },
  { name: "zero_range", bit: 0x10, simulated: true, doc: "The range becomes zeroes (`FALLOC_FL_ZERO_RANGE`)." },
  {
    name: "insert_range",
    bit: 0x20,
    simulated: true,
    doc: "A hole is put in, what follows moves down (`FALLOC_FL_INSERT_RANGE`).",
  },
];

export const DEVICE_KINDS: readonly WordSpec[] = [
  {
    name: "pfnmap",
    bit: PFNMAP_DEVICE,
    simulated: true,
    doc: "All pages mapped at mmap by `remap_pfn_range()`, without counters. mm-semantics §6.4.",
  },
  {
    name: "insert_page",
    bit: INSERT_PAGE_DEVICE,
    simulated: true,
    doc: "All pages mapped at mmap by `vm_insert_page()`, counted like file pages. mm-semantics §6.4.",
  },
  {
    name: "insert_mixed",
    bit: INSERT_MIXED_DEVICE,
    simulated: true,
    doc: "A page mapped at each fault by `vmf_insert_mixed()`, without counters. mm-semantics §6.4.",
  },
];

// memfd(…, hugetlb=yes) is a file of huge pages.
export const HUGETLB: readonly WordSpec[] = [
  { name: "no", bit: 0, simulated: true, doc: "Ordinary pages." },
  { name: "yes", bit: 1, simulated: true, doc: "Huge pages of the pool (`MFD_HUGETLB`)." },
];

export const CACHED: readonly WordSpec[] = [
  { name: "no", bit: 0, simulated: true, doc: "The first touch of a page reads it from the disk: `major`." },
  { name: "yes", bit: 1, simulated: true, doc: "All pages are in the page cache already." },
];
