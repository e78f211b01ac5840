// The rules in which kernels differ about the holes and the ends of files.
// What each release answers stands in history_files.ts.

export interface FileRules {
  // MADV_REMOVE goes by whether the mapping could be made writable (VM_MAYWRITE), not by whether it is.
  // madvise_remove(), mm/madvise.c.
  readonly removeAsksMayWrite: boolean;

  // fallocate() refuses `keep_size` beside `collapse_range` and `insert_range`, and these beside each other, as modes that
  // no filesystem knows (6.12; EINVAL before). vfs_fallocate(), fs/open.c.
  readonly fallocateModesExclude: boolean;

  // FALLOC_FL_PUNCH_HOLE writes the dirty pages of its range back before anything else (until 6.14; in
  // 6.12.y). ext4_punch_hole(), fs/ext4/inode.c.
  readonly punchHoleWrites: boolean;

  // A hole, and zero_range, take whole blocks out of the page cache (until 6.14; in 6.12.y); after, the range as it is, of
  // which truncate_pagecache_range() unmaps too much when it ends within the first page. fs/ext4/inode.c, mm/truncate.c.
  readonly holesCutWholeBlocks: boolean;

  // A file that grows gets its last page zeroed behind the old end (6.13; in 6.12.y); fallocate() looked at the pages of
  // both ends then, the old one and the new one. ext4_setattr(), fs/ext4/inode.c; ext4_alloc_file_blocks(),
  // fs/ext4/extents.c.
  readonly growthZeroesTail: "no" | "both ends" | "old end";
}
