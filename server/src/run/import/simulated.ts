// Which operations does this version simulate? A call that needs another one becomes a comment.
//
// The caller may pass its own set, made from the language's table; this is the set of the first version.

/** `operation`, or `operation ADVICE` and `mmap hugetlb` where only some of its uses are meant. */
export const SIMULATED: ReadonlySet<string> = new Set([
  "mmap",
  "munmap",
  "mprotect",
  "mremap",
  "madvise normal",
  "madvise dontneed",
  "madvise willneed",
  "madvise populate_read",
  "madvise populate_write",
  "madvise dontfork",
  "madvise dofork",
  "madvise wipeonfork",
  "madvise keeponfork",
  "madvise cold",
  "brk",
  "mlock",
  "munlock",
  "msync",
  "read",
  "write",
  "file",
  "memfd",
  "close",
  "ftruncate",
  "fork",
  "vfork",
  "clone",
  "execve",
  "exit",
  "vmsplice",
  "process_vm_readv",
]);
