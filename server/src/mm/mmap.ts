// mmap: which requests are granted, and the VMA that comes of one. mm/mmap.c, mm/vma.c; mm-semantics §6.1.

import {
  type Errno,
  isErrno,
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
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "./abi.ts";
import { check_default_page, default_page_flags } from "./default_page.ts";
import { device_mmap, is_device } from "./device.ts";
import { bug } from "./errors.ts";
import { evict_if_unused, shmem_zero_setup } from "./files.ts";
import {
  VM_ACCOUNT,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { huge_page_size, hugetlb_file_setup, hugetlbfs_file_mmap, is_file_hugepages } from "./hugetlbfs.ts";
import type { Kernel } from "./kernel.ts";
import { do_munmap, unmap_region } from "./munmap.ts";
import { mm_populate } from "./populate.ts";
import { refused, unaligned } from "./refused.ts";
import { vm_soft_dirty } from "./soft_dirty.ts";
import { find_vma_intersection, get_unmapped_area, mmap_min_addr } from "./unmapped_area.ts";
import { address_of, offset_in_page, PAGE_ALIGN, pages_of, U64 } from "./user_range.ts";
import { file_kind, REFPAGE_FILE } from "./vm_ops.ts";
import { vma_link, vma_unlink } from "./vma.ts";
import { vma_merge_new_range } from "./vma_merge.ts";

const NOT_HUGETLB = condition("(flags & MAP_HUGETLB) && !is_file_hugepages(file)", "flags");
const NO_LENGTH = condition("!len", "len");
const STRANGE_TYPE = condition("(flags & MAP_TYPE) != MAP_PRIVATE, and nothing else that can be mapped so", "flags");

export interface MmapRequest {
  readonly length: bigint;
  // PROT_* bits.
  readonly prot: number;
  // MAP_* bits.
  readonly flags: number;
  // Row of the file behind the descriptor.
  readonly file: number | undefined;
  readonly offset: bigint;
  readonly at: bigint | undefined;
}

const MAP_TYPE = MAP_SHARED | MAP_PRIVATE;
// Both bits at once are a type of their own: MAP_SHARED that refuses flags that it does not know.
const MAP_SHARED_VALIDATE = MAP_SHARED | MAP_PRIVATE;
// Those of our flags that MAP_SHARED_VALIDATE knows. include/linux/mman.h.
const LEGACY_MAP_MASK =
  MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_NORESERVE | MAP_POPULATE | MAP_HUGETLB;

// mmap(2). The address, or why there is none. No page is allocated, unless MAP_POPULATE asks for it.
// Mirrors ksys_mmap_pgoff(), mm/mmap.c, 6.12.
export const sys_mmap = kernelFunction(
  "ksys_mmap_pgoff",
  "mm/mmap.c",
  (k: Kernel, task: number, request: MmapRequest): bigint | Errno => {
    const { flags, file } = request;
    const misplaced = unaligned(k, request.offset);
    if (misplaced !== 0) return misplaced;
    const refpage = (flags & MAP_REFPAGE) !== 0;
    const known = k.model.refpage === "an address" || k.model.refpage === "the mapping";
    if (refpage && !known) bug("mmap: the checker lets no MAP_REFPAGE through");
    if ((flags & MAP_ANONYMOUS) === 0 && !refpage && (file === undefined || k.w.file.open.data[file] === 0))
      return "EBADF";
    const backed = flags & (MAP_ANONYMOUS | MAP_REFPAGE) ? { ...request, file: undefined } : request;
    const asked = huge_request(k, backed);
    if (isErrno(asked)) return asked;
    const start = do_mmap(k, task, asked);
    if (isErrno(start)) {
      if (asked.file !== undefined) evict_if_unused(k, asked.file);
      return start;
    }
    const pages = pages_of(k, PAGE_ALIGN(k, asked.length));
    const locked = k.w.mm.def_flags.data[k.w.task.mm.data[task] - 1] & VM_LOCKED;
    if (flags & MAP_POPULATE || locked) mm_populate(k, task, start, start + pages);
    return address_of(k, start);
  },
);

// What is asked of huge pages: a whole number of them, and of anonymous memory a file of their own. EINVAL for MAP_HUGETLB of a file
// of other pages. The part of ksys_mmap_pgoff() that knows of hugetlb.
function huge_request(k: Kernel, request: MmapRequest): MmapRequest | Errno {
  const huge = (request.flags & MAP_HUGETLB) !== 0;
  if (request.file !== undefined && !is_file_hugepages(k, request.file))
    return huge ? refused(k, NOT_HUGETLB, request.flags) : request;
  if (request.file === undefined && !huge) return request;
  const size = BigInt(huge_page_size(k));
  const length = (((request.length + size - 1n) & U64) / size) * size;
  return { ...request, length, file: request.file ?? hugetlb_file_setup(k, Number(length), false) };
}

// The checks in the kernel's order, then the mapping. Its first page, or an errno. Mirrors do_mmap(), mm/mmap.c, 6.12.
const do_mmap = kernelFunction(
  "do_mmap",
  "mm/mmap.c",
  (k: Kernel, task: number, request: MmapRequest): number | Errno => {
    const mm = k.w.task.mm.data[task] - 1;
    if (request.length === 0n) return refused(k, NO_LENGTH, 0);
    const length = PAGE_ALIGN(k, request.length);
    if (length === 0n) return "ENOMEM";
    const own = (request.flags & MAP_REFPAGE) !== 0 && k.model.refpage === "the mapping";
    const wrong = own ? check_default_page(k, request.flags, length) : 0;
    if (wrong !== 0) return wrong;
    if (k.w.mm.map_count.data[mm] > k.machine.max_map_count) return "ENOMEM";
    const fixed = (request.flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0;
    const start = get_unmapped_area(k, mm, {
      addr: fixed ? (request.at ?? 0n) : round_hint_to_min(k, request.at ?? 0n),
      length,
      file: request.file === undefined ? 0 : request.file + 1,
      pgoff: pages_of(k, request.offset),
      flags: (fixed ? MAP_FIXED : 0) | (request.flags & MAP_SHARED),
    });
    if (isErrno(start)) return start;
    const pages = pages_of(k, length);
    if (request.flags & MAP_FIXED_NOREPLACE && find_vma_intersection(k, mm, start, start + pages) >= 0) return "EEXIST";
    const flags = request.file === undefined ? anonymous_flags(k, mm, request) : file_flags(k, mm, request, length);
    if (isErrno(flags)) return flags;
    const shared = (flags & VM_SHARED) !== 0;
    // Private anonymous memory counts its offsets from address 0, so that neighbours fit together.
    const pgoff = request.file !== undefined ? pages_of(k, request.offset) : shared ? 0 : start;
    // The offset is an address, which the mapping keeps.
    const keeps = request.flags & MAP_REFPAGE && k.model.refpage === "an address";
    const refpage = keeps ? pages_of(k, request.offset) + 1 : 0;
    return mmap_region(k, mm, start, pages, { flags, pgoff, file: request.file, refpage });
  },
);

// A hint below vm.mmap_min_addr means the lowest address that may be had. Mirrors round_hint_to_min(), mm/mmap.c.
function round_hint_to_min(k: Kernel, hint: bigint): bigint {
  const page = hint - offset_in_page(k, hint);
  return page !== 0n && page < mmap_min_addr ? mmap_min_addr : page;
}

function base_flags(k: Kernel, mm: number, request: MmapRequest): number {
  const noreserve = request.flags & MAP_NORESERVE ? VM_NORESERVE : 0;
  const growsdown = request.flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0;
  const may = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  return calc_vm_prot_bits(request.prot) | growsdown | k.w.mm.def_flags.data[mm] | may | noreserve;
}

// Mirrors calc_vm_prot_bits(), include/linux/mman.h.
export function calc_vm_prot_bits(prot: number): number {
  return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) | (prot & PROT_EXEC ? VM_EXEC : 0);
}

function anonymous_flags(k: Kernel, mm: number, request: MmapRequest): number | Errno {
  const flags = base_flags(k, mm, request);
  const type = request.flags & MAP_TYPE;
  if (request.flags & MAP_REFPAGE && k.model.refpage === "the mapping") return default_page_flags(flags);
  if (type === MAP_PRIVATE) return flags;
  if (type !== MAP_SHARED || flags & VM_GROWSDOWN || request.flags & MAP_REFPAGE)
    return refused(k, STRANGE_TYPE, request.flags);
  return flags | VM_SHARED | VM_MAYSHARE;
}

// Descriptors of a trace are open for reading and writing, but for refpage_create()'s: a shared mapping of one of those is
// nothing that could ever be written, and is treated as private (VM_SHARED goes).
function file_flags(k: Kernel, mm: number, request: MmapRequest, length: bigint): number | Errno {
  const flags = base_flags(k, mm, request);
  const type = request.flags & MAP_TYPE;
  // MAX_LFS_FILESIZE bounds what may be mapped, whatever the file's size is: file_mmap_ok().
  const longest = k.geometry.wide ? 2n ** 63n - 1n : 0xffff_ffffn * BigInt(k.pageSize);
  if (length > longest || request.offset > longest - length) return "EOVERFLOW";
  if (type === MAP_SHARED_VALIDATE && request.flags & ~LEGACY_MAP_MASK) return "EOPNOTSUPP";
  const readonly = request.file !== undefined && file_kind(k, request.file) === REFPAGE_FILE;
  if (type & MAP_SHARED && readonly && request.prot & PROT_WRITE) return "EACCES";
  if (type === 0 || flags & VM_GROWSDOWN) return refused(k, STRANGE_TYPE, request.flags);
  if (type !== MAP_PRIVATE && readonly) return (flags & ~VM_MAYWRITE) | VM_MAYSHARE;
  return type === MAP_PRIVATE ? flags : flags | VM_SHARED | VM_MAYSHARE;
}

// Clears the range and maps it: merged with its neighbours or as a VMA of its own. Mirrors mmap_region(), mm/vma.c, 6.12.
const mmap_region = kernelFunction(
  "mmap_region",
  "mm/vma.c",
  (
    k: Kernel,
    mm: number,
    start: number,
    pages: number,
    what: {
      readonly flags: number;
      readonly pgoff: number;
      readonly file: number | undefined;
      readonly refpage: number;
    },
  ): number | Errno => {
    const end = start + pages;
    const error = do_munmap(k, mm, start, end);
    if (error !== 0) return error;
    const huge = what.file !== undefined && is_file_hugepages(k, what.file);
    const account = !huge && accountable_mapping(what.flags) ? VM_ACCOUNT : 0;
    // Huge pages are never locked.
    const flags = (huge ? what.flags & ~VM_LOCKED : what.flags) | account | vm_soft_dirty(k);
    const file = what.file === undefined ? 0 : what.file + 1;
    const range = { mm, start, end, flags, pgoff: what.pgoff, file, anon_vma: 0, source: -1 };
    // What is like anonymous memory but for its vm_ops is not merged with any.
    const [before, behind] = what.refpage === 0 ? [k.vmas.before(mm, start), k.vmas.find(mm, start)] : [-1, -1];
    const merged = vma_merge_new_range(k, range, before, behind);
    if (merged >= 0) {
      // All of it counts as written, as nobody would know of the part that is new.
      k.set(k.w.vma.flags, merged, k.w.vma.flags.data[merged] | vm_soft_dirty(k));
      return start;
    }
    // Each shared anonymous mapping is a file of its own, so it never merges.
    const backing = file === 0 && flags & VM_SHARED ? shmem_zero_setup(k, pages) + 1 : file;
    const vma = vma_link(k, {
      mm,
      start,
      end,
      flags,
      pgoff: what.pgoff,
      file: backing,
      anon_vma: 0,
      anon_vma_chain: 0,
      refpage: what.refpage,
    });
    if (file === 0 || (!huge && !is_device(k, file - 1))) return start;
    const refused = huge ? hugetlbfs_file_mmap(k, vma) : device_mmap(k, vma);
    if (refused === 0) return start;
    // What the driver has mapped so far goes again: unmap_and_free_vma.
    unmap_region(k, mm, [vma]);
    vma_unlink(k, vma);
    return refused;
  },
);

// Private writable memory may need memory of its own for each page, and is charged for it. Mirrors accountable_mapping(),
// mm/vma.c, 6.12.
function accountable_mapping(flags: number): boolean {
  return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) === VM_WRITE;
}
