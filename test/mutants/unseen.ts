// What mm-semantics §1 to §5 say that no trace can be about: by subsection, with why.

export const UNSEEN: Readonly<Record<string, readonly string[]>> = {
  "1.1": [
    "The reference for a filesystem's private data (buffer heads): not simulated, the page cache here has none.",
    "LRU isolation: its reference is given back within the operation.",
  ],
  "1.2": ["The order of references and mapcounts within an operation: operations are atomic here."],
  "1.3": ["The batch of pages that drop_caches could not drop: it is emptied before the operation ends."],
  "1.5": ["Architectures without a special bit, and Xen's find_normal_page: not simulated."],
  "2.1": ["Pages poisoned by hardware (BUS_MCEERR_AR): not simulated."],
  "2.2": ["userfaultfd, and s390, which forbids the zero page: not simulated."],
  "2.3": ["userfaultfd, and mmap_miss, by which many misses turn reading around off: not simulated."],
  "2.4": ["userfaultfd's write protection, and the page lock, which nobody else holds here."],
  "2.5": ["Poison met by a copy (VM_FAULT_HWPOISON): not simulated."],
  "2.7": ["Waiting for a migration to end: none outlasts its operation. Poison: not simulated."],
  "3.1": ["The lock of the parent, and userfaultfd's context: not simulated."],
  "3.5": [
    "Migration entries at fork: no migration outlasts its operation. Poison, device-exclusive entries: not simulated.",
  ],
  "4.2": ["fsdax and secretmem: not simulated."],
  "4.3": ["ZONE_MOVABLE, CMA, NUMA hinting and FOLL_DUMP: not simulated."],
  "4.5": ["The race of the fast path with fork (write_protect_seq): operations are atomic here."],
  "4.7": ["The warnings in the kernel's log."],
  "5.1": ["The order of TLB flush and last put: operations are atomic here."],
  "5.7": ["NUMA's own migrations, and move_pages(2) without MPOL_MF_MOVE_ALL: not simulated."],
  "5.9": ["Smart scan, and DAX: not simulated."],
};
