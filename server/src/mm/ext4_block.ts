// What a filesystem on a disk does with a page that loses a part: to a hole's end or to the file's. fs/ext4/inode.c.
//
// The block is the unit of the disk, and as large as a page. Where the disk has one, the part gets zero in the page cache
// and the page is dirty; where it has none, everything reads as zero already and nothing happens. A page that was not
// cached comes into the cache for that through its block alone, and is not up to date: the next fault reads it again.

import type { Errno } from "./abi.ts";
import { PG_dirty, PG_uptodate } from "./flags.ts";
import { page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mark_accessed } from "./lru.ts";
import { cache_slot, filemap_add_folio, filemap_peek } from "./page_cache.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

// The bytes [from, to) of one page become zero. Mirrors ext4_block_zero_page_range(), fs/ext4/inode.c, 6.12
// (ext4_block_zero_range() in 7.2).
const ext4_block_zero_page_range = kernelFunction(
  "ext4_block_zero_page_range",
  "fs/ext4/inode.c",
  (k: Kernel, file: number, from: number, to: number): 0 | Errno => {
    const { content } = k.w.page;
    const index = Math.floor(from / k.pageSize);
    const pfn = find_or_create_page(k, file, index);
    if (pfn < 0) return "ENOMEM";
    if (!buffer_mapped(k, file, index, pfn)) return 0;
    const start = from - index * k.pageSize;
    k.set(content, pfn, k.contents.write(content.data[pfn], start, new Uint8Array(to - from)));
    folio_mark_dirty(k, page_folio(k, pfn));
    return 0;
  },
);

// Mirrors find_or_create_page(), include/linux/pagemap.h.
function find_or_create_page(k: Kernel, file: number, index: number): number {
  const { flags } = k.w.page;
  let pfn = filemap_peek(k, file, index);
  if (pfn < 0) {
    pfn = filemap_add_folio(k, file, index, false, false);
    if (pfn < 0) return -1;
    k.set(flags, pfn, flags.data[pfn] & ~PG_uptodate);
  }
  folio_mark_accessed(k, page_folio(k, pfn));
  return pfn;
}

// The disk has a block for the page, or will have: a dirty page's is set aside (delayed allocation). A block that
// fallocate() set aside is none before something is written to it.
function buffer_mapped(k: Kernel, file: number, index: number, pfn: number): boolean {
  const { flags } = k.w.page;
  return (flags.data[page_folio(k, pfn)] & PG_dirty) !== 0 || k.w.cache.block.data[cache_slot(k, file, index)] !== 0;
}

// What follows the byte at `from` in its page. Mirrors ext4_block_truncate_page(), fs/ext4/inode.c, 6.12
// (ext4_block_zero_eof() in 7.2).
export function ext4_block_truncate_page(k: Kernel, file: number, from: number): 0 | Errno {
  const left = from % k.pageSize;
  return left === 0 ? 0 : ext4_block_zero_page_range(k, file, from, from - left + k.pageSize);
}

// The pages that the bytes [start, end) begin and end in the middle of. Mirrors ext4_zero_partial_blocks(),
// fs/ext4/inode.c.
export function ext4_zero_partial_blocks(k: Kernel, file: number, start: number, end: number): 0 | Errno {
  const first = start - (start % k.pageSize);
  const last = end - (end % k.pageSize);
  if (first === last) return ext4_block_zero_page_range(k, file, start, end);
  const error = ext4_block_truncate_page(k, file, start);
  if (error !== 0 || last === end) return error;
  return ext4_block_zero_page_range(k, file, last, end);
}
