// Moving huge pages of hugetlb to other frames. mm/migrate.c, mm/hugetlb.c; mm-semantics §5.7.

import { copy_run } from "./copy_run.ts";
import { FOLIO_TEMPORARY, PG_anon, PG_anon_exclusive, PG_dirty } from "./flags.ts";
import { folio_test_anon, has_flag, PageAnonExclusive, set_flag } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { huge_pmd_unshare } from "./hugetlb_pmd_share.ts";
import { alloc_migrate_hugetlb_folio, available_huge_pages, dequeue_hugetlb_folio } from "./hugetlb_pool.ts";
import {
  hugetlb_add_anon_rmap,
  hugetlb_add_file_rmap,
  hugetlb_mapcount,
  hugetlb_remove_rmap,
  hugetlb_try_share_anon_rmap,
} from "./hugetlb_rmap.ts";
import type { Kernel } from "./kernel.ts";
import { migration_kind, tells_exclusive } from "./migration_kind.ts";
import { cache_slot } from "./page_cache.ts";
import { folio_get, folio_put, folio_put_refs, folio_ref_add, folio_ref_count } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  pmd_offset,
  pte_pfn,
  pte_with,
} from "./pgtable.ts";
import { is_migration_entry, migration_entry, migration_entry_pfn } from "./swapops.ts";
import { migrated_bits } from "./try_to_migrate.ts";

const NO_OTHER_REFERENCE = condition("folio_ref_count(src) == folio_expected_ref_count(src) + 1", "refcount");
const NOT_MAPPED = condition("!folio_mapped(src)", "mapcount");

// The page that a huge page moves to: of the pool where one is promised to nobody, else of the page allocator's memory.
// Mirrors alloc_hugetlb_folio_nodemask(), mm/hugetlb.c, 6.12.
export function alloc_hugetlb_folio_nodemask(k: Kernel): number {
  return available_huge_pages(k) > 0 ? dequeue_hugetlb_folio(k) : alloc_migrate_hugetlb_folio(k);
}

// Takes the page for a migration: one reference. Mirrors folio_isolate_hugetlb(), mm/hugetlb.c, 6.12.
export function isolate_hugetlb(k: Kernel, folio: number): boolean {
  folio_get(k, folio);
  return true;
}

// Gives it back. Mirrors folio_putback_hugetlb(), mm/hugetlb.c.
export function putback_hugetlb(k: Kernel, folio: number): void {
  folio_put(k, folio);
}

// Both halves of a huge page's move. Whoever else holds a reference, or a page that may be pinned, keeps it where it is.
// Mirrors unmap_and_move_huge_page(), mm/migrate.c, 6.12.
export const unmap_and_move_huge_page = kernelFunction(
  "unmap_and_move_huge_page",
  "mm/migrate.c",
  (k: Kernel, src: number, frame: (k: Kernel, src: number) => number): "moved" | "EAGAIN" | "EBUSY" | "ENOMEM" => {
    // Only 64-bit machines have migration entries at that level: hugepage_migration_supported().
    if (!k.geometry.wide) return "EBUSY";
    const dst = frame(k, src);
    if (dst < 0) return "ENOMEM";
    const mapped = hugetlb_mapcount(k, src) > 0;
    if (mapped) try_to_migrate_hugetlb(k, src);
    const left = hugetlb_mapcount(k, src);
    const moved = k.decide(NOT_MAPPED, left, left === 0) && move_to_new_folio(k, dst, src);
    if (mapped) remove_migration_huge_ptes(k, src, moved ? dst : src);
    if (moved) {
      move_hugetlb_state(k, dst, src);
      putback_hugetlb(k, src);
    }
    putback_hugetlb(k, dst);
    return moved ? "moved" : "EAGAIN";
  },
);

// The VMAs that may map the page, and the row of the entry there. A table of PMDs that several share is let go of by all but one.
function each_mapping(k: Kernel, folio: number, visit: (vma: number, pte: number, entry: number) => boolean): void {
  const { page, vma: v, pte } = k.w;
  const index = page.index.data[folio];
  const mapping = page.mapping.data[folio];
  const anon = folio_test_anon(k, folio);
  for (const vma of anon ? k.rmap.ofAnonPage(mapping, index) : k.rmap.ofFilePage(mapping, index)) {
    const vpn = index - v.pgoff.data[vma] + v.start.data[vma];
    const mm = v.mm.data[vma] - 1;
    const row = pmd_offset(k, mm, vpn);
    if (row < 0 || (!anon && huge_pmd_unshare(k, mm, vma, vpn))) continue;
    if (!visit(vma, row, pte.entry.data[row])) return;
  }
}

// Each entry becomes a migration entry: refcount - 1, mapcount - 1; hugetlb_usage stays. A page that may be pinned keeps its
// entry. Mirrors try_to_migrate_one(), mm/rmap.c, 6.12, for hugetlb.
const try_to_migrate_hugetlb = kernelFunction("try_to_migrate", "mm/rmap.c", (k: Kernel, folio: number) => {
  const { page, pte } = k.w;
  each_mapping(k, folio, (_vma, row, entry) => {
    if ((entry & PTE_PRESENT) === 0 || pte_pfn(entry) !== folio) return true;
    if (entry & PTE_DIRTY) k.set(page.flags, folio, page.flags.data[folio] | PG_dirty);
    const exclusive = PageAnonExclusive(k, folio);
    if (!hugetlb_try_share_anon_rmap(k, folio)) return false;
    const kind = migration_kind(k, entry, exclusive, false);
    const kept = PTE_SOFT_DIRTY | (k.model.migrationKeepsAccessed ? PTE_ACCESSED | PTE_DIRTY : 0);
    k.set(pte.entry, row, pte_with(migration_entry(folio, kind), entry & kept));
    hugetlb_remove_rmap(k, folio);
    folio_put(k, folio);
    return true;
  });
});

// The migration entries that stand for `src` map `dst` from now on: where the migration failed, `src` itself.
// Mirrors remove_migration_pte(), mm/migrate.c, 6.12, for hugetlb.
const remove_migration_huge_ptes = kernelFunction(
  "remove_migration_ptes",
  "mm/migrate.c",
  (k: Kernel, src: number, dst: number) => {
    each_mapping(k, dst, (vma, row, entry) => {
      if (!is_migration_entry(entry) || migration_entry_pfn(entry) !== src) return true;
      folio_get(k, dst);
      if (folio_test_anon(k, dst)) hugetlb_add_anon_rmap(k, dst, tells_exclusive(k, entry));
      else hugetlb_add_file_rmap(k, dst);
      k.set(k.w.pte.entry, row, mk_pte(dst, migrated_bits(k, vma, entry)));
      return true;
    });
  },
);

// Everything that the page is moves; the file's slot holds the new one. False when somebody else holds a reference.
// Mirrors move_to_new_folio() with hugetlbfs_migrate_folio() and migrate_huge_page_move_mapping(), mm/migrate.c, 6.12.
function move_to_new_folio(k: Kernel, dst: number, src: number): boolean {
  const { page, cache } = k.w;
  const anon = folio_test_anon(k, src);
  const file = anon ? -1 : page.mapping.data[src] - 1;
  const cached = file < 0 ? 0 : k.model.hugetlbCacheRefs === "each page" ? k.hpageNr : 1;
  const refs = folio_ref_count(k, src);
  if (!k.decide(NO_OTHER_REFERENCE, refs, refs === cached + 1)) return false;
  copy_run(k, page.content, dst, page.content, src, k.hpageNr);
  k.set(page.index, dst, page.index.data[src]);
  k.set(page.mapping, dst, page.mapping.data[src]);
  k.set(page.flags, dst, page.flags.data[src] & ~PG_anon_exclusive);
  if (cached > 0) {
    folio_ref_add(k, dst, cached);
    k.set(cache.pfn, cache_slot(k, file, page.index.data[src]), dst);
    folio_put_refs(k, src, cached);
  }
  k.set(page.mapping, src, 0);
  k.set(page.flags, src, page.flags.data[src] & ~PG_anon);
  return true;
}

// The new page takes the old one's place in the pool, and the old one goes where the new one came from.
// Mirrors move_hugetlb_state(), mm/hugetlb.c.
function move_hugetlb_state(k: Kernel, dst: number, src: number): void {
  if (!has_flag(k, dst, FOLIO_TEMPORARY)) return;
  set_flag(k, src, FOLIO_TEMPORARY, true);
  set_flag(k, dst, FOLIO_TEMPORARY, false);
}
