// What 4.19 answers, and what each later release changed, about madvise: which advice there is, and what it does. mm-semantics §5.1, §5.5.

import type { Change } from "./history.ts";
import type { AdviceRules } from "./model_madvise.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_ADVICE: AdviceRules = {
  unknownAdvice: ["cold", "pageout", "populate_read", "populate_write", "collapse", "guard_install", "guard_remove"],
  madviseTooManyVmas: "ENOMEM",
  populateAdvice: "unknown",
  dontneedFreesTables: "no",
  doforkRefuses: "VM_IO",
  guardMarksVma: false,
};

export const ADVICE: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.7": [
    {
      since: "5.4",
      commits: ["9c276cc65a58", "1a4e58cce84e"],
      text: "madvise knows MADV_COLD and MADV_PAGEOUT.",
      rules: { unknownAdvice: ["populate_read", "populate_write", "collapse", "guard_install", "guard_remove"] },
    },
  ],
  "5.15": [
    {
      since: "5.14",
      commits: ["4ca9b3859dac"],
      text: "madvise knows MADV_POPULATE_READ and MADV_POPULATE_WRITE.",
      rules: { populateAdvice: "passes holes", unknownAdvice: ["collapse", "guard_install", "guard_remove"] },
    },
  ],
  "5.17": [
    {
      since: "5.17",
      commits: ["ac1e9acc5acf"],
      text: "madvise answers EAGAIN instead of ENOMEM when it would make too many VMAs.",
      rules: { madviseTooManyVmas: "EAGAIN" },
    },
  ],
  "6.1": [
    {
      since: "6.1",
      commits: ["7d8faaf15545"],
      text: "madvise knows MADV_COLLAPSE.",
      rules: { unknownAdvice: ["guard_install", "guard_remove"] },
    },
  ],
  "6.10": [
    {
      since: "6.9",
      commits: ["631426ba1d45"],
      text: "MADV_POPULATE_READ and MADV_POPULATE_WRITE end at the first hole of the range.",
      rules: { populateAdvice: "stops at holes" },
    },
  ],
  "6.15": [
    {
      since: "6.13",
      commits: ["662df3e5c376"],
      text: "madvise knows MADV_GUARD_INSTALL and MADV_GUARD_REMOVE.",
      rules: { unknownAdvice: [] },
    },
    {
      since: "6.14",
      commits: ["6375e95f381e"],
      text: "MADV_DONTNEED frees the PTE tables that it leaves empty (x86-64).",
      rules: { dontneedFreesTables: "x86-64" },
    },
  ],
  "7.2": [
    {
      since: "6.19",
      commits: ["5dba5cc2e0ff"],
      text: "A mapping with guard markers has a flag of its own, which makes fork copy its page tables; a mapping of a file gets no anon_vma for them.",
      rules: { guardMarksVma: true },
    },
    {
      since: "7.2",
      commits: [],
      text: "MADV_DOFORK is refused for every special mapping, not only for what VM_IO marks.",
      rules: { doforkRefuses: "VM_SPECIAL" },
    },
    {
      since: "7.2",
      commits: [],
      text: "MADV_DONTNEED frees the PTE tables that it leaves empty on all architectures here.",
      rules: { dontneedFreesTables: "all" },
    },
  ],
};
