// What is told of a frame: one `f` line, for a run of frames that are alike but for their numbers.
//
// The 512 pages of a THP are one or two lines so, and most of them are never formatted.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "kcore.h"
#include "seen.h"

// Bytes are read so many frames at a time.
#define CHUNK 32

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

static void say_frame(struct fields *fields, const struct seen *seen) {
    const struct frame *frame = &seen->frame;
    uint64_t own_flags = word(seen->page, layout.page_flags);
    // Nobody counts the zero page.
    if (!frame->zero) {
        fields_decimal(fields, "ref", counter(seen->head, layout.page_refcount));
        fields_decimal(fields, "map", mapcount_of(seen));
        bool exclusive = flag(frame->hugetlb ? seen->head_flags : own_flags, layout.pg_anon_exclusive);
        if (layout.pg_anon_exclusive >= 0) fields_decimal(fields, "excl", frame->anon && exclusive);
    }
    fields_decimal(fields, "anon", frame->anon);
    fields_decimal(fields, "ksm", (seen->mapping & 3) == 3);
    fields_decimal(fields, "zero", frame->zero);
    if (!frame->zero) {
        fields_decimal(fields, "swapcache", frame->swapbacked && flag(seen->head_flags, layout.pg_swapcache));
        fields_decimal(fields, "dirty", flag(seen->head_flags, layout.pg_dirty));
        fields_decimal(fields, "lru", flag(seen->head_flags, layout.pg_lru));
        fields_decimal(fields, "file", !frame->anon && seen->mapping != 0 && !frame->swapbacked && !frame->hugetlb);
        if (frame->hugetlb) fields_decimal(fields, "hugetlb", 1);
        // Buffer heads and the like: they hold a reference.
        if (!frame->anon) fields_decimal(fields, "private", flag(seen->head_flags, layout.pg_private));
    }
    if (seen->large && !frame->zero) emit_folio(fields, seen);
}

// What of the flags is told.
static uint64_t told_flags(uint64_t flags) {
    const long bits[] = {layout.pg_anon_exclusive, layout.pg_swapbacked, layout.pg_swapcache, layout.pg_dirty,
                         layout.pg_lru, layout.pg_private};
    uint64_t told = 0;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (bits[i] >= 0) told |= flags & 1UL << bits[i];
    return told;
}

// Whether both lines would say the same, their bytes aside.
static bool alike(const struct seen *a, const struct seen *b) {
    const long flags = layout.page_flags, mapcount = layout.page_mapcount, refcount = layout.page_refcount;
    if (a->large != b->large || a->frame.zero != b->frame.zero) return false;
    if (counter(a->page, mapcount) != counter(b->page, mapcount)) return false;
    if (told_flags(word(a->page, flags)) != told_flags(word(b->page, flags))) return false;
    if (a->large) return a->frame.head == b->frame.head;
    if (counter(a->page, refcount) != counter(b->page, refcount)) return false;
    return (a->mapping & 3) == (b->mapping & 3) && (a->mapping == 0) == (b->mapping == 0);
}

// Bytes of consecutive frames.
static struct {
    unsigned char bytes[CHUNK * PAGE];
    uint64_t first, end;
} read_ahead;

// The bytes of a frame, NULL when they cannot be read; the frames up to `last` will be asked for behind it.
static const unsigned char *bytes_of(uint64_t pfn, uint64_t last) {
    if (pfn < read_ahead.first || pfn >= read_ahead.end) {
        uint64_t count = last - pfn + 1 < CHUNK ? last - pfn + 1 : CHUNK;
        read_ahead.first = read_ahead.end = 0;
        if (!kcore_read_physical(pfn * PAGE, read_ahead.bytes, count * PAGE)) return NULL;
        read_ahead.first = pfn;
        read_ahead.end = pfn + count;
    }
    return read_ahead.bytes + (pfn - read_ahead.first) * PAGE;
}

// A run of frames of which one line tells.
struct run {
    struct seen first;
    unsigned char bytes[PAGE];
    bool readable;
    uint64_t frames;
};

static void emit_run(const struct run *run) {
    if (run->frames == 0) return;
    struct fields fields = {0};
    char key[64];
    if (run->frames > 1) snprintf(key, sizeof key, "f %lu+%lu", run->first.frame.pfn, run->frames);
    else snprintf(key, sizeof key, "f %lu", run->first.frame.pfn);
    say_frame(&fields, &run->first);
    if (run->readable) fields_contents(&fields, run->bytes);
    emit_text(key, fields.text);
}

void frames_emit(void) {
    static struct run run;
    static struct seen seen;
    const uint64_t *pfns;
    size_t used = frames_noted(&pfns);
    uint64_t last = 0;
    run.frames = 0;
    read_ahead.end = 0;
    for (size_t i = 0; i < used; i++) {
        if (i == 0 || pfns[i] > last)
            for (last = pfns[i]; i + (last - pfns[i]) + 1 < used && pfns[i + (last - pfns[i]) + 1] == last + 1;) last++;
        if (!frame_see(pfns[i], &seen)) continue;
        const unsigned char *bytes = bytes_of(pfns[i], last);
        bool follows = run.frames > 0 && pfns[i] == run.first.frame.pfn + run.frames && alike(&run.first, &seen);
        if (follows && run.readable == (bytes != NULL) && (!bytes || memcmp(run.bytes, bytes, PAGE) == 0)) {
            run.frames++;
            continue;
        }
        emit_run(&run);
        run.first = seen;
        run.readable = bytes != NULL;
        if (bytes) memcpy(run.bytes, bytes, PAGE);
        run.frames = 1;
    }
    emit_run(&run);
}
