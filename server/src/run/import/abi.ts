// Which bits do the flag names of a strace log stand for? (Linux, x86-64 and the generic ABI.)
//
// strace prints names, with -X raw numbers, with -X verbose both. Reading either into bits leaves one form to reason on.

export const PROT: Readonly<Record<string, number>> = {
  PROT_NONE: 0,
  PROT_READ: 1,
  PROT_WRITE: 2,
  PROT_EXEC: 4,
  PROT_SEM: 8,
  PROT_GROWSDOWN: 0x01000000,
  PROT_GROWSUP: 0x02000000,
};

export const MAP: Readonly<Record<string, number>> = {
  MAP_FILE: 0,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_SHARED_VALIDATE: 3,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MAP_32BIT: 0x40,
  MAP_GROWSDOWN: 0x100,
  MAP_DENYWRITE: 0x800,
  MAP_EXECUTABLE: 0x1000,
  MAP_LOCKED: 0x2000,
  MAP_NORESERVE: 0x4000,
  MAP_POPULATE: 0x8000,
  MAP_NONBLOCK: 0x10000,
  MAP_STACK: 0x20000,
  MAP_HUGETLB: 0x40000,
  MAP_SYNC: 0x80000,
  MAP_FIXED_NOREPLACE: 0x100000,
};

/** The bits that say whether a mapping is shared or private. */
export const MAP_TYPE = 0xf;

export const MREMAP: Readonly<Record<string, number>> = { MREMAP_MAYMOVE: 1, MREMAP_FIXED: 2, MREMAP_DONTUNMAP: 4 };

export const CLONE: Readonly<Record<string, number>> = {
  CLONE_VM: 0x100,
  CLONE_FILES: 0x400,
  CLONE_VFORK: 0x4000,
  CLONE_THREAD: 0x10000,
};

export const MS: Readonly<Record<string, number>> = { MS_ASYNC: 1, MS_INVALIDATE: 2, MS_SYNC: 4 };

export const MCL: Readonly<Record<string, number>> = { MCL_CURRENT: 1, MCL_FUTURE: 2, MCL_ONFAULT: 4 };

/** Bytes of a huge page, `21<<MAP_HUGE_SHIFT`: the only size that the simulated machine has. */
export const HUGE_PAGE = 2 ** 21;

export const MFD: Readonly<Record<string, number>> = { MFD_CLOEXEC: 1, MFD_HUGETLB: 4 };

/** The advice of madvise() by number; the values are the words of the trace language where it has one. */
export const ADVICE: readonly { value: number; name: string; word: string }[] = [
  { value: 0, name: "MADV_NORMAL", word: "normal" },
  { value: 1, name: "MADV_RANDOM", word: "" },
  { value: 2, name: "MADV_SEQUENTIAL", word: "" },
  { value: 3, name: "MADV_WILLNEED", word: "willneed" },
  { value: 4, name: "MADV_DONTNEED", word: "dontneed" },
  { value: 8, name: "MADV_FREE", word: "free" },
  { value: 9, name: "MADV_REMOVE", word: "remove" },
  { value: 10, name: "MADV_DONTFORK", word: "dontfork" },
  { value: 11, name: "MADV_DOFORK", word: "dofork" },
  { value: 12, name: "MADV_MERGEABLE", word: "mergeable" },
  { value: 13, name: "MADV_UNMERGEABLE", word: "unmergeable" },
  { value: 14, name: "MADV_HUGEPAGE", word: "hugepage" },
  { value: 15, name: "MADV_NOHUGEPAGE", word: "nohugepage" },
  { value: 16, name: "MADV_DONTDUMP", word: "" },
  { value: 17, name: "MADV_DODUMP", word: "" },
  { value: 18, name: "MADV_WIPEONFORK", word: "wipeonfork" },
  { value: 19, name: "MADV_KEEPONFORK", word: "keeponfork" },
  { value: 20, name: "MADV_COLD", word: "cold" },
  { value: 21, name: "MADV_PAGEOUT", word: "pageout" },
  { value: 22, name: "MADV_POPULATE_READ", word: "populate_read" },
  { value: 23, name: "MADV_POPULATE_WRITE", word: "populate_write" },
  { value: 24, name: "MADV_DONTNEED_LOCKED", word: "" },
  { value: 25, name: "MADV_COLLAPSE", word: "collapse" },
  { value: 102, name: "MADV_GUARD_INSTALL", word: "guard_install" },
  { value: 103, name: "MADV_GUARD_REMOVE", word: "guard_remove" },
];

export const PAGE = 4096;

export const pageDown = (n: number): number => n - (n % PAGE);
export const pageUp = (n: number): number => pageDown(n + PAGE - 1);

/** The end of user space on x86-64 with four levels of page tables (TASK_SIZE). */
export const TASK_SIZE = 2 ** 47 - PAGE;
