// The page allocator: fresh frames in ascending order while there are any, then the frames that were freed, last first.
// That keeps frame numbers apart for as long as possible; nothing but their equality means anything.

import { PG_table } from "./flags.ts";
import type { Kernel } from "./kernel.ts";

// Frame 0 is never used; frame 1 is the zero page.
export const ZERO_PFN = 1;
export const FIRST_PFN = 2;

export function free_pages(k: Kernel): number {
  return k.totalPages - k.w.machine.next_pfn.data[0] + k.w.machine.free_pages.data[0];
}

// A frame with one reference and no flags; its content is the caller's to set. -1 when memory is used up.
// Mirrors alloc_pages(), mm/page_alloc.c.
export function alloc_page(k: Kernel): number {
  const { machine, page } = k.w;
  let pfn = machine.next_pfn.data[0];
  if (pfn < k.totalPages) {
    k.ensure(page, pfn + 1);
    k.set(machine.next_pfn, 0, pfn + 1);
  } else {
    pfn = machine.free_list.data[0];
    if (pfn === 0) {
      k.trace("mm_page_alloc", 0, 1, 0);
      return -1;
    }
    k.set(machine.free_list, 0, page.next_free.data[pfn]);
    k.set(machine.free_pages, 0, machine.free_pages.data[0] - 1);
  }
  k.set(page._refcount, pfn, 1);
  return pfn;
}

// The frame's last reference is gone: its flags and mapping go with it. Mirrors free_pages_prepare(), mm/page_alloc.c.
export function free_unref_page(k: Kernel, pfn: number): void {
  const { machine, page } = k.w;
  k.set(page.flags, pfn, 0);
  k.set(page.mapping, pfn, 0);
  k.set(page.next_free, pfn, machine.free_list.data[0]);
  k.set(machine.free_list, 0, pfn);
  k.set(machine.free_pages, 0, machine.free_pages.data[0] + 1);
}

// A page-table page, which nobody else refers to.
export function free_page(k: Kernel, pfn: number): void {
  k.set(k.w.page._refcount, pfn, 0);
  free_unref_page(k, pfn);
}

export function alloc_table_page(k: Kernel): number {
  const pfn = alloc_page(k);
  if (pfn >= 0) k.set(k.w.page.flags, pfn, PG_table);
  return pfn;
}
