// Frames of memory: struct page of each, the head's and the first tail pages' of a large folio, and the bytes.
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
#include "observe.h"

#define BLOCK_PAGES 64
#define BLOCK_BYTES (BLOCK_PAGES * 64)
#define BLOCKS 128
// struct folio describes a head and three tail pages at most.
#define FOLIO_PAGES 4
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

static uint64_t word(const unsigned char *at, long offset) {
    uint64_t value;
    memcpy(&value, at + offset, sizeof value);
    return value;
}

static int32_t counter(const unsigned char *at, long offset) {
    int32_t value;
    memcpy(&value, at + offset, sizeof value);
    return value;
}

static bool flag(uint64_t flags, long bit) { return bit >= 0 && flags >> bit & 1; }

// Of a tail page: the first word is the head's address and one; on 7.2 it can be a mask that makes it of the tail's own.
static uint64_t head_of(uint64_t pfn, const unsigned char *page) {
    uint64_t info = word(page, layout.page_compound_head);
    if (!(info & 1)) return pfn;
    bool mask = info >> 44 == 0xfffff;
    return kcore_pfn_of(mask ? kcore_page_address(pfn) & info & ~1UL : info - 1);
}

// A frame with all that is said of it.
struct seen {
    struct frame frame;
    unsigned char page[64], head[FOLIO_PAGES * 64];
    uint64_t head_flags, mapping;
    bool large;
    unsigned order;
};

static bool see(uint64_t pfn, struct seen *seen) {
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
        .zero = pfn == zero_pfn,
        .anon = seen->mapping & 1,
        .swapbacked = flag(seen->head_flags, layout.pg_swapbacked),
        .hugetlb = hugetlb,
    };
    // The huge zero folio belongs to nobody.
    if (seen->large && seen->mapping == 0 && !hugetlb && kpageflags >= 0) {
        uint64_t flags;
        if (pread(kpageflags, &flags, 8, pfn * 8) == 8) seen->frame.zero = flag(flags, KPF_ZERO_PAGE);
    }
    return true;
}

bool frame_read(uint64_t pfn, struct frame *frame) {
    struct seen seen;
    if (!see(pfn, &seen)) return false;
    *frame = seen.frame;
    return true;
}

// page_mapcount(), folio_precise_page_mapcount(): how often this very page is mapped.
static int mapcount_of(const struct seen *seen) {
    int own = counter(seen->page, layout.page_mapcount) + 1;
    if (!seen->large) return own;
    int entire = counter(seen->head, layout.entire_mapcount) + 1;
    if (layout.folio_mapcounts) return (seen->frame.hugetlb ? 0 : own) + entire;
    // Of a file's THP each page counts the whole mappings itself.
    if (!seen->frame.anon && !seen->frame.hugetlb) return own;
    return own + entire - flag(word(seen->head, layout.tail_flags), layout.pg_double_map);
}

static void emit_folio(struct fields *fields, const struct seen *seen) {
    const unsigned char *head = seen->head;
    fields_decimal(fields, "order", seen->order);
    fields_decimal(fields, "head", seen->frame.head);
    if (layout.entire_mapcount >= 0) fields_decimal(fields, "entire", counter(head, layout.entire_mapcount) + 1);
    if (layout.nr_pages_mapped >= 0) fields_decimal(fields, "nrmapped", counter(head, layout.nr_pages_mapped));
    int mapcount = layout.large_mapcount < 0 ? 0 : counter(head, layout.large_mapcount) + 1;
    if (layout.large_mapcount >= 0) fields_decimal(fields, "large", mapcount);
    // 5.10 counts pins in the second tail page, which a folio of two pages has not.
    if (layout.pincount >= 0 && (layout.pincount < 2 * layout.page || seen->order > 1))
        fields_decimal(fields, "pincount", counter(head, layout.pincount));
    if (layout.mm_ids >= 0 && layout.mm_id_mapcount >= 0) {
        uint64_t ids = word(head, layout.mm_ids);
        fields_decimal(fields, "mmid0", ids & 0x7fffffff);
        fields_decimal(fields, "mmid1", ids >> 32 & 0x7fffffff);
        fields_decimal(fields, "mmcount0", counter(head, layout.mm_id_mapcount) + 1);
        fields_decimal(fields, "mmcount1", counter(head, layout.mm_id_mapcount + 4) + 1);
        // folio_maybe_mapped_shared()
        fields_decimal(fields, "shared", mapcount > 1 && (seen->frame.hugetlb || ids >> 63));
    }
    uint64_t tail = word(head, layout.tail_flags);
    if (layout.pg_double_map >= 0) fields_decimal(fields, "double", flag(tail, layout.pg_double_map));
    if (layout.pg_partially_mapped >= 0) fields_decimal(fields, "partial", flag(tail, layout.pg_partially_mapped));
}

static void emit_frame(const struct seen *seen) {
    struct fields fields = {0}, key = {0};
    const struct frame *frame = &seen->frame;
    uint64_t own_flags = word(seen->page, layout.page_flags);
    // Nobody counts the zero page.
    if (!frame->zero) {
        fields_decimal(&fields, "ref", counter(seen->head, layout.page_refcount));
        fields_decimal(&fields, "map", mapcount_of(seen));
        bool exclusive = flag(frame->hugetlb ? seen->head_flags : own_flags, layout.pg_anon_exclusive);
        if (layout.pg_anon_exclusive >= 0) fields_decimal(&fields, "excl", frame->anon && exclusive);
    }
    fields_decimal(&fields, "anon", frame->anon);
    fields_decimal(&fields, "ksm", (seen->mapping & 3) == 3);
    fields_decimal(&fields, "zero", frame->zero);
    if (!frame->zero) {
        fields_decimal(&fields, "swapcache", frame->swapbacked && flag(seen->head_flags, layout.pg_swapcache));
        fields_decimal(&fields, "dirty", flag(seen->head_flags, layout.pg_dirty));
        fields_decimal(&fields, "lru", flag(seen->head_flags, layout.pg_lru));
        fields_decimal(&fields, "file", !frame->anon && seen->mapping != 0 && !frame->swapbacked);
        // Buffer heads and the like: they hold a reference.
        if (!frame->anon) fields_decimal(&fields, "private", flag(seen->head_flags, layout.pg_private));
    }
    if (seen->large && !frame->zero) emit_folio(&fields, seen);
    unsigned char bytes[PAGE];
    if (kcore_read_physical(frame->pfn * PAGE, bytes, PAGE)) fields_contents(&fields, bytes);
    fields_decimal(&key, "f", frame->pfn);
    key.text[1] = ' ';
    emit_text(key.text, fields.text);
}

static int ascending(const void *a, const void *b) {
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

void frames_emit(void) {
    qsort(noted, noted_used, sizeof *noted, ascending);
    for (size_t i = 0; i < noted_used; i++) {
        struct seen seen;
        if (i > 0 && noted[i] == noted[i - 1]) continue;
        if (see(noted[i], &seen)) emit_frame(&seen);
    }
}
