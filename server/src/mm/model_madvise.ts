// The rules in which kernels differ about madvise: which advice there is, and what it does.
// What each release answers stands in history_madvise.ts.

export interface AdviceRules {
  // Advice that madvise does not know yet.
  readonly unknownAdvice: readonly string[];

  // What madvise answers when a split would make too many VMAs (EAGAIN from 5.17 on, ac1e9acc5acf).
  readonly madviseTooManyVmas: "ENOMEM" | "EAGAIN";

  // MADV_POPULATE_READ and _WRITE: unknown before 5.14; later, what they do at a hole in the range (mm-semantics, measured 8).
  // Those that stop there also try again, as GUP does, where a fault gave up the lock, and count that one as major.
  readonly populateAdvice: "unknown" | "passes holes" | "stops at holes";

  // MADV_DONTNEED frees PTE tables that it leaves empty (CONFIG_PT_RECLAIM: on x86-64 from 6.14 on, 6375e95f381e; seen in
  // 7.2.13 for all architectures whose tables are freed by RCU). zap_pte_range(), mm/memory.c.
  readonly dontneedFreesTables: "no" | "x86-64" | "all";

  // MADV_DOFORK is refused for what only VM_IO marks as a device's, or for every special mapping, hugetlb's among them.
  readonly doforkRefuses: "VM_IO" | "VM_SPECIAL";

  // A mapping with guard markers is flagged so, and that makes fork copy its page tables; before, MADV_GUARD_INSTALL gave
  // it an anon_vma for that, also where it maps a file (6.19, 5dba5cc2e0ff). mm/madvise.c.
  readonly guardMarksVma: boolean;
}
