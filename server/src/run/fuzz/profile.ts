// What random traces are made of: how often each operation comes, which operations belong together, how large things are.

import type { PinKind } from "../../mm/abi.ts";

export interface Profile {
  // The `machine` line, if the traces need one.
  readonly machine: string | undefined;
  // How many shares an operation has in the choice, where that is not one; 0 leaves it out.
  readonly shares: Readonly<Record<string, number>>;
  // Operations one after the other on one place, which make states that chance alone seldom makes. An entry stands for
  // one share; `madvise=mergeable` gives the operation's flags or word, `write*` does it to the whole mapping.
  readonly phrases: readonly (readonly string[])[];
  // Flags of the two mappings that a trace begins with; anonymous memory of one's own without it.
  readonly firstMappings?: string;
  // Pages of a mapping or a file, and of a range within one.
  readonly mappingPages: readonly number[];
  readonly rangePages: readonly number[];
  // Where in a mapping addresses begin, in pages; without it each page is as likely.
  readonly startPages?: readonly number[];
  // Bytes that are written: few, so that pages come to be equal.
  readonly bytes: readonly number[];
  // What an argument's flags or word is chosen from; by OPERATION.PARAMETER. Without an entry: all that the release has.
  readonly words: Readonly<Record<string, readonly string[]>>;
  // Kinds of pins that an operation takes, where it does not take all.
  readonly pinsOf: Readonly<Record<string, readonly PinKind[]>>;
  // A program gives back what it takes: with so many at hand it mostly releases, closes or ends one instead.
  readonly mostTasks: number;
  readonly mostMappings: number;
  readonly mostPins: number;
  readonly mostFiles: number;
  // One in so many addresses is where the last operation was.
  readonly nearby: number;
  // One in so many ranges may go beyond the mapping that it begins in.
  readonly straying: number;
  // One in so many ends of the only process happens.
  readonly lastEnds: number;
  // Names of what is gone are forgotten after one in so many operations.
  readonly forgets: number;
  // Whether only what user space can cause may happen.
  readonly userSpace: boolean;
}

// Everything that the simulator knows, on a machine so small that memory runs short too.
export const EVERYTHING: Profile = {
  machine: "memory=64M swap=16M",
  shares: { mmap: 3, read: 4, write: 8, fork: 3, pin_user_pages: 2, swapout: 2 },
  phrases: [],
  mappingPages: [1, 2, 3, 4, 5, 6, 7, 8],
  rangePages: [1, 2, 3, 4, 5, 6, 7, 8],
  bytes: [0, 1, 2, 3, 7, 65, 127, 128, 200, 255],
  words: {
    "mmap.flags": [
      "private|anonymous",
      "private|anonymous",
      "shared|anonymous",
      "private",
      "shared",
      "private|anonymous|populate",
      "shared|anonymous|populate",
      "private|populate",
      "shared|populate",
      "private|anonymous|fixed",
      "shared|fixed",
    ],
  },
  pinsOf: {},
  mostTasks: 5,
  mostMappings: 8,
  mostPins: 8,
  mostFiles: 8,
  nearby: 4,
  straying: 1,
  lastEnds: 3,
  forgets: 4,
  userSpace: false,
};

// What a program can do to itself on a real machine that has memory to spare. What depends on how short memory is, or on
// where the machine's other pages lie, is left out: reclaim, compact.
export const USER_SPACE: Profile = {
  ...EVERYTHING,
  machine: undefined,
  shares: {
    ...{ mmap: 3, munmap: 2, mprotect: 3, mremap: 2, madvise: 4, read: 5, write: 8, fork: 4, exit: 2 },
    ...{ vmsplice: 2, io_uring_register: 2, release: 3, dma_write: 2, swapout: 3, migrate: 2 },
    ...{ reclaim: 0, compact: 0, swapoff: 0, lru_add_drain: 0, brk: 0, vfork: 0, clone: 0, device: 0 },
    ...{ get_user_pages: 0, pin_user_pages: 0, o_direct_read: 0, o_direct_write: 0 },
    // Large folios have profiles of their own.
    ...{ khugepaged: 0, split_folio: 0, split_pmd: 0, deferred_split_scan: 0 },
  },
  phrases: [
    ["write", "fork"],
    ["write", "fork", "write"],
    ["write", "vmsplice"],
    ["write", "vmsplice", "fork"],
    ["write", "fork", "vmsplice"],
    ["write", "io_uring_register", "fork"],
    ["write", "fork", "io_uring_register"],
    ["write", "swapout"],
    ["write", "swapout", "fork"],
    ["write", "swapout", "read"],
    ["write", "vmsplice", "swapout"],
    ["write", "fork", "migrate"],
    ["write", "migrate"],
    ["madvise*=mergeable", "write*", "ksm_scan"],
    ["madvise*=mergeable", "write*", "fork", "ksm_scan"],
    ["madvise*=mergeable", "write*", "ksm_scan", "write"],
    ["write*", "madvise*=mergeable", "ksm_scan", "fork"],
    ["madvise*=mergeable", "write*", "ksm_scan", "madvise=unmergeable"],
    ["write*", "fork", "munmap"],
    ["write*", "fork", "mprotect=r", "mprotect=rw", "write"],
    ["write*", "mprotect=r", "mprotect=rw", "write"],
    ["write*", "swapout*", "fork", "read"],
    ["write*", "mremap=maymove"],
    ["write", "fork", "process_vm_readv"],
    ["write", "fork", "ptrace_poke"],
    ["write", "clear_refs", "write"],
    ["write", "madvise=free", "write"],
    ["write", "madvise=free", "swapout"],
    ["madvise=wipeonfork", "write", "fork"],
    ["madvise=dontfork", "write", "fork"],
    ["write", "madvise=guard_install", "fork"],
    ["mlock", "fork", "write"],
    ["memfd", "mmap=shared", "write"],
    ["memfd", "mmap=shared", "write", "swapout", "read"],
    ["memfd", "mmap=private", "read", "write"],
    ["memfd", "mmap=private", "write", "ftruncate"],
    ["file", "mmap=private", "read", "write"],
    ["file", "mmap=shared", "read", "write"],
    ["file", "mmap=shared", "write", "writeback", "write"],
    ["file", "mmap=private", "write", "fork", "fallocate"],
    ["mmap=shared|anonymous", "write", "fork"],
  ],
  mappingPages: [1, 1, 2, 2, 3, 4, 4, 8, 16],
  rangePages: [1, 1, 1, 1, 2, 2, 3, 4, 8],
  bytes: [0, 1, 1, 2, 65],
  words: {
    "mmap.flags": [
      ...["private|anonymous", "private|anonymous", "private|anonymous", "shared|anonymous", "private", "shared"],
      ...["private|anonymous|populate", "shared|populate", "private|populate", "private|anonymous|fixed"],
      ...["shared|fixed", "private|fixed", "private|anonymous|fixed_noreplace"],
    ],
    "mremap.flags": ["", "maymove", "maymove", "maymove|fixed", "maymove|dontunmap"],
  },
  pinsOf: { tee: ["vmsplice"], dma_write: ["io_uring"] },
  mostTasks: 4,
  mostMappings: 6,
  mostPins: 4,
  mostFiles: 4,
  nearby: 2,
  straying: 8,
  lastEnds: 30,
  forgets: 1,
  userSpace: true,
};

// The same on a machine of somebody's own, where the guest's program does nothing that would work for, or on, everybody
// (server/guest/README.md), and where there may be neither swap, a second node nor soft-dirty bits.
export const HOST: Profile = {
  ...USER_SPACE,
  shares: { ...USER_SPACE.shares, ksm_scan: 0, swapout: 0, migrate: 0, clear_refs: 0 },
};
