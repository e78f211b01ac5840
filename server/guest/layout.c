// Offsets and numbers of the running kernel. Where BTF can tell, no release is compared: a member that is there is read,
// one that is not is left out. Numbers that are macros in the kernel go by the release.
#define _GNU_SOURCE
#include "layout.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "btf.h"

struct layout layout;

static const struct {
    long *to;
    const char *type, *member;
} MEMBERS[] = {
    {&layout.task_tasks, "task_struct", "tasks"},
    {&layout.task_pid, "task_struct", "pid"},
    {&layout.task_mm, "task_struct", "mm"},
    {&layout.task_files, "task_struct", "files"},
    {&layout.task_group_leader, "task_struct", "group_leader"},
    {&layout.mm_pgd, "mm_struct", "pgd"},
    {&layout.mm_pgtables_bytes, "mm_struct", "pgtables_bytes"},
    {&layout.mm_mm_id, "mm_struct", "mm_id"},
    {&layout.mm_hugetlb_usage, "mm_struct", "hugetlb_usage"},
    {&layout.page_flags, "page", "flags"},
    {&layout.page_mapping, "page", "mapping"},
    {&layout.page_private, "page", "private"},
    {&layout.page_mapcount, "page", "_mapcount"},
    {&layout.page_refcount, "page", "_refcount"},
    {&layout.files_fdt, "files_struct", "fdt"},
    {&layout.fdtable_fd, "fdtable", "fd"},
    {&layout.file_private_data, "file", "private_data"},
    {&layout.pipe_head, "pipe_inode_info", "head"},
    {&layout.pipe_tail, "pipe_inode_info", "tail"},
    {&layout.pipe_ring_size, "pipe_inode_info", "ring_size"},
    {&layout.pipe_bufs, "pipe_inode_info", "bufs"},
    {&layout.pipe_buffer_page, "pipe_buffer", "page"},
    {&layout.pipe_buffer_len, "pipe_buffer", "len"},
    {&layout.ring_user_bufs, "io_ring_ctx", "user_bufs"},
    {&layout.ring_nr_user_bufs, "io_ring_ctx", "nr_user_bufs"},
    {&layout.ring_buf_table, "io_ring_ctx", "buf_table"},
    {&layout.data_nr, "io_rsrc_data", "nr"},
    {&layout.data_nodes, "io_rsrc_data", "nodes"},
    {&layout.node_buf, "io_rsrc_node", "buf"},
    {&layout.ubuf_nr_bvecs, "io_mapped_ubuf", "nr_bvecs"},
    {&layout.ubuf_bvec, "io_mapped_ubuf", "bvec"},
    {&layout.bvec_page, "bio_vec", "bv_page"},
    {&layout.bvec_len, "bio_vec", "bv_len"},
    {&layout.bvec_offset, "bio_vec", "bv_offset"},
};

static const struct {
    long *to;
    const char *type, *name;
} NUMBERS[] = {
    {&layout.pg_dirty, "pageflags", "PG_dirty"},
    {&layout.pg_lru, "pageflags", "PG_lru"},
    {&layout.pg_head, "pageflags", "PG_head"},
    {&layout.pg_swapbacked, "pageflags", "PG_swapbacked"},
    {&layout.pg_swapcache, "pageflags", "PG_swapcache"},
    {&layout.pg_private, "pageflags", "PG_private"},
    {&layout.pg_anon_exclusive, "pageflags", "PG_anon_exclusive"},
    {&layout.pg_double_map, "pageflags", "PG_double_map"},
    {&layout.pg_partially_mapped, "pageflags", "PG_partially_mapped"},
    {&layout.hugetlb_dtor, "compound_dtor_id", "HUGETLB_PAGE_DTOR"},
    {&layout.type_hugetlb, "pagetype", "PGTY_hugetlb"},
};

// `member` of the page `tail` pages after the head.
static long in_tail(int tail, const char *member) {
    long offset = btf_offset("page", member);
    return offset < 0 ? -1 : tail * layout.page + offset;
}

static long either(long first, long second) { return first >= 0 ? first : second; }

// What only large folios have: struct folio where it has the member, else the tail pages of before.
static void read_folio(void) {
    layout.page_compound_head = either(btf_offset("page", "compound_head"), btf_offset("page", "compound_info"));
    layout.folio_mapcounts = btf_offset("folio", "_nr_pages_mapped") >= 0;
    layout.entire_mapcount = either(btf_offset("folio", "_entire_mapcount"), in_tail(1, "compound_mapcount"));
    layout.large_mapcount = btf_offset("folio", "_large_mapcount");
    layout.nr_pages_mapped = btf_offset("folio", "_nr_pages_mapped");
    layout.pincount = either(btf_offset("folio", "_pincount"),
                             either(in_tail(1, "compound_pincount"), in_tail(2, "hpage_pinned_refcount")));
    layout.mm_id_mapcount = btf_offset("folio", "_mm_id_mapcount");
    layout.mm_ids = btf_offset("folio", "_mm_ids");
    // The order is a byte of the first tail page; from 6.6 on the lowest byte of that page's flags.
    layout.compound_dtor = in_tail(1, "compound_dtor");
    layout.order = either(in_tail(1, "compound_order"),
                          either(btf_offset("folio", "_folio_order"), layout.page + layout.page_flags));
    layout.tail_flags = layout.page + layout.page_flags;
}

static int release;

static int version(int major, int minor) { return major * 1000 + minor; }

// The types of swap entries from 31 down, as include/linux/swap.h stacks them. Which of them exist depends on the
// release and on the configuration; what the configuration left out has no function.
static void read_swap_types(void) {
    bool private = btf_has_function("make_device_exclusive_range") || btf_has_function("make_device_exclusive") ||
                   (release < version(5, 14) && btf_has_function("migrate_vma_setup"));
    long next = 32;
    layout.swp_marker = -1;
    // SWP_SWAPIN_ERROR, which became a marker in 6.2.
    if (release >= version(5, 19) && release < version(6, 2)) next--;
    if (release >= version(5, 19)) layout.swp_marker = --next;
    // SWP_DEVICE_*: exclusive ones were added in 5.14, and became one in 6.15.
    if (private) next -= release < version(5, 14) ? 2 : release < version(6, 15) ? 4 : 3;
    layout.swp_migration_write = next - 1;
    layout.swp_migration_read_exclusive = layout.swap_exclusive ? next - 2 : -1;
    layout.swp_migration_read = layout.swap_exclusive ? next - 3 : next - 2;
}

// What is neither a type nor a function.
static void read_release(void) {
    struct utsname name;
    int major = 0, minor = 0;
    if (uname(&name) == 0) sscanf(name.release, "%d.%d", &major, &minor);
    release = version(major, minor);
    layout.swap_exclusive = layout.pg_anon_exclusive >= 0;
    // With shadow stacks, 6.6: a page that is dirty and not writable says so in another bit.
    layout.saved_dirty = release >= version(6, 6);
    layout.markers_guard = release >= version(6, 13);
    layout.swap_slot_cache = btf_has_function("enable_swap_slots_cache");
}

bool layout_read(void) {
    if (!btf_open()) return false;
    layout.task = btf_size("task_struct");
    layout.mm = btf_size("mm_struct");
    layout.page = btf_size("page");
    layout.pipe_buffer = btf_size("pipe_buffer");
    layout.bvec = btf_size("bio_vec");
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++)
        *MEMBERS[i].to = btf_offset(MEMBERS[i].type, MEMBERS[i].member);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        *NUMBERS[i].to = btf_enumerator(NUMBERS[i].type, NUMBERS[i].name);
    layout.ring_user_bufs_are_pointers = btf_member_size("io_mapped_ubuf", "bvec") == 0;
    read_folio();
    read_release();
    read_swap_types();
    btf_close();
    return layout.task > 0 && layout.page > 0;
}
