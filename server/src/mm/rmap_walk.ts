// The way back from a page to the entries that map it. mm/rmap.c.

import { PG_ksm } from "./flags.ts";
import { folio_test_anon, page_folio } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { rmap_walk_ksm } from "./ksm_nodes.ts";
import { PTE_PRESENT, PTE_SPECIAL, pte_offset, pte_pfn } from "./pgtable.ts";
import { is_migration_entry, migration_entry_pfn } from "./swapops.ts";

// Calls visit(vma, vpn, row of the entry, entry) for each entry that maps the page, or with `migrationOf`, for each
// migration entry that stands for that frame, which is the page's own or the one that it came from. The visitor may
// change the entry; false ends the walk.
// Mirrors rmap_walk() with page_vma_mapped_walk(), mm/rmap.c and mm/page_vma_mapped.c.
export function rmap_walk(
  k: Kernel,
  pfn: number,
  visit: (vma: number, vpn: number, pte: number, entry: number) => boolean,
  options: { readonly migrationOf?: number } = {},
): boolean {
  const { vma: v, page } = k.w;
  const at = (vma: number, vpn: number): boolean => {
    if (vpn < v.start.data[vma] || vpn >= v.end.data[vma]) return true;
    const pte = pte_offset(k, v.mm.data[vma] - 1, vpn);
    if (pte < 0) return true;
    const entry = k.w.pte.entry.data[pte];
    const maps =
      options.migrationOf !== undefined
        ? is_migration_entry(entry) && migration_entry_pfn(entry) === options.migrationOf
        : (entry & (PTE_PRESENT | PTE_SPECIAL)) === PTE_PRESENT && pte_pfn(entry) === pfn;
    return !maps || visit(vma, vpn, pte, entry);
  };
  // KSM's pages are mapped at different offsets.
  if (page.flags.data[pfn] & PG_ksm) return rmap_walk_ksm(k, pfn, at);
  const index = page.index.data[pfn];
  for (const vma of mapping_vmas(k, pfn)) {
    if (!at(vma, index - v.pgoff.data[vma] + v.start.data[vma])) return false;
  }
  return true;
}

// The VMAs in which the page may be mapped, in the order of their page offsets, then of their making: of an anonymous
// page those that are linked to its anon_vma, of a file's page those that map the file.
export function mapping_vmas(k: Kernel, page: number): number[] {
  const folio = page_folio(k, page);
  const index = k.w.page.index.data[folio] + page - folio;
  const mapping = k.w.page.mapping.data[folio];
  if (mapping === 0) return [];
  return folio_test_anon(k, folio) ? k.rmap.ofAnonPage(mapping, index) : k.rmap.ofFilePage(mapping, index);
}
