// What an operation came to: a set of words, kept as bits while it runs. LANGUAGE.md, section 2.

export const OUTCOMES = [
  "hit",
  "minor",
  "major",
  "zero",
  "anon",
  "file",
  "shmem",
  "cow",
  "reuse",
  "unshare",
  "swapin",
  "special",
  "hugetlb",
  "huge",
  "SIGSEGV",
  "SIGBUS",
  "OOM",
] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

function bit(name: OutcomeName): number {
  return 1 << OUTCOMES.indexOf(name);
}

export const HIT = bit("hit");
export const MINOR = bit("minor");
export const MAJOR = bit("major");
export const ZERO = bit("zero");
export const ANON = bit("anon");
export const FILE = bit("file");
export const SHMEM = bit("shmem");
export const COW = bit("cow");
export const REUSE = bit("reuse");
export const UNSHARE = bit("unshare");
export const SWAPIN = bit("swapin");
export const SPECIAL = bit("special");
export const HUGETLB = bit("hugetlb");
export const HUGE = bit("huge");
export const SIGSEGV = bit("SIGSEGV");
export const SIGBUS = bit("SIGBUS");
export const OOM = bit("OOM");
export const SIGNALS = SIGSEGV | SIGBUS | OOM;

export function outcomeNames(bits: number): OutcomeName[] {
  return OUTCOMES.filter((_, i) => bits & (1 << i));
}
