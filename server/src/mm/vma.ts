// VMAs: what one is, how one is made and freed. Splitting and merging stand in vma_merge.ts.

import { put_default_page } from "./default_page.ts";
import { evict_if_unused } from "./files.ts";
import { VM_MAYWRITE, VM_SHARED } from "./flags.ts";
import { hugetlb_vm_op_close, hugetlb_vm_op_open } from "./hugetlb_reserve.ts";
import type { Kernel } from "./kernel.ts";
import { refpage_close, refpage_open } from "./refpage.ts";

// Fields of a VMA as a caller gives them; start and end in pages, file and anon_vma as row + 1 (0 = none).
export interface VmaFields {
  readonly mm: number;
  readonly start: number;
  readonly end: number;
  readonly flags: number;
  readonly pgoff: number;
  readonly file: number;
  readonly anon_vma: number;
  readonly anon_vma_chain: number;
  // Of a private hugetlb mapping that is split or moved.
  readonly resv_map?: number;
  readonly resv_flags?: number;
  // Of a mapping that MAP_REFPAGE made.
  readonly refpage?: number;
}

// A new VMA in its place in the address space: map_count + 1, and one more user of its file.
export function vma_link(k: Kernel, fields: VmaFields): number {
  const { vma: v, mm, file } = k.w;
  const row = k.create(v);
  k.set(v.mm, row, fields.mm + 1);
  k.set(v.start, row, fields.start);
  k.set(v.end, row, fields.end);
  k.set(v.flags, row, fields.flags);
  k.set(v.pgoff, row, fields.pgoff);
  k.set(v.file, row, fields.file);
  k.set(v.anon_vma, row, fields.anon_vma);
  k.set(v.anon_vma_chain, row, fields.anon_vma_chain);
  k.set(v.resv_map, row, fields.resv_map ?? 0);
  k.set(v.resv_flags, row, fields.resv_flags ?? 0);
  k.set(v.refpage, row, fields.refpage ?? 0);
  hugetlb_vm_op_open(k, row);
  k.vmas.insert(row);
  k.rmap.insert(row);
  k.add(mm.map_count, fields.mm, 1);
  if (fields.file !== 0) k.add(file.users, fields.file - 1, 1);
  if (counts_refpage(k, row)) refpage_open(k, vma_refpage(k, row));
  return row;
}

// The VMA is gone; its pages must be unmapped already. Its start and end stay readable for whoever looks back.
export function vma_unlink(k: Kernel, vma: number): void {
  const { vma: v, mm, file } = k.w;
  k.vmas.remove(vma);
  k.rmap.remove(vma);
  k.add(mm.map_count, v.mm.data[vma] - 1, -1);
  hugetlb_vm_op_close(k, vma);
  if (v.default_page.data[vma] !== 0) put_default_page(k, vma);
  if (counts_refpage(k, vma)) refpage_close(k, vma_refpage(k, vma));
  k.set(v.mm, vma, 0);
  if (v.file.data[vma] === 0) return;
  k.add(file.users, v.file.data[vma] - 1, -1);
  evict_if_unused(k, v.file.data[vma] - 1);
}

export function vma_fields(k: Kernel, vma: number): VmaFields {
  const { vma: v } = k.w;
  return {
    mm: v.mm.data[vma] - 1,
    start: v.start.data[vma],
    end: v.end.data[vma],
    flags: v.flags.data[vma],
    pgoff: v.pgoff.data[vma],
    file: v.file.data[vma],
    anon_vma: v.anon_vma.data[vma],
    anon_vma_chain: v.anon_vma_chain.data[vma],
    resv_map: v.resv_map.data[vma],
    resv_flags: v.resv_flags.data[vma],
    refpage: v.refpage.data[vma],
  };
}

// A private mapping that may be written: its pages are copied on write. Mirrors is_cow_mapping(), include/linux/mm.h.
export function is_cow_mapping(flags: number): boolean {
  return (flags & (VM_SHARED | VM_MAYWRITE)) === VM_MAYWRITE;
}

// Without vm_ops: anonymous private memory. Shared anonymous memory is a shmem file; a mapping of refpage_create()'s file has
// no vm_ops although it has a file, one of MAP_REFPAGE has them without. Mirrors vma_is_anonymous(), include/linux/mm.h.
export function vma_is_anonymous(k: Kernel, vma: number): boolean {
  const { file, refpage } = k.w.vma;
  const row = file.data[vma];
  return row === 0 ? refpage.data[vma] === 0 : k.w.file.refpage.data[row - 1] !== 0;
}

// The page that reads of the mapping show for nothing, which refpage_create() made; 0 = none. mm-semantics §8.2.
export function vma_refpage(k: Kernel, vma: number): number {
  const row = k.w.vma.file.data[vma];
  return row === 0 ? 0 : k.w.file.refpage.data[row - 1];
}

// Whether the mapping holds a reference to the reference page that it shows. mm-semantics §8.3.
function counts_refpage(k: Kernel, vma: number): boolean {
  return k.model.refpageCountsMappings && vma_refpage(k, vma) !== 0;
}
