// Devices: a driver's memory, and how it comes into a process: drivers like those of frame buffers and sound cards.
// mm-semantics §6.4.
//
// The driver allocates its pages when the device is opened and holds one reference to each. It gives them back when the
// last descriptor and the last mapping are gone; a page that a pin holds lives on.

import type { Errno } from "./abi.ts";
import { type Fault, VM_FAULT_SIGBUS } from "./fault.ts";
import type { FaultPage } from "./filemap.ts";
import { VM_MIXEDMAP } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { alloc_contig_pages } from "./page_alloc.ts";
import { folio_put } from "./page_ref.ts";
import { refused } from "./refused.ts";
import { linear_page_index } from "./rmap.ts";
import { remap_pfn_range, vm_insert_page, vmf_insert_mixed } from "./special_mapping.ts";

const PAST_THE_DEVICE = condition("vm_len >> PAGE_SHIFT > pages", "pages");

// Values of the file table's kind column: how the driver maps its pages.
export const PFNMAP_DEVICE = 3;
export const INSERT_PAGE_DEVICE = 4;
export const INSERT_MIXED_DEVICE = 5;

export function is_device(k: Kernel, file: number): boolean {
  const kind = k.w.file.kind.data[file];
  return kind >= PFNMAP_DEVICE && kind <= INSERT_MIXED_DEVICE;
}

// The pages of the device's memory.
export function device_pages(k: Kernel, file: number): number {
  return Math.ceil(k.w.file.size.data[file] / k.pageSize);
}

function driver_page(k: Kernel, file: number, index: number): number {
  return k.w.driver_page.pfn.data[k.w.file.driver_pages.data[file] - 1 + index];
}

// The driver allocates the device's memory, frames in a row. False when there are not that many.
export const device_open = kernelFunction(
  "chrdev_open",
  "fs/char_dev.c",
  (k: Kernel, file: number, pages: number): boolean => {
    const { driver_page: d } = k.w;
    if (pages === 0) return true;
    const first = alloc_contig_pages(k, pages);
    if (first < 0) return false;
    for (let i = 0; i < pages; i++) {
      k.tick();
      const row = k.create(d);
      if (i === 0) k.set(k.w.file.driver_pages, file, row + 1);
      k.set(d.file, row, file + 1);
      k.set(d.pfn, row, first + i);
      // A page that was used before is zeroed (__GFP_ZERO).
      k.set(k.w.page.content, first + i, 0);
    }
    return true;
  },
);

// Nobody refers to the device any more: the driver gives its references back.
export const device_release = kernelFunction("__fput", "fs/file_table.c", (k: Kernel, file: number) => {
  const { driver_page: d } = k.w;
  const first = k.w.file.driver_pages.data[file] - 1;
  if (first < 0) return;
  for (let row = first; row < first + device_pages(k, file); row++) {
    const pfn = d.pfn.data[row];
    k.set(d.pfn, row, 0);
    folio_put(k, pfn);
  }
  k.set(k.w.file.driver_pages, file, 0);
});

// The driver's mmap handler: all of the VMA now, or page by page from its fault handler. What does not fit into the
// device is refused, as vm_iomap_memory() (EINVAL) and vm_map_pages() (ENXIO) refuse it, mm/memory.c.
export const device_mmap = kernelFunction("call_mmap", "include/linux/fs.h", (k: Kernel, vma: number): 0 | Errno => {
  const { vma: v } = k.w;
  const file = v.file.data[vma] - 1;
  const start = v.start.data[vma];
  const pages = v.end.data[vma] - start;
  const offset = v.pgoff.data[vma];
  const size = device_pages(k, file);
  switch (k.w.file.kind.data[file]) {
    case PFNMAP_DEVICE:
      if (offset > size || pages > size - offset) return refused(k, PAST_THE_DEVICE, pages);
      return remap_pfn_range(k, vma, start, driver_page(k, file, offset), pages);
    case INSERT_PAGE_DEVICE:
      if (offset >= size || pages > size - offset) return "ENXIO";
      for (let i = 0; i < pages; i++) {
        k.tick();
        const error = vm_insert_page(k, vma, start + i, driver_page(k, file, offset + i));
        if (error !== 0) return error;
      }
      return 0;
    default:
      k.set(v.flags, vma, v.flags.data[vma] | VM_MIXEDMAP);
      return 0;
  }
});

// A page that is not mapped (yet). Only the driver that maps at each fault has a handler; for the others do_fault()
// has nobody to ask. The driver maps the frame itself and gives no page.
export function device_fault(k: Kernel, vmf: Fault): FaultPage {
  const file = k.w.vma.file.data[vmf.vma] - 1;
  const index = linear_page_index(k, vmf.vma, vmf.vpn);
  if (index >= device_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };
  return { pfn: -1, result: vmf_insert_mixed(k, vmf, driver_page(k, file, index)) };
}

// do_fault() without vm_ops->fault: nothing can be mapped here.
export function no_fault(): FaultPage {
  return { pfn: -1, result: VM_FAULT_SIGBUS };
}
