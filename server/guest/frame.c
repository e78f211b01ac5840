// Frames of memory: which are looked at, and the struct page of each, the head's and the first tail pages' of a large folio.
//
// struct pages are read 64 at a time (one page of vmemmap) and kept until the look is over.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "kcore.h"
#include "layout.h"
#include "seen.h"

#define BLOCK_PAGES 64
#define BLOCK_BYTES (BLOCK_PAGES * 64)
#define BLOCKS 128
#define KPF_ZERO_PAGE 24
#define PM_SOFT_DIRTY (1UL << 55)

static struct block {
    uint64_t number, look;
    unsigned char bytes[BLOCK_BYTES];
} *blocks;
static uint64_t look;

static uint64_t *noted;
static size_t noted_used, noted_bytes;

static uint64_t zero_pfn = UINT64_MAX;
static int kpageflags = -1;

void frames_start(void) {
    size_t bytes = 0;
    arena_grow((void **)&blocks, &bytes, BLOCKS * sizeof *blocks);
    kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
    // A page that was only read.
    volatile char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    (void)*page;
    uint64_t entry = 0;
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap >= 0) {
        if (pread(pagemap, &entry, 8, (uintptr_t)page / PAGE * 8) == 8 && entry >> 63)
            zero_pfn = entry & ((1UL << 55) - 1);
        layout.soft_dirty = entry & PM_SOFT_DIRTY;
        close(pagemap);
    }
    munmap((void *)page, PAGE);
}

void frames_begin(void) {
    look++;
    noted_used = 0;
}

void frame_note(uint64_t pfn) {
    if ((noted_used + 1) * sizeof *noted > noted_bytes &&
        !arena_grow((void **)&noted, &noted_bytes, noted_bytes * 2 + 16 * PAGE))
        return;
    noted[noted_used++] = pfn;
}

bool frame_first_seen(uint64_t pfn) {
    for (size_t i = 0; i < noted_used; i++)
        if (noted[i] == pfn) return false;
    frame_note(pfn);
    return true;
}

static const unsigned char *page_of(uint64_t pfn) {
    uint64_t number = pfn / BLOCK_PAGES;
    if (!blocks || layout.page != BLOCK_BYTES / BLOCK_PAGES) return NULL;
    struct block *block = &blocks[number % BLOCKS];
    if (block->look != look || block->number != number) {
        block->look = 0;
        if (!kcore_read(kcore_page_address(number * BLOCK_PAGES), block->bytes, BLOCK_BYTES)) return NULL;
        block->number = number;
        block->look = look;
    }
    return block->bytes + pfn % BLOCK_PAGES * layout.page;
}

// Of a tail page: the first word is the head's address and one; on 7.2 it can be a mask that makes it of the tail's own.
static uint64_t head_of(uint64_t pfn, const unsigned char *page) {
    uint64_t info = word(page, layout.page_compound_head);
    if (!(info & 1)) return pfn;
    bool mask = info >> 44 == 0xfffff;
    return kcore_pfn_of(mask ? kcore_page_address(pfn) & info & ~1UL : info - 1);
}

// Asked once for the 512 pages of a folio.
static bool is_huge_zero(uint64_t head) {
    static uint64_t asked, asked_in, flags;
    if (kpageflags < 0) return false;
    if (asked != head || asked_in != look) {
        if (pread(kpageflags, &flags, 8, head * 8) != 8) return false;
        asked = head;
        asked_in = look;
    }
    return flag(flags, KPF_ZERO_PAGE);
}

bool frame_see(uint64_t pfn, struct seen *seen) {
    const unsigned char *page = page_of(pfn);
    if (!page) return false;
    memcpy(seen->page, page, layout.page);
    uint64_t head = head_of(pfn, seen->page);
    const unsigned char *its = head == UINT64_MAX ? NULL : page_of(head);
    if (!its) return false;
    memcpy(seen->head, its, layout.page);
    seen->head_flags = word(seen->head, layout.page_flags);
    seen->large = flag(seen->head_flags, layout.pg_head);
    for (int i = 1; i < FOLIO_PAGES && seen->large; i++) {
        // A folio of two pages has one tail; what follows is another's and is not looked at.
        const unsigned char *tail = page_of(head + i);
        if (tail) memcpy(seen->head + i * layout.page, tail, layout.page);
    }
    seen->order = seen->large ? seen->head[layout.order] : 0;
    seen->mapping = word(seen->head, layout.page_mapping);
    bool hugetlb = false;
    if (layout.type_hugetlb >= 0)
        hugetlb = (uint32_t)counter(seen->head, layout.page_mapcount) >> 24 == (uint32_t)layout.type_hugetlb;
    else if (layout.compound_dtor >= 0)
        hugetlb = seen->large && seen->head[layout.compound_dtor] == layout.hugetlb_dtor;
    seen->frame = (struct frame){
        .pfn = pfn,
        .head = head,
        .large = seen->large,
        .zero = pfn == zero_pfn,
        .anon = seen->mapping & 1,
        .swapbacked = flag(seen->head_flags, layout.pg_swapbacked),
        .hugetlb = hugetlb,
    };
    // The huge zero folio belongs to nobody.
    if (seen->large && seen->mapping == 0 && !hugetlb) seen->frame.zero = is_huge_zero(head);
    return true;
}

bool frame_read(uint64_t pfn, struct frame *frame) {
    struct seen seen;
    if (!frame_see(pfn, &seen)) return false;
    *frame = seen.frame;
    return true;
}

static int ascending(const void *a, const void *b) {
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

size_t frames_noted(const uint64_t **pfns) {
    qsort(noted, noted_used, sizeof *noted, ascending);
    size_t used = 0;
    for (size_t i = 0; i < noted_used; i++)
        if (used == 0 || noted[used - 1] != noted[i]) noted[used++] = noted[i];
    *pfns = noted;
    return noted_used = used;
}
