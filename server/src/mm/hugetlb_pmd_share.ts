// Tables of PMDs that several address spaces share: where shared hugetlb mappings of a file cover the whole range of such a
// table (1 GiB with 4K pages), at addresses that agree modulo it, the second one to fault takes the first one's table.
// mm/hugetlb.c; mm-semantics §2.10, §13 #26.
//
//   PUD of A ──▶ ┌───────────────┐ ◀── PUD of B        pt_share_count 1
//                │ PMD 0 ▶ folio │                     each folio has mapcount 1, hugetlb_usage counts for who faulted
//                └───────────────┘
//
// The columns of the table row speak of one of the address spaces; when that one lets go, of another.

import { VM_LOCKED, VM_MAYSHARE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { mk_pte, PTE_PRESENT, PTE_TABLE, pmd_alloc, pmd_offset, pte_pfn, pud_alloc, slot_offset } from "./pgtable.ts";
import { linear_page_index } from "./rmap.ts";

const PT_SHARED = condition("ptdesc_pmd_is_shared(virt_to_ptdesc(ptep))", "pt_share_count");

// Whether the machine shares tables of PMDs: there is a level of PUDs above them (CONFIG_ARCH_WANT_HUGE_PMD_SHARE: x86-64,
// arm64 with pages of 4K or 16K).
function shares_pmds(k: Kernel): boolean {
  return k.geometry.wide && k.geometry.bits.length >= 4 && k.geometry.arch !== "arm64_64k";
}

// The first page that the table of PMDs does not serve any more: where a walk goes on that found no table.
// hugetlb_mask_last_page(), mm/hugetlb.c.
export function next_huge_pte(k: Kernel, vpn: number): number {
  const span = k.geometry.bits.length > 2 ? k.scales[2] : k.hpageNr;
  return (Math.floor(vpn / span) + 1) * span;
}

// The row of the PMD that serves the huge page, made with its tables where it is missing; another address space's table
// where it may be shared. -1 when memory is used up. Mirrors huge_pte_alloc(), mm/hugetlb.c, 6.12.
export const huge_pte_alloc = kernelFunction(
  "huge_pte_alloc",
  "mm/hugetlb.c",
  (k: Kernel, mm: number, vma: number, vpn: number): number => {
    const found = pmd_offset(k, mm, vpn);
    if (found >= 0) return found;
    if (want_pmd_share(k, vma, vpn)) {
      if (!pud_alloc(k, mm, vpn)) return -1;
      huge_pmd_share(k, mm, vma, vpn);
    }
    return pmd_alloc(k, mm, vpn) ? pmd_offset(k, mm, vpn) : -1;
  },
);

// Mirrors want_pmd_share(), mm/hugetlb.c, 6.12 (vma_shareable() before 5.13).
function want_pmd_share(k: Kernel, vma: number, vpn: number): boolean {
  if (!shares_pmds(k) || (k.w.vma.flags.data[vma] & VM_MAYSHARE) === 0) return false;
  const first = vpn - (vpn % k.scales[2]);
  return covers(k, vma, first);
}

function covers(k: Kernel, vma: number, first: number): boolean {
  const { start, end } = k.w.vma;
  return start.data[vma] <= first && first + k.scales[2] <= end.data[vma];
}

// Hangs another mapping's table of PMDs into the empty PUD, if there is one that fits: the same pages of the file at the
// same place of the table, the same flags but for mlock's. Mirrors huge_pmd_share() and page_table_shareable(), mm/hugetlb.c.
const huge_pmd_share = kernelFunction(
  "huge_pmd_share",
  "mm/hugetlb.c",
  (k: Kernel, mm: number, vma: number, vpn: number) => {
    const { vma: v, table, pte } = k.w;
    const index = linear_page_index(k, vma, vpn);
    for (const other of k.rmap.ofFilePage(v.file.data[vma], index)) {
      if (other === vma) continue;
      const address = index - v.pgoff.data[other] + v.start.data[other];
      const first = address - (address % k.scales[2]);
      if (address - first !== vpn % k.scales[2] || !covers(k, other, first)) continue;
      if ((v.flags.data[other] ^ v.flags.data[vma]) & ~VM_LOCKED) continue;
      const theirs = pmd_offset(k, v.mm.data[other] - 1, address);
      if (theirs < 0) continue;
      const shared = Math.floor(theirs / k.geometry.stride);
      k.add(table.pt_share_count, shared, 1);
      if (k.model.pmdShareCounts === "references") k.add(k.w.page._refcount, table.pfn.data[shared], 1);
      k.set(k.w.machine.pmds_shared, 0, 1);
      k.set(pte.entry, slot_offset(k, mm, vpn, 2), mk_pte(shared, PTE_TABLE | PTE_PRESENT));
      k.add(k.w.mm.pgtables_bytes, mm, k.pageSize);
      return;
    }
  },
);

// Whether the address space shares the table of PMDs that serves the page. Up to 6.12 the page's references said so, and
// any other one made the table look shared (59d9094df3d7). Mirrors ptdesc_pmd_is_shared(), include/linux/mm_types.h.
export function pmd_is_shared(k: Kernel, mm: number, vpn: number): boolean {
  const pmd = pmd_offset(k, mm, vpn);
  return pmd >= 0 && share_count(k, Math.floor(pmd / k.geometry.stride)) > 0;
}

function share_count(k: Kernel, row: number): number {
  const { table, page } = k.w;
  if (k.model.pmdShareCounts === "references") return page._refcount.data[table.pfn.data[row]] - 1;
  return table.pt_share_count.data[row];
}

// The address space lets go of the table of PMDs that serves the page, if others use it too: the PUD is empty, and no page's
// counters change. Mirrors huge_pmd_unshare(), mm/hugetlb.c, 6.12.
export function huge_pmd_unshare(k: Kernel, mm: number, vma: number, vpn: number): boolean {
  const pmd = k.w.machine.pmds_shared.data[0] === 0 ? -1 : pmd_offset(k, mm, vpn);
  if (pmd < 0) return false;
  const row = Math.floor(pmd / k.geometry.stride);
  const shared = share_count(k, row);
  if (!k.decide(PT_SHARED, shared, shared > 0)) return false;
  unshare(k, mm, vma, vpn, row);
  return true;
}

const unshare = kernelFunction(
  "huge_pmd_unshare",
  "mm/hugetlb.c",
  (k: Kernel, mm: number, vma: number, vpn: number, row: number) => {
    const { table, pte } = k.w;
    k.set(pte.entry, slot_offset(k, mm, vpn, 2), 0);
    k.add(table.pt_share_count, row, -1);
    if (k.model.pmdShareCounts === "references") k.add(k.w.page._refcount, table.pfn.data[row], -1);
    k.add(k.w.mm.pgtables_bytes, mm, -k.pageSize);
    if (table.mm.data[row] === mm + 1) hand_over(k, vma, vpn, row);
  },
);

// The columns of a shared table speak of another of its users from now on.
function hand_over(k: Kernel, vma: number, vpn: number, row: number): void {
  const { vma: v, table } = k.w;
  const index = linear_page_index(k, vma, vpn);
  for (const other of k.rmap.ofFilePage(v.file.data[vma], index)) {
    const mm = v.mm.data[other] - 1;
    const address = index - v.pgoff.data[other] + v.start.data[other];
    const pud = slot_offset(k, mm, address, 2);
    const entry = pud < 0 ? 0 : k.w.pte.entry.data[pud];
    if ((entry & PTE_TABLE) === 0 || pte_pfn(entry) !== row) continue;
    k.set(table.mm, row, mm + 1);
    k.set(table.first, row, address - (address % k.scales[2]));
    k.set(table.up, row, Math.floor(pud / k.geometry.stride) + 1);
    k.set(table.slot, row, pud % k.geometry.stride);
    return;
  }
}
