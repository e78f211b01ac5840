// Random traces about large folios: huge pages that appear by themselves, are taken apart, shared, pinned, moved and made
// anew; folios of 64K; and hugetlb's.

import type { Model } from "../../mm/model.ts";
import { type Profile, USER_SPACE } from "./profile.ts";

const PHRASES: readonly (readonly string[])[] = [
  ["write", "fork"],
  ["write", "fork", "write"],
  ["write", "fork", "exit", "write"],
  ["write", "split_pmd"],
  ["write", "split_pmd", "fork"],
  ["write", "fork", "split_pmd"],
  ["write", "fork", "split_pmd", "write"],
  ["write", "munmap"],
  ["write", "munmap", "deferred_split_scan"],
  ["write", "fork", "munmap", "write"],
  ["write", "mprotect=r"],
  ["write", "mprotect=r", "mprotect=rw", "write"],
  ["write*", "mprotect=none", "fork"],
  ["write", "madvise=dontneed"],
  ["write", "madvise=dontneed", "deferred_split_scan"],
  ["write", "fork", "madvise=dontneed", "write"],
  ["write", "madvise=free", "write"],
  ["write", "madvise*=free", "swapout"],
  ["write", "mremap=maymove"],
  ["write", "fork", "mremap=maymove", "write"],
  ["write", "vmsplice"],
  ["write", "vmsplice", "fork", "write"],
  ["write", "split_pmd", "vmsplice", "fork"],
  ["write", "io_uring_register", "fork"],
  ["write", "fork", "io_uring_register"],
  ["write", "io_uring_register", "split_folio"],
  ["write", "split_pmd", "io_uring_register", "fork", "write"],
  ["write", "swapout"],
  ["write", "swapout*"],
  ["write", "swapout*", "read"],
  ["write", "swapout*", "fork", "write"],
  ["write", "split_pmd", "swapout"],
  ["write", "migrate"],
  ["write", "fork", "migrate"],
  ["write", "split_pmd", "fork", "migrate"],
  ["write", "split_folio"],
  ["write*", "split_folio"],
  ["write", "fork", "split_folio", "write"],
  ["write", "munmap", "split_folio"],
  ["madvise*=nohugepage", "write", "madvise*=hugepage", "khugepaged"],
  ["madvise*=nohugepage", "write", "fork", "madvise*=collapse"],
  ["write", "split_pmd", "madvise*=collapse"],
  ["write", "split_pmd", "fork", "madvise*=collapse", "write"],
  ["write", "swapout", "madvise*=collapse"],
  ["mlock", "write", "munmap"],
  ["write", "mlock", "fork", "write"],
  ["write", "mlock", "munlock"],
  ["read", "write"],
  ["read", "fork", "write"],
  ["read", "mprotect=r"],
  ["write", "madvise=dontfork", "fork"],
  ["write", "madvise=wipeonfork", "fork"],
  ["write", "fork", "ptrace_poke"],
  ["write", "process_vm_readv"],
  ["write", "clear_refs", "write"],
  ["memfd", "mmap=shared", "write", "madvise*=collapse"],
  ["memfd", "mmap=shared", "write", "madvise*=collapse", "fork", "read"],
  ["memfd", "mmap=shared", "write", "madvise*=collapse", "mprotect=r"],
  ["memfd", "mmap=shared", "write", "madvise*=collapse", "munmap"],
  ["memfd", "mmap=shared", "madvise*=collapse", "fallocate"],
  ["memfd", "mmap=shared", "write", "madvise*=collapse", "ftruncate"],
  ["memfd", "mmap=shared", "write", "madvise*=collapse", "mmap=private", "write"],
  ["file", "mmap=private", "read", "write"],
  ["file", "mmap=shared", "write", "writeback", "write"],
];

const SHARES = {
  ...USER_SPACE.shares,
  ...{ mmap: 2, munmap: 3, mprotect: 3, mremap: 3, madvise: 4, read: 4, write: 8, fork: 5, exit: 3 },
  ...{ split_pmd: 2, split_folio: 2, deferred_split_scan: 1, khugepaged: 1, ksm_scan: 0, migrate: 2, swapout: 2 },
};

// Every mapping that has room for a huge page gets one.
const THP: Profile = {
  ...USER_SPACE,
  machine: "thp=always",
  shares: SHARES,
  phrases: PHRASES,
  mappingPages: [512, 512, 512, 512, 1024, 1024, 1536, 64, 1],
  rangePages: [1, 1, 1, 2, 4, 16, 32, 100, 256, 512, 512, 1024],
  startPages: [0, 0, 0, 0, 1, 1, 5, 16, 255, 256, 300, 511, 512, 513, 768],
  words: {
    ...USER_SPACE.words,
    "madvise.advice": [
      ...["hugepage", "nohugepage", "collapse", "collapse", "dontneed", "dontneed", "free", "dontfork", "dofork"],
      ...["wipeonfork", "keeponfork", "populate_read", "populate_write", "cold", "pageout", "remove", "willneed"],
      ...["guard_install", "guard_remove", "mergeable", "unmergeable"],
    ],
    "mmap.flags": [
      ...["private|anonymous", "private|anonymous", "private|anonymous", "shared|anonymous", "private", "shared"],
      ...["private|anonymous|populate", "private|anonymous|fixed", "shared|fixed"],
    ],
  },
  mostMappings: 4,
  mostTasks: 3,
};

// Folios of 64K; those of 2M are for MADV_COLLAPSE alone, so that khugepaged sleeps.
const MTHP: Profile = {
  ...THP,
  machine: "thp=always mthp=64K",
  shares: { ...SHARES, khugepaged: 0 },
  phrases: PHRASES.filter((phrase) => !phrase.includes("khugepaged")),
  mappingPages: [16, 16, 32, 32, 64, 64, 100, 512],
  rangePages: [1, 1, 1, 2, 4, 8, 15, 16, 17, 32, 64],
  startPages: [0, 0, 0, 1, 3, 8, 15, 16, 17, 31, 32, 48],
};

// Huge pages that come from a pool: 16 of them, so that it runs empty now and then.
const HUGETLB: Profile = {
  ...THP,
  machine: undefined,
  shares: { ...SHARES, ...{ split_pmd: 1, split_folio: 0, deferred_split_scan: 0, khugepaged: 0, swapout: 1 } },
  phrases: [
    ["write", "fork", "write"],
    ["write", "fork", "exit", "write"],
    ["write", "fork", "munmap*", "write"],
    ["write", "vmsplice", "fork", "write"],
    ["write", "io_uring_register", "fork", "write"],
    ["write", "fork", "io_uring_register"],
    ["write", "fork", "migrate"],
    ["write*", "fork", "write*"],
    ["write", "mprotect*=r", "fork", "mprotect*=rw", "write"],
    ["write", "madvise*=dontneed", "read"],
    ["write", "fork", "madvise*=dontneed", "write"],
    ["memfd=yes", "mmap=shared", "write", "fork", "read"],
    ["memfd=yes", "mmap=private", "read", "write"],
    ["memfd=yes", "mmap=private", "write", "ftruncate"],
    ["memfd=yes", "mmap=shared", "write", "fallocate"],
    ["mmap=shared|anonymous|hugetlb", "write", "fork", "write"],
    ["mmap=private|anonymous|hugetlb|noreserve", "write", "fork", "write"],
  ],
  firstMappings: "private|anonymous|hugetlb",
  mappingPages: [512, 512, 512, 1024, 1024, 2048],
  rangePages: [512, 512, 512, 1024, 1, 16],
  startPages: [0, 0, 0, 1, 512, 512, 700, 1024],
  words: {
    ...THP.words,
    "mmap.flags": [
      ...["private|anonymous|hugetlb", "private|anonymous|hugetlb", "shared|anonymous|hugetlb", "private", "shared"],
      ...["private|anonymous|hugetlb|noreserve", "private|anonymous|hugetlb|populate", "private|anonymous"],
    ],
    "memfd.hugetlb": ["yes", "yes", "no"],
  },
};

// By the name that `mmtrace fuzz --profile` gives them.
export const LARGE_PROFILES: Readonly<Record<string, Profile>> = { thp: THP, mthp: MTHP, hugetlb: HUGETLB };

// Names of the profiles that have something to say of the model.
export function largeProfilesOf(model: Model): string[] {
  return Object.keys(LARGE_PROFILES).filter((name) => name !== "mthp" || model.mthp);
}
