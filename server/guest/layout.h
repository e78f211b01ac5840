// Where the running kernel keeps what a look reads: offsets in bytes, numbers of flags, all from BTF.
//
// -1 stands for "this kernel has no such thing": it is then left out of a look, never replaced by a default.
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>

struct layout {
    // struct task_struct, struct mm_struct
    long task, task_tasks, task_pid, task_mm, task_files, task_group_leader;
    long mm, mm_pgd, mm_pgtables_bytes, mm_mm_id, mm_hugetlb_usage;
    // struct page: its size, then members
    long page, page_flags, page_mapping, page_private, page_mapcount, page_refcount, page_compound_head;
    // A large folio's head and first tail pages, as offsets from the head (struct page of 5.10 and 6.1 has them in the
    // tail pages; struct folio covers the first four pages).
    long order, entire_mapcount, large_mapcount, nr_pages_mapped, pincount, mm_id_mapcount, mm_ids;
    long tail_flags;
    // 5.10 and 6.1: which destructor the first tail page names, and the number of hugetlb's
    long compound_dtor, hugetlb_dtor;
    // 6.12 on: the type in the top byte of page_type; -1 before
    long type_hugetlb;
    // PG_*: bit numbers
    long pg_dirty, pg_lru, pg_head, pg_swapbacked, pg_swapcache, pg_anon_exclusive, pg_private;
    long pg_double_map, pg_partially_mapped;
    // Behind a descriptor: files_struct → fdtable → file → pipe or ring
    long files_fdt, fdtable_fd, file_private_data;
    long pipe_head, pipe_tail, pipe_ring_size, pipe_bufs, pipe_buffer, pipe_buffer_page, pipe_buffer_len;
    long ring_user_bufs, ring_buf_table, data_nr, data_nodes, node_buf, ring_nr_user_bufs;
    // io_ring_ctx.user_bufs is an array of pointers, each to a structure that ends in its vectors
    bool ring_user_bufs_are_pointers;
    long ubuf_nr_bvecs, ubuf_bvec, bvec, bvec_page, bvec_len, bvec_offset;
    // Kinds of swap entries (include/linux/swap.h), for struct entry
    long swp_migration_read, swp_migration_read_exclusive, swp_migration_write, swp_marker;
    // PTE_MARKER_GUARD exists
    bool markers_guard;
    // _PAGE_SWP_EXCLUSIVE, _PAGE_SAVED_DIRTY exist
    bool swap_exclusive, saved_dirty;
    // CONFIG_MEM_SOFT_DIRTY: pagemap shows the bit of what was just mapped (frames_start())
    bool soft_dirty;
    // Slots of swap are handed out in batches of which si_swapinfo() knows nothing
    bool swap_slot_cache;
    // 6.3 on: a large folio's map count of one page is its own plus the entire one, without exceptions
    bool folio_mapcounts;
};

extern struct layout layout;

// Reads BTF; false when the kernel has none.
bool layout_read(void);

#endif
