// What an entry of an x86-64 page table says.
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <stdint.h>

enum entry_kind {
    ENTRY_NONE,
    ENTRY_TABLE, // above the lowest level: the next table
    ENTRY_PRESENT,
    ENTRY_SWAP,
    ENTRY_MIGRATION,
    ENTRY_MARKER,
    ENTRY_OTHER, // of a device, poisoned
};

struct entry {
    enum entry_kind kind;
    // Of the page, the next table, or the page under migration; a swap entry's slot.
    uint64_t pfn;
    unsigned swap_type;
    bool writable, dirty, accessed, special, soft_dirty, uffd_wp, protnone;
    // Swap and migration entries of kernels that have the marker.
    bool exclusive;
    // PTE_MARKER_* bits
    unsigned marker;
};

// `level`: 1 for a PTE, 2 for a PMD entry, …
struct entry entry_decode(uint64_t raw, int level);

#endif
