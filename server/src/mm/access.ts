// What the processor does with an access of a process: translate, and fault when the entry does not allow it.

import { FAULT_FLAG_ALLOW_RETRY, FAULT_FLAG_TRIED, FAULT_FLAG_WRITE } from "./abi.ts";
import { mm_account_fault } from "./account_fault.ts";
import {
  VM_FAULT_HWPOISON,
  VM_FAULT_MAJOR,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGBUS,
  VM_FAULT_SIGSEGV,
} from "./fault.ts";
import { VM_ACCESS_FLAGS, VM_WRITE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { handle_mm_fault } from "./memory.ts";
import { HIT, OOM, SIGBUS, SIGNALS, SIGSEGV } from "./outcome.ts";
import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_PROTNONE,
  PTE_WRITE,
  pmd_offset,
  pmd_trans_huge,
  pte_offset,
  pte_pfn,
  pte_with,
} from "./pgtable.ts";
import { lock_mm_and_find_vma } from "./stack.ts";

// Signal numbers, include/uapi/asm-generic/signal.h; for the tracepoint alone.
const SIGNAL_NUMBERS = { SIGBUS: 7, SIGKILL: 9, SIGSEGV: 11 } as const;

const VMA_FOUND = condition("vma && vma->vm_start <= address", "vma");
const ACCESS_ALLOWED = condition("!access_error(error_code, vma)", "vm_flags");

// Reads length bytes: one access for each page touched. The outcome is the union over the pages; the first signal ends it.
export function user_read(k: Kernel, task: number, addr: bigint, length: bigint): void {
  for_each_page(k, addr, length, (vpn) => touch(k, task, vpn, false) >= 0);
}

// Writes bytes, or one byte again and again: one access for each page touched.
export function user_write(
  k: Kernel,
  task: number,
  addr: bigint,
  data: Uint8Array | { readonly byte: number; readonly length: bigint },
): void {
  const filled = !(data instanceof Uint8Array);
  const length = filled ? data.length : BigInt(data.length);
  const page = filled ? new Uint8Array(length < k.pageSize ? Number(length) : k.pageSize).fill(data.byte) : data;
  let done = 0;
  for_each_page(k, addr, length, (vpn, offset, bytes) => {
    const pfn = touch(k, task, vpn, true);
    if (pfn < 0) return false;
    const from = filled ? 0 : done;
    const { content } = k.w.page;
    const part = from === 0 && bytes === page.length ? page : page.subarray(from, from + bytes);
    k.set(content, pfn, k.contents.write(content.data[pfn], offset, part));
    done += bytes;
    return true;
  });
}

// Calls visit(page number, offset in the page, bytes in it) until it says no. The address space wraps for nobody: what
// lies past the last user page is visited as the page at taskPages, where no VMA is.
function for_each_page(
  k: Kernel,
  addr: bigint,
  length: bigint,
  visit: (vpn: number, offset: number, bytes: number) => boolean,
): void {
  const size = k.pageSize;
  const last = BigInt(k.geometry.taskPages);
  const page = addr / BigInt(size);
  let vpn = page < last ? Number(page) : k.geometry.taskPages;
  let offset = Number(addr % BigInt(size));
  // A length past what user space can hold ends at its last page with a signal, so a double counts it well enough.
  let left = Number(length);
  while (left > 0) {
    k.tick();
    const bytes = Math.min(left, size - offset);
    if (!visit(vpn, offset, bytes)) return;
    left -= bytes;
    offset = 0;
    vpn++;
  }
}

// One access to one page. Returns the frame that it reached, or -1 when it ended in a signal.
function touch(k: Kernel, task: number, vpn: number, write: boolean): number {
  const mm = k.w.task.mm.data[task] - 1;
  const needs = write ? PTE_PRESENT | PTE_WRITE : PTE_PRESENT;
  const marks = write ? PTE_ACCESSED | PTE_DIRTY : PTE_ACCESSED;
  for (let faulted = false; ; faulted = true) {
    const pte = vpn < k.geometry.taskPages ? pte_offset(k, mm, vpn) : -1;
    const row = pte < 0 && vpn < k.geometry.taskPages ? huge_entry(k, mm, vpn) : pte;
    const entry = row < 0 ? 0 : k.w.pte.entry.data[row];
    if ((entry & needs) === needs && (entry & PTE_PROTNONE) === 0) {
      if (!faulted) k.outcome |= HIT;
      if ((entry & marks) !== marks) k.set(k.w.pte.entry, row, pte_with(entry, marks));
      return pte < 0 ? pte_pfn(entry) + (vpn % k.hpageNr) : pte_pfn(entry);
    }
    if (do_user_addr_fault(k, task, vpn, write)) return -1;
  }
}

// The row of a PMD that maps a folio itself, -1 where there is none.
function huge_entry(k: Kernel, mm: number, vpn: number): number {
  const pmd = pmd_offset(k, mm, vpn);
  return pmd >= 0 && pmd_trans_huge(k.w.pte.entry.data[pmd]) ? pmd : -1;
}

// The page fault of an access from user mode; true when it ended in a signal, which is then in the outcome.
// Mirrors do_user_addr_fault(), arch/x86/mm/fault.c, 6.12.
const do_user_addr_fault = kernelFunction(
  "do_user_addr_fault",
  "arch/x86/mm/fault.c",
  (k: Kernel, task: number, vpn: number, write: boolean): boolean => {
    const mm = k.w.task.mm.data[task] - 1;
    k.trace("page_fault_user", task, vpn, write ? FAULT_FLAG_WRITE : 0);
    const vma = lock_mm_and_find_vma(k, mm, vpn);
    if (!k.decide(VMA_FOUND, vma + 1, vma >= 0)) return force_sig(k, task, vpn, "SIGSEGV");
    const allowed = k.w.vma.flags.data[vma];
    if (!k.decide(ACCESS_ALLOWED, allowed, (allowed & (write ? VM_WRITE : VM_ACCESS_FLAGS)) !== 0)) {
      return force_sig(k, task, vpn, "SIGSEGV");
    }
    let flags = FAULT_FLAG_ALLOW_RETRY | (write ? FAULT_FLAG_WRITE : 0);
    let waited = false;
    // mmap_lock, in place of the VMA's own.
    let locked = false;
    for (;;) {
      const result = handle_mm_fault(k, task, vma, vpn, flags);
      waited ||= (result & VM_FAULT_MAJOR) !== 0;
      if (result & VM_FAULT_OOM) return force_sig(k, task, vpn, "OOM");
      if (result & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON)) return force_sig(k, task, vpn, "SIGBUS");
      if (result & VM_FAULT_SIGSEGV) return force_sig(k, task, vpn, "SIGSEGV");
      if ((result & VM_FAULT_RETRY) === 0) {
        mm_account_fault(k, task, flags, waited);
        return false;
      }
      // The try under the VMA's lock does not count as one, unless it waited.
      if (!k.model.faultsLockVma || locked || (result & VM_FAULT_MAJOR) !== 0) flags |= FAULT_FLAG_TRIED;
      locked = true;
    }
  },
);

// The process gets the signal; whether it handles it or dies is the trace's business.
function force_sig(k: Kernel, task: number, vpn: number, signal: "SIGSEGV" | "SIGBUS" | "OOM"): true {
  k.outcome = (k.outcome & ~SIGNALS) | { SIGSEGV, SIGBUS, OOM }[signal];
  k.trace("signal_generate", task, SIGNAL_NUMBERS[signal === "OOM" ? "SIGKILL" : signal], vpn);
  return true;
}
