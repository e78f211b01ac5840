// Bits of the system calls by their names in C.

import type { Frame } from "./frame.ts";
import { refuse } from "./refusal.ts";

export function protOf(bits: number): string {
  const names = [
    [1, "PROT_READ"],
    [2, "PROT_WRITE"],
    [4, "PROT_EXEC"],
  ] as const;
  return names.flatMap(([bit, name]) => (bits & bit ? [name] : [])).join(" | ") || "PROT_NONE";
}

const MMAP: Readonly<Record<string, string>> = {
  private: "MAP_PRIVATE",
  shared: "MAP_SHARED",
  anonymous: "MAP_ANONYMOUS",
  fixed: "MAP_FIXED",
  fixed_noreplace: "MAP_FIXED_NOREPLACE",
  populate: "MAP_POPULATE",
  noreserve: "MAP_NORESERVE",
  growsdown: "MAP_GROWSDOWN",
  hugetlb: "MAP_HUGETLB",
};

const MREMAP: Readonly<Record<string, string>> = {
  maymove: "MREMAP_MAYMOVE",
  fixed: "MREMAP_FIXED",
  dontunmap: "MREMAP_DONTUNMAP",
};

const FALLOCATE: Readonly<Record<string, string>> = {
  keep_size: "FALLOC_FL_KEEP_SIZE",
  punch_hole: "FALLOC_FL_PUNCH_HOLE",
  collapse_range: "FALLOC_FL_COLLAPSE_RANGE",
  zero_range: "FALLOC_FL_ZERO_RANGE",
  insert_range: "FALLOC_FL_INSERT_RANGE",
};

const FAMILIES = { mmap: MMAP, mremap: MREMAP, fallocate: FALLOCATE };

export function flagsOf(family: keyof typeof FAMILIES, words: readonly string[], frame: Frame): string {
  const names = words.map((word) => FAMILIES[family][word] ?? refuse(`\`${word}\` cannot be exported`));
  if (words.includes("dontunmap")) frame.constants.set("MREMAP_DONTUNMAP", 4);
  return names.join(" | ") || "0";
}

// include/uapi/asm-generic/mman-common.h; those with a number are missing in headers of older libraries.
const ADVICE: Readonly<Record<string, number | undefined>> = {
  normal: undefined,
  dontneed: undefined,
  willneed: undefined,
  free: undefined,
  remove: undefined,
  dontfork: undefined,
  dofork: undefined,
  mergeable: undefined,
  unmergeable: undefined,
  hugepage: undefined,
  nohugepage: undefined,
  wipeonfork: 18,
  keeponfork: 19,
  cold: 20,
  pageout: 21,
  populate_read: 22,
  populate_write: 23,
  collapse: 25,
  guard_install: 102,
  guard_remove: 103,
};

export function adviceOf(word: string, frame: Frame): string {
  if (!Object.hasOwn(ADVICE, word)) refuse(`\`${word}\` cannot be exported`);
  const name = `MADV_${word.toUpperCase()}`;
  const number = ADVICE[word];
  if (number !== undefined) frame.constants.set(name, number);
  return name;
}
