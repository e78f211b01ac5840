// The coding of page-table entries. An entry is one number: flags in the low 16 bits, and above them the pfn (a leaf),
// the table's row (a branch), or what swapops.ts says.

import { VM_ACCESS_FLAGS } from "./flags.ts";

export const PTE_PRESENT = 0x1;
export const PTE_WRITE = 0x2;
export const PTE_DIRTY = 0x4;
export const PTE_ACCESSED = 0x8;
export const PTE_SPECIAL = 0x10;
export const PTE_SOFT_DIRTY = 0x20;
// Present, but no access allowed: PROT_NONE (_PAGE_PROTNONE).
export const PTE_PROTNONE = 0x40;
export const PTE_TABLE = 0x100;

const UNIT = 0x10000;

export const PTE_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [PTE_PRESENT, "present"],
  [PTE_WRITE, "writable"],
  [PTE_DIRTY, "dirty"],
  [PTE_ACCESSED, "accessed"],
  [PTE_SPECIAL, "special"],
  [PTE_SOFT_DIRTY, "soft_dirty"],
  [PTE_PROTNONE, "protnone"],
];

export function mk_pte(pfn: number, flags: number): number {
  return pfn * UNIT + flags;
}
export function pte_flags(entry: number): number {
  return entry & 0xffff;
}
export function pte_pfn(entry: number): number {
  return Math.floor(entry / UNIT);
}
export function pte_with(entry: number, set: number, clear = 0): number {
  const flags = entry & 0xffff;
  return entry - flags + ((flags & ~clear) | set);
}

// The protection bits of a fresh entry of the VMA: what vm_get_page_prot() gives, without the write bit, which
// depends on the mapping (private: never; shared with writenotify: not before the first write).
export function pte_prot(vmaFlags: number): number {
  return vmaFlags & VM_ACCESS_FLAGS ? PTE_PRESENT | PTE_ACCESSED : PTE_PRESENT | PTE_ACCESSED | PTE_PROTNONE;
}
