// What a page fault is while it is handled, and what it comes to. include/linux/mm_types.h.

// struct vm_fault: vma and pte are rows, vpn a virtual page number.
export interface Fault {
  readonly task: number;
  readonly mm: number;
  readonly vma: number;
  readonly vpn: number;
  // FAULT_FLAG_* bits.
  readonly flags: number;
  // The row of the PMD that serves the page; -1 where nobody asks for it, since a PTE table hangs there.
  readonly pmd: number;
  // The row of the entry, -1 while its table does not exist.
  pte: number;
  // The entry as the fault found it (orig_pte).
  entry: number;
}

// enum vm_fault_reason.
export const VM_FAULT_OOM = 0x1;
export const VM_FAULT_SIGBUS = 0x2;
export const VM_FAULT_MAJOR = 0x4;
// do_wp_page() has broken COW, whether or not the entry became writable (until 6.1; only GUP asks).
export const VM_FAULT_WRITE = 0x8;
export const VM_FAULT_HWPOISON = 0x10;
export const VM_FAULT_SIGSEGV = 0x40;
export const VM_FAULT_NOPAGE = 0x100;
export const VM_FAULT_RETRY = 0x400;
// No huge page: the fault goes on with PTEs.
export const VM_FAULT_FALLBACK = 0x800;
export const VM_FAULT_ERROR = VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV | VM_FAULT_HWPOISON;
