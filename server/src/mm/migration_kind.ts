// What a migration entry says of the page that it stands for. include/linux/swapops.h; mm-semantics §0.2, §5.7, §8.6.
//
//   write            the entry was writable; where what is writable is exclusive (writableIsExclusive), the page was
//   read-exclusive   it was not, but the page was exclusive
//   write-exclusive  both, where the one does not follow from the other
//   read             neither

import type { Kernel } from "./kernel.ts";
import { PTE_WRITE } from "./pgtable.ts";
import { type MigrationKind, PTE_SWP_EXCLUSIVE, PTE_SWP_WRITE } from "./swapops.ts";

// For the entry that maps the page now. `split`: the pages stay where they are and become folios of their own.
export function migration_kind(k: Kernel, entry: number, exclusive: boolean, split: boolean): MigrationKind {
  const told = exclusive && (split || k.model.migrationKeepsExclusive);
  if ((entry & PTE_WRITE) === 0) return told ? "read-exclusive" : "read";
  return told && !k.model.writableIsExclusive ? "write-exclusive" : "write";
}

// Whether the page that the migration entry stands for is exclusive.
export function tells_exclusive(k: Kernel, entry: number): boolean {
  if (entry & PTE_SWP_EXCLUSIVE) return true;
  return k.model.writableIsExclusive && (entry & PTE_SWP_WRITE) !== 0;
}
