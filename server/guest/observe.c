// A look: what the kernel keeps of the trace's processes, told as lines (README.md).
//
// With /proc/kcore the page tables and struct pages themselves are read; without it (`--host` on a machine that has
// none) pagemap.c tells what /proc shows. What cannot be seen is left out.
#define _GNU_SOURCE
#include "observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "entry.h"
#include "guest.h"
#include "huge.h"
#include "kcore.h"
#include "layout.h"
#include "maps.h"
#include "tables.h"

// A device smaller than this is not worth a slot cache to the kernel: 5 batches of 64 slots.
#define SLOT_CACHE_FROM (5 * 64)

static bool raw; // kcore can be read
static struct task tasks[MAX_WORKERS];

// The workers' own memory, that no trace maps.
static const struct range OWN[] = {{OWN_IMAGE_START, OWN_IMAGE_END}, {OWN_START, OWN_END}};

static struct range *ranges;
static size_t ranges_bytes;

// Entries of which one line tells: each like the one before it, and of the next page or, with step 0, of the same.
struct run {
    struct entry first;
    uint64_t address, raw, entries;
    int level, step;
    bool zero;
};

// One address space while it is looked at.
struct space_look {
    struct run run;
    int worker;
    int64_t rss_anon, rss_file, rss_shmem, swap;
    uint64_t deposited; // bytes of tables kept for the day when a PMD is split
};

void observe_start(void) {
    raw = layout_read() && kcore_open();
    frames_start();
}

void observe_reset(void) { memset(tasks, 0, sizeof tasks); }

static const char *kind_name(enum entry_kind kind) {
    switch (kind) {
    case ENTRY_PRESENT:
        return "present";
    case ENTRY_SWAP:
        return "swap";
    case ENTRY_MIGRATION:
        return "migration";
    case ENTRY_MARKER:
        return "marker";
    default:
        return "other";
    }
}

static const char *level_name(int level) { return level == 1 ? "pte" : level == 2 ? "pmd" : "pud"; }

static void count_present(struct space_look *space, const struct frame *frame, int level) {
    int64_t pages = 1L << 9 * (level - 1);
    // A table waits behind each PMD of anonymous memory (pgtable_trans_huge_deposit()); not behind hugetlb's.
    if (level == 2 && (frame->anon || frame->zero) && !frame->hugetlb) space->deposited += PAGE;
    if (frame->zero || frame->hugetlb) return;
    if (frame->anon) space->rss_anon += pages;
    else if (frame->swapbacked) space->rss_shmem += pages;
    else space->rss_file += pages;
}

static void emit_run(struct space_look *space) {
    const struct run *run = &space->run;
    const struct entry *entry = &run->first;
    bool present = entry->kind == ENTRY_PRESENT;
    if (run->entries == 0) return;
    char key[64];
    if (run->entries > 1) snprintf(key, sizeof key, "e %d 0x%lx+%lu", space->worker, run->address, run->entries);
    else snprintf(key, sizeof key, "e %d 0x%lx", space->worker, run->address);
    struct fields fields = {0};
    fields_word(&fields, "level", level_name(run->level));
    fields_hex(&fields, "raw", run->raw);
    fields_word(&fields, "kind", kind_name(entry->kind));
    if (present || entry->kind == ENTRY_MIGRATION) fields_decimal(&fields, "w", entry->writable);
    if (present) {
        fields_decimal(&fields, "d", entry->dirty);
        fields_decimal(&fields, "a", entry->accessed);
        // vm_normal_page_pmd() knows the huge zero folio without the bit.
        fields_decimal(&fields, "special", entry->special || run->zero);
    }
    if (layout.soft_dirty) fields_decimal(&fields, "softdirty", entry->soft_dirty);
    if (entry->uffd_wp) fields_decimal(&fields, "uffdwp", 1);
    if (!present && layout.swap_exclusive) fields_decimal(&fields, "exclusive", entry->exclusive);
    if (entry->kind == ENTRY_SWAP) fields_decimal(&fields, "slot", entry->pfn);
    if (entry->kind == ENTRY_MARKER)
        fields_word(&fields, "marker", entry->marker & 4 ? "guard" : entry->marker & 2 ? "poisoned" : "uffd_wp");
    if (present || entry->kind == ENTRY_MIGRATION) fields_decimal(&fields, "pfn", entry->pfn);
    if (run->entries > 1 && run->step == 0) fields_decimal(&fields, "step", 0);
    emit_text(key, fields.text);
}

// Whether the entry is the next one of the run.
static bool goes_on(const struct run *run, uint64_t address, int level, const struct entry *entry, bool zero) {
    const struct entry *first = &run->first;
    if (run->entries == 0 || level != 1 || run->level != 1 || address != run->address + run->entries * PAGE) return false;
    uint64_t behind = entry->pfn - first->pfn;
    // The second entry decides which it is.
    if (run->entries == 1 ? behind > 1 : behind != run->step * run->entries) return false;
    return entry->kind == first->kind && entry->writable == first->writable && entry->dirty == first->dirty &&
           entry->accessed == first->accessed && entry->special == first->special && zero == run->zero &&
           entry->soft_dirty == first->soft_dirty && entry->uffd_wp == first->uffd_wp &&
           entry->protnone == first->protnone && entry->exclusive == first->exclusive &&
           entry->marker == first->marker && entry->swap_type == first->swap_type;
}

static void see_entry(void *context, uint64_t address, int level, uint64_t bits) {
    struct space_look *space = context;
    struct entry entry = entry_decode(bits, level);
    struct frame frame = {0};
    bool present = entry.kind == ENTRY_PRESENT;
    // A page under migration is still counted as the process's.
    if ((present || entry.kind == ENTRY_MIGRATION) && frame_read(entry.pfn, &frame)) {
        // All pages of a PMD; of a folio of a gigabyte the first one has to do.
        for (uint64_t i = 0; present && i < (level == 2 ? PMD_PAGES : 1); i++) frame_note(entry.pfn + i);
        if (!entry.special || frame.zero) count_present(space, &frame, level);
    }
    if (entry.kind == ENTRY_SWAP) space->swap += 1L << 9 * (level - 1);
    if (goes_on(&space->run, address, level, &entry, frame.zero)) {
        if (space->run.entries == 1) space->run.step = entry.pfn != space->run.first.pfn;
        space->run.entries++;
        return;
    }
    emit_run(space);
    space->run =
        (struct run){.first = entry, .address = address, .raw = bits, .entries = 1, .level = level, .zero = frame.zero};
}

static void look_at(int worker) {
    struct task *task = &tasks[worker];
    const struct vma *vmas;
    int used = maps_read(trace.spaces[worker].pid, &vmas);
    if (used < 0 || !task_find(task, trace.spaces[worker].pid)) {
        cannot("no maps or mm of worker %d", worker);
        return;
    }
    if (!arena_grow((void **)&ranges, &ranges_bytes, (used + 1) * sizeof *ranges)) return;
    int joined = 0;
    for (int i = 0; i < used; i++) {
        vma_emit(worker, &vmas[i]);
        if (joined && ranges[joined - 1].end == vmas[i].start) ranges[joined - 1].end = vmas[i].end;
        else ranges[joined++] = (struct range){vmas[i].start, vmas[i].end};
    }
    struct space_look space = {.worker = worker};
    uint64_t tables = tables_walk(task, ranges, joined, OWN, sizeof OWN / sizeof *OWN, see_entry, &space);
    emit_run(&space);
    char key[32];
    snprintf(key, sizeof key, "s %d", worker);
    struct fields fields = {0};
    fields_decimal(&fields, "rss_anon", space.rss_anon);
    fields_decimal(&fields, "rss_file", space.rss_file);
    fields_decimal(&fields, "rss_shmem", space.rss_shmem);
    fields_decimal(&fields, "swap", space.swap);
    fields_decimal(&fields, "page_tables", tables + space.deposited);
    if (layout.mm_hugetlb_usage >= 0) fields_decimal(&fields, "hugetlb", task->hugetlb_usage);
    if (layout.mm_mm_id >= 0) fields_decimal(&fields, "mmid", task->mm_id);
    emit_text(key, fields.text);
}

// Slots in use. Where the kernel takes slots out in batches (up to 6.14) its own count says too much.
static void swap_used(struct fields *fields) {
    struct sysinfo info;
    if (sysinfo(&info) != 0) return;
    uint64_t pages = info.totalswap * info.mem_unit / PAGE;
    if (layout.swap_slot_cache && pages > SLOT_CACHE_FROM) return;
    fields_decimal(fields, "swap_used", pages - info.freeswap * info.mem_unit / PAGE);
}

// The pool of huge pages of two megabytes.
static void pool(struct fields *fields) {
    static const char *const COUNTERS[][2] = {
        {"huge_total", "nr"}, {"huge_free", "free"}, {"huge_rsvd", "resv"}, {"huge_surp", "surplus"}};
    for (size_t i = 0; i < sizeof COUNTERS / sizeof *COUNTERS; i++) {
        char path[96], text[32];
        snprintf(path, sizeof path, "/sys/kernel/mm/hugepages/hugepages-2048kB/%s_hugepages", COUNTERS[i][1]);
        if (read_small(path, text, sizeof text) > 0) fields_decimal(fields, COUNTERS[i][0], atol(text));
    }
}

// A machine of somebody's own swaps for others as well, and gives others huge pages.
static void emit_machine(void) {
    if (on_host) return;
    struct fields fields = {0};
    swap_used(&fields);
    pool(&fields);
    if (fields.used) emit_text("m", fields.text);
}

void observe_look(void) {
    frames_begin();
    for (int i = 0; i < trace.spaces_used; i++) {
        if (!trace.spaces[i].used || !trace.spaces[i].alive) continue;
        if (raw) look_at(i);
        else pagemap_emit(i);
    }
    if (raw) {
        pins_emit();
        frames_emit();
    } else {
        pins_emit_unseen();
    }
    emit_machine();
}
