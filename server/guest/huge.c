// What a process has of memory that could be huge, and is: asked before an operation that works on all of it.
#define _GNU_SOURCE
#include "huge.h"

#include <string.h>

#include "entry.h"
#include "guest.h"
#include "kcore.h"
#include "machine.h"
#include "maps.h"
#include "observe.h"
#include "tables.h"

struct search {
    uint64_t at; // what is asked of
    uint64_t head; // of its folio
    bool found, other;
    uint64_t other_at;
};

// Calls `visit` for every entry of a VMA of the worker.
static void walk_vma(int worker, const struct vma *vma, entry_visit *visit, struct search *search)
{
    struct task task = {0};
    struct range range = {vma->start, vma->end};
    if (task_find(&task, trace.spaces[worker].pid)) tables_walk(&task, &range, 1, NULL, 0, visit, search);
}

static void find_head(void *context, uint64_t address, int level, uint64_t raw)
{
    struct search *search = context;
    struct entry entry = entry_decode(raw, level);
    struct frame frame;
    uint64_t bytes = PAGE << 9 * (level - 1);
    if (search->at < address || search->at >= address + bytes || entry.kind != ENTRY_PRESENT) return;
    search->found = frame_read(entry.pfn, &frame) && frame.large && !frame.hugetlb && !frame.zero;
    search->head = frame.head;
}

static void find_other_folio(void *context, uint64_t address, int level, uint64_t raw)
{
    struct search *search = context;
    struct entry entry = entry_decode(raw, level);
    struct frame frame;
    (void)address;
    if (entry.kind == ENTRY_PRESENT && frame_read(entry.pfn, &frame) && frame.large && !frame.hugetlb && !frame.zero)
        search->other |= frame.head != search->head;
}

bool is_the_only_large_folio(int worker, uint64_t address)
{
    struct search search = {.at = address};
    frames_begin();
    const struct vma *vmas;
    int used = maps_read(trace.spaces[worker].pid, &vmas);
    for (int i = 0; i < used; i++)
        if (vmas[i].start <= address && address < vmas[i].end) walk_vma(worker, &vmas[i], find_head, &search);
    // Where there is none, all would still be split.
    for (int other = 0; other < trace.spaces_used; other++) {
        if (!trace.spaces[other].alive) continue;
        used = maps_read(trace.spaces[other].pid, &vmas);
        for (int i = 0; i < used; i++) walk_vma(other, &vmas[i], find_other_folio, &search);
    }
    return !search.other;
}

static void find_small(void *context, uint64_t address, int level, uint64_t raw)
{
    struct search *search = context;
    uint64_t start = address & ~(PMD_BYTES - 1);
    (void)raw;
    if (level > 1 || start == search->at || search->other) return;
    search->other = true;
    search->other_at = start;
}

bool khugepaged_would_see_another(int worker, uint64_t start, uint64_t *other)
{
    char enabled[64];
    const struct vma *vmas;
    if (read_small("/sys/kernel/mm/transparent_hugepage/enabled", enabled, sizeof enabled) < 0) return false;
    bool always = strstr(enabled, "[always]");
    int used = maps_read(trace.spaces[worker].pid, &vmas);
    for (int i = 0; i < used; i++) {
        struct vma vma = vmas[i];
        vma.start = (vma.start + PMD_BYTES - 1) & ~(PMD_BYTES - 1);
        vma.end &= ~(PMD_BYTES - 1);
        if (vma.start >= vma.end || vma.nohugepage || !(always || vma.hugepage)) continue;
        struct search search = {.at = start};
        walk_vma(worker, &vma, find_small, &search);
        if (!search.other) continue;
        *other = search.other_at;
        return true;
    }
    return false;
}
