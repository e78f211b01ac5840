// Fields of `pte(…)` and `vma(…)`: the entry of an address, and the mapping around it.

import {
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MIXEDMAP,
  VM_NORESERVE,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../mm/flags.ts";
import type { Kernel } from "../mm/kernel.ts";
import { leafAt, mmOf } from "../mm/observe.ts";
import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_WRITE,
  pte_flags,
  pte_pfn,
} from "../mm/pgtable.ts";
import { is_migration_entry, is_swap_entry, PTE_SWP_EXCLUSIVE, PTE_SWP_WRITE } from "../mm/swapops.ts";
import type { FieldSpec } from "./fields.ts";
import { number, rowOf, truth } from "./read.ts";
import type { Value } from "./value.ts";
import { PROTECTIONS, type Words, word } from "./words.ts";

type Rest = Omit<FieldSpec, "of" | "name" | "simulated" | "read">;

function pte(name: string, rest: Rest, read: (k: Kernel, entry: number, level: number) => Value): FieldSpec {
  return {
    of: "pte",
    name,
    simulated: true,
    ...rest,
    read: (k, value) => {
      if (typeof value !== "object" || value?.kind !== "pte") return null;
      const { entry, level } = leafAt(k, mmOf(k, value.task), value.vpn);
      return read(k, entry, level);
    },
  };
}

function bit(name: string, mask: number, doc: string, source: string): FieldSpec {
  return pte(name, { type: "truth", doc, source }, (_, entry) => truth((pte_flags(entry) & mask) !== 0));
}

const PGTABLE = "arch/x86/include/asm/pgtable.h";
export const LEVELS = ["pte", "pmd", "pud"] as const;
const LEVEL_WORDS = LEVELS.map((name) => word(name));

export const PTE_FIELDS: readonly FieldSpec[] = [
  pte(
    "none",
    { type: "truth", doc: "The entry is empty: the next access faults.", source: `pte_none(), ${PGTABLE}` },
    (_, entry) => truth(entry === 0),
  ),
  pte(
    "present",
    {
      type: "truth",
      doc: "The entry maps a frame. A `PROT_NONE` entry is present too, though no access may use it.",
      source: `pte_present(), ${PGTABLE}`,
    },
    (_, entry) => truth((entry & PTE_PRESENT) !== 0),
  ),
  bit(
    "writable",
    PTE_WRITE,
    "The entry allows writing; else a write faults, even where the mapping allows it.",
    `pte_write(), ${PGTABLE}`,
  ),
  bit("dirty", PTE_DIRTY, "The entry was written through, or was made by a write fault.", `pte_dirty(), ${PGTABLE}`),
  bit(
    "accessed",
    PTE_ACCESSED,
    "The entry was used since the bit was last cleared; fork clears it in the child.",
    `pte_young(), ${PGTABLE}`,
  ),
  bit(
    "special",
    PTE_SPECIAL,
    "The frame has no counters to keep: the zero page, a PFN mapping. `vm_normal_page()` gives no page. mm-semantics §1.5.",
    `pte_special(), ${PGTABLE}`,
  ),
  bit(
    "soft_dirty",
    PTE_SOFT_DIRTY,
    "Written since `clear_refs()`. mm-semantics §5.13.",
    `pte_soft_dirty(), ${PGTABLE}`,
  ),
  pte(
    "swap",
    {
      type: "truth",
      doc: "The entry names a swap slot. mm-semantics §0.2.",
      source: "is_swap_pte(), include/linux/swapops.h",
    },
    (_, entry) => truth(is_swap_entry(entry)),
  ),
  pte(
    "migration",
    {
      type: "truth",
      doc: "The entry waits for a migration to end. mm-semantics §5.7.",
      source: "is_migration_entry(), include/linux/swapops.h",
    },
    (_, entry) => truth(is_migration_entry(entry)),
  ),
  pte(
    "exclusive",
    {
      type: "truth",
      doc: "The marker of a swap or migration entry: the page was exclusive. A present entry has no such bit; see `page(…).exclusive`. mm-semantics §10.",
      source: `pte_swp_exclusive(), ${PGTABLE}`,
      since: "5.19",
    },
    (_, entry) => truth((entry & PTE_PRESENT) === 0 && (entry & (PTE_SWP_EXCLUSIVE | PTE_SWP_WRITE)) !== 0),
  ),
  pte(
    "pfn",
    {
      type: "number",
      doc: "The frame that the entry maps, special or not; `none` without one.",
      source: `pte_pfn(), ${PGTABLE}`,
    },
    (_, entry) => (entry & PTE_PRESENT ? number(pte_pfn(entry)) : null),
  ),
  pte(
    "level",
    {
      type: "word",
      words: LEVELS,
      doc: "The level of the page table that maps the address: `pte`, or `pmd` and `pud` for huge mappings. mm-semantics §10.",
      source: "enum pgtable_level, include/linux/pgtable.h (7.x); ours before",
    },
    (_k, _entry, level) => LEVEL_WORDS[level],
  ),
];

function vma(name: string, rest: Rest, read: (k: Kernel, row: number) => Value): FieldSpec {
  return { of: "vma", name, simulated: true, ...rest, read: (k, value) => read(k, rowOf(value)) };
}

const VMA = "struct vm_area_struct";
const MM_TYPES = "include/linux/mm_types.h";

// The flags that `vma(…).flags` shows, by the names that operations use.
const SHOWN: readonly (readonly [number, string])[] = [
  [VM_GROWSDOWN, "growsdown"],
  [VM_PFNMAP, "pfnmap"],
  [VM_LOCKED, "locked"],
  [VM_IO, "io"],
  [VM_DONTCOPY, "dontfork"],
  [VM_DONTEXPAND, "dontexpand"],
  [VM_NORESERVE, "noreserve"],
  [VM_HUGETLB, "hugetlb"],
  [VM_WIPEONFORK, "wipeonfork"],
  [VM_DONTDUMP, "dontdump"],
  [VM_MIXEDMAP, "mixedmap"],
];

const VMA_FLAG_WORDS: readonly string[] = ["shared", "private", ...SHOWN.map(([, name]) => name)];

function flagWords(flags: number): Words {
  const words = [flags & VM_SHARED ? "shared" : "private"];
  for (const [mask, name] of SHOWN) if (flags & mask) words.push(name);
  return { kind: "words", words, bits: flags, special: [] };
}

function allowed(flags: number): Words {
  const bits = (flags & VM_READ ? 1 : 0) | (flags & VM_WRITE ? 2 : 0) | (flags & VM_EXEC ? 4 : 0);
  return word(PROTECTIONS[bits], bits);
}

function address(k: Kernel, row: number, vpn: number): Value {
  const { start, end } = k.w.vma;
  const size = BigInt(k.pageSize);
  return {
    kind: "address",
    at: BigInt(vpn) * size,
    start: BigInt(start.data[row]) * size,
    end: BigInt(end.data[row]) * size,
  };
}

export const VMA_FIELDS: readonly FieldSpec[] = [
  vma(
    "start",
    { type: "address", doc: "The mapping's first address.", source: `${VMA}.vm_start, ${MM_TYPES}` },
    (k, row) => address(k, row, k.w.vma.start.data[row]),
  ),
  vma(
    "end",
    { type: "address", doc: "The first address past the mapping.", source: `${VMA}.vm_end, ${MM_TYPES}` },
    (k, row) => address(k, row, k.w.vma.end.data[row]),
  ),
  vma(
    "prot",
    {
      type: "word",
      words: PROTECTIONS,
      doc: "What the mapping allows: letters of `rwx`, or `none`. What an entry allows can be less: `pte(…).writable`.",
      source: `VM_READ, VM_WRITE, VM_EXEC in ${VMA}.vm_flags`,
    },
    (k, row) => allowed(k.w.vma.flags.data[row]),
  ),
  vma(
    "flags",
    {
      type: "words",
      words: VMA_FLAG_WORDS,
      doc: "The mapping's other flags, as a set: `vma(p).flags & locked` asks for one.",
      source: `${VMA}.vm_flags, include/linux/mm.h`,
    },
    (k, row) => flagWords(k.w.vma.flags.data[row]),
  ),
  vma(
    "offset",
    {
      type: "number",
      unit: "bytes",
      doc: "Where in its file the mapping begins. Of anonymous memory it is the address where the mapping was made, which says whether neighbours may merge (mm-semantics §6.2).",
      source: `${VMA}.vm_pgoff, ${MM_TYPES}`,
    },
    (k, row) => BigInt(k.w.vma.pgoff.data[row]) * BigInt(k.pageSize),
  ),
  vma(
    "file",
    {
      type: "file",
      doc: "The file behind the mapping; `none` for private anonymous memory.",
      source: `${VMA}.vm_file, ${MM_TYPES}`,
    },
    (k, row) => {
      const file = k.w.vma.file.data[row] - 1;
      return file < 0 ? null : { kind: "file", file };
    },
  ),
  vma(
    "anon_vma",
    {
      type: "truth",
      doc: "An anonymous page was written here once, so fork copies the page tables. mm-semantics §3.2.",
      source: `${VMA}.anon_vma, ${MM_TYPES}`,
    },
    (k, row) => truth(k.w.vma.anon_vma.data[row] !== 0),
  ),
];
