// What an operation can come to, by word: the table behind `->`, its completion and its hover. LANGUAGE.md, section 2.

import { ERRNOS, type Errno } from "../mm/abi.ts";
import { OUTCOMES, type OutcomeName } from "../mm/outcome.ts";

export const OUTCOME_DOCS: Readonly<Record<OutcomeName, string>> = {
  hit: "The page table already allowed the access: no page of it faulted.",
  minor: "A fault without I/O. Always beside what the fault did.",
  major: "A fault that waited for a disk. Always beside what the fault did.",
  zero: "The zero page (or the huge zero page) was mapped: a read of private memory that was never written. `do_anonymous_page()`, mm-semantics §2.2.",
  anon: "A new anonymous folio was mapped. `do_anonymous_page()`, mm-semantics §2.2.",
  file: "A page of an ordinary file was mapped from the page cache. `do_read_fault()`, `do_shared_fault()`, mm-semantics §2.3.",
  shmem: "A page of shared memory was mapped from the page cache. `shmem_fault()`, mm-semantics §2.3.",
  cow: "A copy was made: of an anonymous page, of a page-cache page, or of the zero page. `wp_page_copy()`, `do_cow_fault()`, mm-semantics §2.3, §2.5.",
  reuse: "A write-protected page was made writable in place. `wp_page_reuse()`, mm-semantics §2.4.",
  unshare: "A copy was made for a read-only pin. `FAULT_FLAG_UNSHARE`, mm-semantics §2.6.",
  swapin: "A swap entry was resolved. `do_swap_page()`, mm-semantics §2.7.",
  special: "A frame without counters was mapped: a reference page, a PFN mapping. mm-semantics §6.4, §8.",
  hugetlb: "A hugetlb folio was newly mapped, in place of `anon`, `file` or `shmem`. mm-semantics §2.10.",
  huge: "Beside the others: a PMD-sized folio was newly mapped. mm-semantics §2.8.",
  SIGSEGV: "No mapping at the address, or one that does not allow the access. mm-semantics §2.1.",
  SIGBUS: "A page past the end of the file. mm-semantics §2.3.",
  OOM: "Memory is used up, and the kernel kills the process. mm-semantics §2.1.",
};

// Words behind `->` that an access may have; signals stand last.
export const ACCESS_OUTCOMES: readonly OutcomeName[] = OUTCOMES;

export const ERRNO_NAMES = Object.keys(ERRNOS) as Errno[];

export function outcomeBit(word: string): number {
  const index = OUTCOMES.indexOf(word as OutcomeName);
  return index < 0 ? 0 : 1 << index;
}

export function isErrnoName(word: string): word is Errno {
  return Object.hasOwn(ERRNOS, word);
}
