// What crosses the system-call boundary: errno names, protection and flag bits, advice, GUP flags.

// include/uapi/asm-generic/errno-base.h and errno.h; the numbers are x86's, for the reader.
export const ERRNOS = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EPIPE: 32,
  ENOSYS: 38,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
} as const;
export type Errno = keyof typeof ERRNOS;

export function isErrno(result: unknown): result is Errno {
  return typeof result === "string";
}

// The kernel gives -ERESTARTSYS and the like to nobody; every call ends with a value or one of the names above.
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

// include/uapi/linux/mman.h, include/uapi/asm-generic/mman-common.h.
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_GROWSDOWN = 0x0100;
export const MAP_NORESERVE = 0x4000;
export const MAP_POPULATE = 0x8000;
export const MAP_HUGETLB = 0x40000;
export const MAP_FIXED_NOREPLACE = 0x100000;
// Of the proposals of mm-semantics §8 alone; a bit that Linux does not use.
export const MAP_REFPAGE = 0x10000000;

export const MREMAP_MAYMOVE = 1;
export const MREMAP_FIXED = 2;
export const MREMAP_DONTUNMAP = 4;

// enum of FOLL_* (include/linux/mm_types.h, 6.12); the values are ours.
export const FOLL_WRITE = 0x01;
export const FOLL_GET = 0x02;
export const FOLL_PIN = 0x04;
export const FOLL_LONGTERM = 0x08;
export const FOLL_FORCE = 0x10;
export const FOLL_FAST_ONLY = 0x20;
export const FOLL_NOFAULT = 0x40;
export const FOLL_UNLOCKABLE = 0x80;
export const FOLL_TOUCH = 0x100;
// MADV_POPULATE_READ and _WRITE (from 6.9 on).
export const FOLL_MADV_POPULATE = 0x200;

// enum fault_flag, include/linux/mm_types.h (6.12).
export const FAULT_FLAG_WRITE = 0x01;
export const FAULT_FLAG_ALLOW_RETRY = 0x04;
export const FAULT_FLAG_TRIED = 0x20;
export const FAULT_FLAG_REMOTE = 0x80;
export const FAULT_FLAG_UNSHARE = 0x400;

// Who holds a reference from outside the page tables (the operation that took it).
export const PIN_KINDS = [
  "get_user_pages",
  "pin_user_pages",
  "vmsplice",
  "io_uring",
  "O_DIRECT read",
  "O_DIRECT write",
  "tee",
] as const;
export type PinKind = (typeof PIN_KINDS)[number];
