// Random traces about the reference pages of proposals (mm-semantics §8): each begins with mappings of them, and everything that
// may happen to anonymous memory happens to them.

import { type Profile, USER_SPACE } from "./profile.ts";

// What a model has not is left out: of the phrases some are for a mapping of an address, some for one of a file.
const PHRASES: readonly (readonly string[])[] = [
  ["write", "mmap=private|refpage", "read"],
  ["write", "mmap=private|refpage", "read*", "write"],
  ["write", "mmap=private|refpage", "read", "fork"],
  ["write", "mmap=private|refpage", "write", "fork", "read"],
  ["write", "mmap=private|refpage", "read*", "write", "fork", "write"],
  ["write", "mmap=private|refpage", "read", "munmap"],
  ["mmap=private|refpage", "read", "mprotect=r"],
  ["mmap=private|refpage", "read*", "madvise=dontneed"],
  ["write", "fork", "mmap=private|refpage", "read"],
  ["read", "mmap=private|refpage", "read"],
  ["refpage_create", "mmap=private", "read"],
  ["refpage_create", "mmap=private", "read*", "write"],
  ["refpage_create", "mmap=private", "read", "fork"],
  ["refpage_create", "mmap=private", "write", "fork", "read"],
  ["refpage_create", "mmap=private", "read*", "write", "fork", "write"],
  ["refpage_create", "mmap=private", "read*", "close", "munmap"],
  ["refpage_create", "mmap=shared", "read"],
  ["mmap=private", "read", "mprotect=r"],
  ["mmap=private", "read", "get_user_pages"],
  ["mmap=private", "read", "pin_user_pages", "fork"],
  ["read", "vmsplice", "munmap"],
  ["read*", "mremap=maymove"],
  ["read*", "swapout*"],
  ["read*", "migrate"],
  ["read*", "madvise*=mergeable", "ksm_scan"],
  ["write*", "madvise*=mergeable", "ksm_scan", "write"],
  ["read", "madvise=wipeonfork", "fork"],
  ["write", "swapout", "fork", "read"],
  ["read", "clear_refs", "write"],
  ["read", "mlock", "write"],
  ["fork", "process_vm_readv"],
  ["fork", "ptrace_poke"],
];

export const REFPAGES: Profile = {
  ...USER_SPACE,
  machine: "memory=64M swap=16M",
  shares: {
    ...{ file: 0, device: 0, memfd: 1, fallocate: 0, ftruncate: 0, writeback: 0, drop_caches: 0 },
    ...{
      mmap: 3,
      munmap: 2,
      mprotect: 3,
      mremap: 2,
      madvise: 3,
      read: 8,
      write: 6,
      fork: 4,
      exit: 2,
      refpage_create: 2,
    },
    ...{ get_user_pages: 2, pin_user_pages: 2, release: 3, reclaim: 1, compact: 1 },
  },
  phrases: [...PHRASES, ...PHRASES],
  mappingPages: [1, 2, 2, 3, 4, 4, 8],
  words: {
    ...USER_SPACE.words,
    "mmap.flags": ["private|anonymous", "private", "private", "private|populate", "shared", "private|anonymous|fixed"],
  },
};
