// Reference pages: memory whose pages show one given page until they are written, as ordinary memory shows the zero page.
// Proposed in 2020 and 2021, never merged; mm-semantics §8. First version: refpage_address.ts.
//
// refpage_create() (version 2 on) makes a file that owns the page. A mapping of it has no vm_ops, so it is anonymous memory;
// an entry that shows the page is special, and nobody counts it.

import type { Errno } from "./abi.ts";
import type { Fault } from "./fault.ts";
import { PG_uptodate } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { SPECIAL } from "./outcome.ts";
import { alloc_page } from "./page_alloc.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { mk_pte, PTE_SPECIAL, pte_prot } from "./pgtable.ts";
import { REFPAGE_FILE } from "./vm_ops.ts";

// A file with a page of its own, filled with the content again and again: the row. The page has one reference, the file's.
// EINVAL for flags, and for a content that does not fill a page evenly. Mirrors sys_refpage_create(), version 5.
export const refpage_create = kernelFunction(
  "sys_refpage_create",
  "mm/refpage.c",
  (k: Kernel, _task: number, content: Uint8Array, flags: bigint): number | Errno => {
    const size = content.length;
    if (flags !== 0n || size === 0 || size > k.pageSize || (size & (size - 1)) !== 0) return "EINVAL";
    const pfn = alloc_page(k);
    if (pfn < 0) return "ENOMEM";
    const filled = new Uint8Array(k.pageSize);
    for (let at = 0; at < k.pageSize; at += size) filled.set(content, at);
    k.set(k.w.page.content, pfn, k.contents.write(0, 0, filled));
    k.set(k.w.page.flags, pfn, PG_uptodate);
    const { file } = k.w;
    const row = k.create(file);
    k.set(file.kind, row, REFPAGE_FILE);
    k.set(file.open, row, 1);
    k.set(file.refpage, row, pfn);
    return row;
  },
);

// Neither a descriptor nor a mapping refers to the file any more: it gives its page back, which a pin may still hold.
export const refpage_release = kernelFunction("refpage_release", "mm/refpage.c", (k: Kernel, file: number) => {
  const pfn = k.w.file.refpage.data[file];
  if (pfn === 0) return;
  k.set(k.w.file.refpage, file, 0);
  folio_put(k, pfn);
});

// A mapping of the page comes to be: by mmap, fork, a split, a move. mm-semantics §8.3.
export const refpage_open = kernelFunction("refpage_open", "mm/refpage.c", (k: Kernel, pfn: number) =>
  folio_get(k, pfn),
);

// It is gone: by munmap, exit, or because another one has taken it in.
export const refpage_close = kernelFunction("refpage_close", "mm/refpage.c", (k: Kernel, pfn: number) =>
  folio_put(k, pfn),
);

// A read where nothing is mapped: a special entry of the page, in place of the zero page's. No counter moves. A part of
// do_anonymous_page(), mm/memory.c, as version 5 changes it.
export function map_refpage(k: Kernel, vmf: Fault, pfn: number): number {
  k.set(k.w.pte.entry, vmf.pte, mk_pte(pfn, pte_prot(k.w.vma.flags.data[vmf.vma]) | PTE_SPECIAL));
  k.outcome |= SPECIAL;
  return 0;
}
