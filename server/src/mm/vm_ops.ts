// What a file does for the VMAs that map it: struct vm_operations_struct, by the kind of file.

import { device_fault, INSERT_MIXED_DEVICE, no_fault } from "./device.ts";
import { bug } from "./errors.ts";
import type { Fault } from "./fault.ts";
import { type FaultPage, filemap_fault } from "./filemap.ts";
import { PG_dirty, PG_readahead } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { refpage_fault } from "./refpage_address.ts";
import { shmem_fault } from "./shmem.ts";

// Values of the file table's kind column.
export const REGULAR_FILE = 1;
export const SHMEM_FILE = 2;
export const HUGETLB_FILE = 6;
export const REFPAGE_FILE = 7;

export interface VmOps {
  readonly name: string;
  fault(k: Kernel, vmf: Fault): FaultPage;
  // The file wants to be told before a page becomes writable in a shared mapping, so entries start write-protected
  // (vma_wants_writenotify()).
  readonly page_mkwrite: boolean;
  // Cached pages around a read fault are mapped with it (filemap_map_pages()).
  readonly map_pages: boolean;
  // It wants to be told when a VMA goes, so that none is merged with one of these (is_mergeable_vma(), mm/mmap.c, 5.10: it
  // asks the neighbour alone).
  readonly close: boolean;
  // A shared mapping wrote to the page.
  dirty(k: Kernel, pfn: number): void;
}

// The handlers are named in functions: their files import this one, and may come into being after it.
const generic_file_vm_ops: VmOps = {
  name: "generic_file_vm_ops",
  fault: (k, vmf) => filemap_fault(k, vmf),
  page_mkwrite: true,
  map_pages: true,
  close: false,
  dirty: folio_mark_dirty,
};

const shmem_vm_ops: VmOps = {
  name: "shmem_vm_ops",
  fault: (k, vmf) => shmem_fault(k, vmf),
  page_mkwrite: false,
  map_pages: true,
  close: false,
  dirty: folio_mark_dirty,
};

// A driver that maps a frame at each fault.
const device_vm_ops: VmOps = {
  name: "device_vm_ops",
  fault: (k, vmf) => device_fault(k, vmf),
  page_mkwrite: false,
  map_pages: false,
  close: false,
  dirty: folio_mark_dirty,
};

// vma_dummy_vm_ops: a driver that has mapped everything at mmap sets no operations of its own.
const vma_dummy_vm_ops: VmOps = {
  name: "vma_dummy_vm_ops",
  fault: () => no_fault(),
  page_mkwrite: false,
  map_pages: false,
  close: false,
  dirty: folio_mark_dirty,
};

// hugetlb_fault() comes before any of these is asked.
const hugetlb_vm_ops: VmOps = {
  name: "hugetlb_vm_ops",
  fault: () => bug("hugetlb_vm_op_fault: a fault of a huge page came here"),
  page_mkwrite: false,
  map_pages: false,
  close: false,
  dirty: folio_mark_dirty,
};

// MAP_REFPAGE's mapping, which has no file. Its close handler does nothing: it keeps the VMA from being merged with ordinary
// anonymous memory, from which neither flags nor file tell it. mm-semantics §8.1.
const refpage_vm_ops: VmOps = {
  name: "refpage_vm_ops",
  fault: (k, vmf) => refpage_fault(k, vmf.vma),
  page_mkwrite: false,
  map_pages: false,
  close: true,
  dirty: folio_mark_dirty,
};

// The operations of a VMA that is not anonymous.
export function vm_ops(k: Kernel, vma: number): VmOps {
  if (k.w.vma.refpage.data[vma] !== 0) return refpage_vm_ops;
  return file_ops(k, k.w.vma.file.data[vma] - 1);
}

export function file_ops(k: Kernel, file: number): VmOps {
  const kind = k.w.file.kind.data[file];
  if (kind === REGULAR_FILE) return generic_file_vm_ops;
  if (kind === SHMEM_FILE) return shmem_vm_ops;
  if (kind === HUGETLB_FILE) return hugetlb_vm_ops;
  return kind === INSERT_MIXED_DEVICE ? device_vm_ops : vma_dummy_vm_ops;
}

export function file_kind(k: Kernel, file: number): number {
  return k.w.file.kind.data[file];
}

export function is_shmem(k: Kernel, file: number): boolean {
  return k.w.file.kind.data[file] === SHMEM_FILE;
}

// What stands behind shared anonymous memory. Mirrors vma_is_anon_shmem(), mm/shmem.c.
export function is_anon_shmem(k: Kernel, file: number): boolean {
  return k.w.file.dev_zero.data[file] !== 0;
}

// The file is told that the folio is about to be written. Mirrors do_page_mkwrite(), mm/memory.c.
export const do_page_mkwrite = kernelFunction(
  "do_page_mkwrite",
  "mm/memory.c",
  (k: Kernel, _vmf: Fault, pfn: number) => {
    folio_mark_dirty(k, pfn);
    return 0;
  },
);

// The bit that asks for readahead is reclaim's too, and goes. Mirrors folio_mark_dirty(), mm/page-writeback.c.
export function folio_mark_dirty(k: Kernel, pfn: number): void {
  k.set(k.w.page.flags, pfn, (k.w.page.flags.data[pfn] | PG_dirty) & ~PG_readahead);
}
