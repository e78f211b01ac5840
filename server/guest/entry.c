// Entries of x86-64 page tables (arch/x86/include/asm/pgtable*.h): a hardware entry when the present bit is set, or the
// global bit alone (PROT_NONE); else a swap entry: type in the upper five bits, below it the offset with all bits turned
// over (L1TF), at the bottom soft-dirty, uffd-wp and exclusive.
#include "entry.h"

#include "layout.h"

#define PRESENT (1UL << 0)
#define RW (1UL << 1)
#define ACCESSED (1UL << 5)
#define DIRTY (1UL << 6)
#define LEAF (1UL << 7)
#define PROTNONE (1UL << 8)
#define SPECIAL (1UL << 9)
#define UFFD_WP (1UL << 10)
#define SOFT_DIRTY (1UL << 11)
#define SAVED_DIRTY (1UL << 58)
#define FRAME 0x000ffffffffff000UL

#define SWAP_SOFT_DIRTY (1UL << 1)
#define SWAP_UFFD_WP (1UL << 2)
#define SWAP_EXCLUSIVE (1UL << 3)
// A migration entry's offset is a frame and, from 6.1 on, two bits above it (SWP_MIG_YOUNG, SWP_MIG_DIRTY).
#define SWAP_PFN ((1UL << 34) - 1)

static struct entry present(uint64_t raw, int level) {
    // Without the present bit the address stands turned over: all of it in a PTE (and in hugetlb's entries), in a PMD only
    // the bits above its page (flip_protnone_guard(), arch/x86/include/asm/pgtable-invert.h). Bit 12 of a large entry is its PAT bit.
    uint64_t frame = raw & PRESENT ? raw : ~raw;
    uint64_t within = (1UL << (12 + 9 * (level - 1))) - 1;
    return (struct entry){
        .kind = ENTRY_PRESENT,
        .pfn = (frame & FRAME & ~within) >> 12,
        .writable = raw & RW,
        .dirty = raw & DIRTY || (layout.saved_dirty && raw & SAVED_DIRTY),
        .accessed = raw & ACCESSED,
        .special = raw & SPECIAL,
        .soft_dirty = raw & SOFT_DIRTY,
        .uffd_wp = raw & UFFD_WP,
        .protnone = !(raw & PRESENT),
    };
}

static struct entry swapped(uint64_t raw) {
    struct entry entry = {
        .kind = ENTRY_SWAP,
        .swap_type = raw >> 59,
        .pfn = ~raw << 5 >> 14,
        .soft_dirty = raw & SWAP_SOFT_DIRTY,
        .uffd_wp = raw & SWAP_UFFD_WP,
        .exclusive = layout.swap_exclusive && raw & SWAP_EXCLUSIVE,
    };
    long type = entry.swap_type;
    if (type == layout.swp_marker) {
        entry.kind = ENTRY_MARKER;
        entry.marker = entry.pfn & 7;
    } else if (type == layout.swp_migration_read || type == layout.swp_migration_read_exclusive ||
               type == layout.swp_migration_write) {
        entry.kind = ENTRY_MIGRATION;
        entry.pfn &= SWAP_PFN;
        entry.writable = type == layout.swp_migration_write;
        // A writable one is of an exclusive page.
        entry.exclusive = layout.swap_exclusive && type != layout.swp_migration_read;
    } else if (type >= layout.swp_migration_read - 1) {
        entry.kind = ENTRY_OTHER;
    }
    return entry;
}

struct entry entry_decode(uint64_t raw, int level) {
    if (raw == 0) return (struct entry){.kind = ENTRY_NONE};
    if (level > 1 && raw & PRESENT && !(raw & LEAF))
        return (struct entry){.kind = ENTRY_TABLE, .pfn = (raw & FRAME) >> 12};
    // A PMD that is being split has the leaf bit without the present one.
    if (raw & (PRESENT | PROTNONE) || (level > 1 && raw & LEAF)) return present(raw, level);
    return swapped(raw);
}
