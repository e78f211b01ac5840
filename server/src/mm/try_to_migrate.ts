// Migration entries: every mapping of a page that moves is one of them until it has arrived. mm/rmap.c, mm/migrate.c;
// mm-semantics §5.7, §0.2.
//
//   present(pfn, W, exclusive) ─ try_to_migrate ─▶ migration(pfn, kind) ─ remove_migration_ptes ─▶ present(new or old pfn)
//
// The kind keeps what the entry allowed: write, read-exclusive (from 5.19 on) or read. A fault that meets one waits.

import { PG_anon, PG_anon_exclusive, VM_SHARED, VM_WRITE } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { mlock_folio } from "./lru.ts";
import { folio_mapped } from "./mapcount.ts";
import { migration_kind, tells_exclusive } from "./migration_kind.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { vma_wants_writenotify } from "./mprotect.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pte_flags,
  pte_prot,
  pte_with,
} from "./pgtable.ts";
import {
  folio_add_anon_rmap_pte,
  folio_add_file_rmap_pte,
  folio_remove_rmap_pte,
  folio_try_share_anon_rmap_pte,
} from "./rmap.ts";
import { rmap_walk } from "./rmap_walk.ts";
import { migration_entry, PTE_SWP_WRITE } from "./swapops.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

// Every entry that maps the page becomes a migration entry: refcount - 1, mapcount - 1 each, rss stays. An exclusive
// page that may be pinned keeps its entry, and ends the walk. Mirrors try_to_migrate(), mm/rmap.c, 6.12
// (try_to_unmap() with TTU_MIGRATION before 5.14).
export const try_to_migrate = kernelFunction("try_to_migrate", "mm/rmap.c", (k: Kernel, pfn: number) => {
  rmap_walk(k, pfn, (vma, _vpn, pte, entry) => {
    return try_to_migrate_one(k, pfn, vma, pte, entry) && folio_mapped(k, pfn);
  });
});

// Clearing the entry and setting the new one are one event, as nobody looks in between.
// Mirrors try_to_migrate_one(), mm/rmap.c, 6.12.
const try_to_migrate_one = kernelFunction(
  "try_to_migrate_one",
  "mm/rmap.c",
  (k: Kernel, pfn: number, vma: number, pte: number, entry: number): boolean => {
    const { flags } = k.w.page;
    if (entry & PTE_DIRTY) folio_mark_dirty(k, pfn);
    const exclusive = (flags.data[pfn] & PG_anon_exclusive) !== 0;
    if (exclusive && !folio_try_share_anon_rmap_pte(k, pfn)) return false;
    const kind = migration_kind(k, entry, exclusive, false);
    const kept = PTE_SOFT_DIRTY | (k.model.migrationKeepsAccessed ? PTE_ACCESSED | PTE_DIRTY : 0);
    k.set(k.w.pte.entry, pte, pte_with(migration_entry(pfn, kind), entry & kept));
    folio_remove_rmap_pte(k, vma, pfn);
    if (vma_locks(k, vma)) munlock_vma_folio(k, pfn);
    folio_put(k, pfn);
    return true;
  },
);

// The migration entries that stand for `src` map `dst` from now on: where the migration failed, `src` itself. Each:
// refcount + 1, mapcount + 1, exclusive unless its kind is read. Mirrors remove_migration_ptes(), mm/migrate.c, 6.12.
export const remove_migration_ptes = kernelFunction(
  "remove_migration_ptes",
  "mm/migrate.c",
  (k: Kernel, src: number, dst: number) => {
    rmap_walk(
      k,
      dst,
      (vma, vpn, pte, entry) => {
        remove_migration_pte(k, dst, vma, vpn, { pte, entry });
        return true;
      },
      { migrationOf: src },
    );
  },
);

// The entry is what a fresh one of the VMA would be, with what the migration entry kept: up to 6.0 neither the accessed
// nor the dirty bit. Mirrors remove_migration_pte(), mm/migrate.c, 6.12.
const remove_migration_pte = kernelFunction(
  "remove_migration_pte",
  "mm/migrate.c",
  (k: Kernel, pfn: number, vma: number, vpn: number, slot: { readonly pte: number; readonly entry: number }) => {
    const { page } = k.w;
    const { pte, entry } = slot;
    folio_get(k, pfn);
    if (page.flags.data[pfn] & PG_anon) {
      folio_add_anon_rmap_pte(k, vma, vpn, pfn, tells_exclusive(k, entry));
    } else {
      folio_add_file_rmap_pte(k, vma, pfn);
    }
    if (vma_locks(k, vma)) mlock_folio(k, pfn);
    k.set(k.w.pte.entry, pte, mk_pte(pfn, migrated_bits(k, vma, entry)));
  },
);

// The bits of the entry that maps what a migration entry stood for.
export function migrated_bits(k: Kernel, vma: number, entry: number): number {
  const dirtied = entry & PTE_DIRTY && !k.model.migrationKeepsSoftDirty ? PTE_SOFT_DIRTY : 0;
  const kept = (pte_flags(entry) & (PTE_SOFT_DIRTY | PTE_ACCESSED | PTE_DIRTY)) | dirtied;
  return (vm_page_prot(k, vma) & ~PTE_ACCESSED) | kept | (entry & PTE_SWP_WRITE ? PTE_WRITE : 0);
}

// What vma->vm_page_prot gives: a shared mapping's entries are writable unless its file wants to know of writes.
// Mirrors vma_set_page_prot(), mm/mmap.c.
function vm_page_prot(k: Kernel, vma: number): number {
  const flags = k.w.vma.flags.data[vma];
  const shared = VM_SHARED | VM_WRITE;
  const writable = (flags & shared) === shared && !vma_wants_writenotify(k, vma);
  return pte_prot(flags) | (writable ? PTE_WRITE : 0);
}
