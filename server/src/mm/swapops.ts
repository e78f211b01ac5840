// Entries that are not present but say something: where a page is in swap, that it is being migrated, or a marker.
// include/linux/swapops.h, include/linux/leafops.h (from 6.19); mm-semantics §0.2.
//
//   swap       PTE_SWAP, above the flags the slot; PTE_SWP_EXCLUSIVE when the page was exclusive (5.19+)
//   migration  PTE_MIGRATION, above the flags the pfn; PTE_SWP_WRITE when the entry was writable,
//              PTE_SWP_EXCLUSIVE when it was not but the page was exclusive; PTE_ACCESSED and PTE_DIRTY when the entry
//              was so (6.1+)
//   marker     PTE_MARKER, above the flags MARKER_GUARD

import { mk_pte, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, pte_pfn } from "./pte.ts";

export const PTE_SWAP = 0x200;
export const PTE_MIGRATION = 0x400;
export const PTE_MARKER = 0x800;
export const PTE_SWP_EXCLUSIVE = 0x1000;
export const PTE_SWP_WRITE = 0x2000;

// What the bits of an entry that is not present say, for people.
export const SWP_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [PTE_SWAP, "swap"],
  [PTE_MIGRATION, "migration"],
  [PTE_MARKER, "marker"],
  [PTE_SWP_EXCLUSIVE, "exclusive"],
  [PTE_SWP_WRITE, "write"],
  [PTE_ACCESSED, "young"],
  [PTE_DIRTY, "dirty"],
  [PTE_SOFT_DIRTY, "soft_dirty"],
];

export const MARKER_GUARD = 2;

// Neither empty nor present. Mirrors is_swap_pte(), include/linux/swapops.h.
export function is_swap_pte(entry: number): boolean {
  return entry !== 0 && (entry & PTE_PRESENT) === 0;
}

// A real swap entry. Mirrors the negation of non_swap_entry().
export function is_swap_entry(entry: number): boolean {
  return (entry & PTE_SWAP) !== 0;
}

export function is_migration_entry(entry: number): boolean {
  return (entry & PTE_MIGRATION) !== 0;
}

export function is_guard_marker(entry: number): boolean {
  return (entry & PTE_MARKER) !== 0 && pte_pfn(entry) === MARKER_GUARD;
}

// The slot of a swap entry. Mirrors swp_offset().
export function swp_offset(entry: number): number {
  return pte_pfn(entry);
}

// The frame that a migration entry stands for. Mirrors pfn_swap_entry_to_page().
export function migration_entry_pfn(entry: number): number {
  return pte_pfn(entry);
}

export function swp_entry(slot: number, exclusive: boolean): number {
  return mk_pte(slot, PTE_SWAP | (exclusive ? PTE_SWP_EXCLUSIVE : 0));
}

const KINDS = {
  write: PTE_SWP_WRITE,
  "write-exclusive": PTE_SWP_WRITE | PTE_SWP_EXCLUSIVE,
  "read-exclusive": PTE_SWP_EXCLUSIVE,
  read: 0,
} as const;
export type MigrationKind = keyof typeof KINDS;

export function migration_entry(pfn: number, kind: MigrationKind): number {
  return mk_pte(pfn, PTE_MIGRATION | KINDS[kind]);
}

export function make_pte_marker(marker: number): number {
  return mk_pte(marker, PTE_MARKER);
}
