// Moving a process's pages to other frames. mm/migrate.c; mm-semantics §5.7.

import type { Errno } from "./abi.ts";
import { VM_IO, VM_PFNMAP } from "./flags.ts";
import { folio_order, folio_test_hugetlb, folio_test_large, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { alloc_hugetlb_folio_nodemask, isolate_hugetlb } from "./hugetlb_migrate.ts";
import type { Kernel } from "./kernel.ts";
import { folio_isolate_lru, lru_add_drain } from "./lru.ts";
import { migrate_pages, putback_movable_pages } from "./migrate.ts";
import { followed, vm_normal_page } from "./normal_page.ts";
import { leafAt } from "./observe.ts";
import { alloc_page_noretry, folio_alloc } from "./page_alloc.ts";
import { PTE_SPECIAL, pmd_entry, pmd_none_or_table, pte_offset } from "./pgtable.ts";
import { clamped_page } from "./user_range.ts";

const MIGRATABLE = condition("vma_migratable(vma)", "vm_flags");
const HAS_PAGE = condition("folio_walk_start(&fw, vma, addr, FW_ZEROPAGE)", "special");
const HEAD_OF_HUGETLB = condition("PageHead(page)", "head");
const ON_LRU = condition("folio_isolate_lru(folio)", "lru");

// move_pages(2) with MPOL_MF_MOVE_ALL, for every page of the range, to a node where none of them is: shared pages move
// with all of their mappings. A page that cannot be had (nothing mapped, the zero page, no LRU page) ends the list so
// far, which moves before the next is collected; when some page of such a list stays, the rest is not tried.
// Mirrors do_pages_move(), mm/migrate.c, 6.12.
export const do_pages_move = kernelFunction(
  "do_pages_move",
  "mm/migrate.c",
  (k: Kernel, task: number, addr: bigint, length: bigint): 0 | Errno => {
    const mm = k.w.task.mm.data[task] - 1;
    const end = clamped_page(k, addr + length + BigInt(k.pageSize) - 1n);
    lru_add_drain(k);
    let pagelist: number[] = [];
    // Large folios that are on the node already, by their heads there.
    const arrived = new Set<number>();
    for (let vpn = clamped_page(k, addr); vpn < end; vpn++) {
      k.tick();
      const pfn = add_folio_for_migration(k, mm, vpn, { pagelist, arrived });
      if (pfn >= 0) {
        pagelist.push(pfn);
        continue;
      }
      const collected = pagelist;
      pagelist = [];
      if (!do_move_pages_to_node(k, collected, arrived)) break;
      vpn = end_of_hole(k, mm, vpn, end) - 1;
    }
    do_move_pages_to_node(k, pagelist, arrived);
    // From 5.13 on no page waits in a batch meanwhile (lru_cache_disable()).
    if (k.model.migrationDisablesBatches) lru_add_drain(k);
    return 0;
  },
);

// The next page after one that cannot be had which may be mapped: what lies between them ends no other list. A range may
// be as large as the address space.
function end_of_hole(k: Kernel, mm: number, vpn: number, end: number): number {
  const vma = k.vmas.find(mm, vpn + 1);
  if (vma < 0) return end;
  const at = Math.max(vpn + 1, k.w.vma.start.data[vma]);
  if (pte_offset(k, mm, at) >= 0 || !pmd_none_or_table(pmd_entry(k, mm, at))) return at;
  const perTable = 2 ** k.geometry.bits[0];
  return (Math.floor(at / perTable) + 1) * perTable;
}

interface SoFar {
  // Isolated, and to be moved together.
  readonly pagelist: readonly number[];
  // Large folios that are on the node already.
  readonly arrived: ReadonlySet<number>;
}

// The page behind the address, isolated from the LRU; -1 when it is not to be had.
// Mirrors add_folio_for_migration(), mm/migrate.c, 6.12.
const add_folio_for_migration = kernelFunction(
  "add_folio_for_migration",
  "mm/migrate.c",
  (k: Kernel, mm: number, vpn: number, so: SoFar): number => {
    const vma = k.vmas.lookup(mm, vpn);
    // vma_migratable().
    if (vma < 0) return -1;
    const flags = k.w.vma.flags.data[vma];
    if (flags & (VM_IO | VM_PFNMAP) && !k.decide(MIGRATABLE, flags, false)) return -1;
    const { entry } = leafAt(k, mm, vpn);
    const pfn = followed(k, entry) ? vm_normal_page(k, vma, entry) : undefined;
    if (pfn === undefined) {
      k.decide(HAS_PAGE, entry & PTE_SPECIAL ? 1 : 0, false);
      return -1;
    }
    const folio = page_folio(k, pfn);
    if (so.arrived.has(folio)) return -1;
    if (folio_test_hugetlb(k, folio)) {
      if (pfn !== folio && !k.model.movesHugetlbByTails && !k.decide(HEAD_OF_HUGETLB, 0, false)) return -1;
      // One that is isolated is not migratable (HPageMigratable).
      return !so.pagelist.includes(folio) && isolate_hugetlb(k, folio) ? folio : -1;
    }
    const isolated = folio_isolate_lru(k, folio);
    return k.decide(ON_LRU, isolated ? 1 : 0, isolated) ? folio : -1;
  },
);

// False when a page stayed. Mirrors do_move_pages_to_node(), mm/migrate.c, 6.12.
const do_move_pages_to_node = kernelFunction(
  "do_move_pages_to_node",
  "mm/migrate.c",
  (k: Kernel, pagelist: readonly number[], arrived: Set<number>): boolean => {
    if (pagelist.length === 0) return true;
    const stayed = migrate_pages(k, pagelist, (_k, src) => alloc_migration_target(k, src, arrived), "sync");
    putback_movable_pages(k, stayed);
    return stayed.length === 0;
  },
);

// Mirrors alloc_migration_target(), mm/migrate.c, 6.12.
function alloc_migration_target(k: Kernel, src: number, arrived: Set<number>): number {
  if (!folio_test_large(k, src)) return alloc_page_noretry(k);
  const hugetlb = folio_test_hugetlb(k, src);
  const dst = hugetlb ? alloc_hugetlb_folio_nodemask(k) : folio_alloc(k, folio_order(k, src));
  if (dst >= 0) arrived.add(dst);
  return dst;
}
