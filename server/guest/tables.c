// From a pid to its mm_struct, and through the tables below it.
//
// The task list is a ring through all task_structs in the order of their making; a new worker is found by going
// backwards. A table is read whole: 512 entries with one system call.
#define _GNU_SOURCE
#include "tables.h"

#include <string.h>

#include "entry.h"
#include "guest.h"
#include "kcore.h"
#include "layout.h"

#define ENTRIES 512
#define MAX_TASKS 32768
#define LARGEST_TASK 16384

struct walk {
    const struct range *ranges, *foreign;
    int ranges_used, foreign_used;
    entry_visit *visit;
    void *context;
    uint64_t tables[6][ENTRIES];
};

static uint64_t word_at(const unsigned char *bytes, long offset) {
    uint64_t value;
    memcpy(&value, bytes + offset, sizeof value);
    return value;
}

static pid_t pid_at(uint64_t task) {
    int32_t pid = -1;
    return kcore_read(task + layout.task_pid, &pid, sizeof pid) ? pid : -1;
}

// Goes round the ring of all tasks, the youngest first.
static uint64_t task_of(pid_t pid) {
    uint64_t own = kcore_own_task(), task = own;
    for (int i = 0; i < MAX_TASKS; i++) {
        if (pid_at(task) == pid) return task;
        uint64_t previous = kcore_pointer(task + layout.task_tasks + 8);
        if (!previous) return 0;
        task = previous - layout.task_tasks;
        if (task == own) return 0;
    }
    return 0;
}

bool task_find(struct task *task, pid_t pid) {
    if (task->pid != pid || !task->address || pid_at(task->address) != pid) {
        *task = (struct task){.pid = pid, .address = task_of(pid)};
        if (!task->address) return false;
    }
    task->mm = kcore_pointer(task->address + layout.task_mm);
    static unsigned char mm[LARGEST_TASK];
    if (!task->mm || layout.mm > LARGEST_TASK || !kcore_read(task->mm, mm, layout.mm)) return false;
    task->pgd = word_at(mm, layout.mm_pgd);
    task->pgtables_bytes = layout.mm_pgtables_bytes < 0 ? 0 : word_at(mm, layout.mm_pgtables_bytes);
    task->hugetlb_usage = layout.mm_hugetlb_usage < 0 ? 0 : (int64_t)word_at(mm, layout.mm_hugetlb_usage);
    if (layout.mm_mm_id >= 0) memcpy(&task->mm_id, mm + layout.mm_mm_id, sizeof task->mm_id);
    return true;
}

static bool intersects(const struct range *ranges, int used, uint64_t start, uint64_t end) {
    for (int i = 0; i < used; i++)
        if (ranges[i].start < end && ranges[i].end > start) return true;
    return false;
}

// Shift of what an entry of this level covers.
static int shift_of(int level) { return 12 + 9 * (level - 1); }

// The table in walk->tables[level], which translates from `base` on: the bytes of it and of those below.
static uint64_t walk_table(struct walk *walk, int level, uint64_t base, int first) {
    const int shift = shift_of(level);
    const uint64_t covers = (uint64_t)ENTRIES << shift;
    uint64_t bytes = 0;
    bool empty = true;
    uint64_t next = 0;
    while (first < walk->ranges_used && walk->ranges[first].end <= base) first++;
    for (int i = first; i < walk->ranges_used && walk->ranges[i].start < base + covers; i++) {
        uint64_t start = walk->ranges[i].start > base ? walk->ranges[i].start - base : 0;
        uint64_t end = walk->ranges[i].end - base < covers ? walk->ranges[i].end - base : covers;
        // Two ranges can share an entry above the lowest level.
        uint64_t index = start >> shift > next ? start >> shift : next;
        for (; index <= (end - 1) >> shift; index++) {
            uint64_t raw = walk->tables[level][index], address = base + (index << shift);
            if (raw == 0) continue;
            struct entry entry = entry_decode(raw, level);
            if (entry.kind != ENTRY_TABLE) {
                walk->visit(walk->context, address, level, raw);
                empty = false;
                continue;
            }
            if (level == 1 || !kcore_read_physical(entry.pfn * PAGE, walk->tables[level - 1], PAGE)) continue;
            uint64_t below = walk_table(walk, level - 1, address, i);
            bytes += below;
            if (below) empty = false;
        }
        next = ((end - 1) >> shift) + 1;
    }
    // A table that the worker's own memory needs anyway is the trace's only if the trace has something in it.
    if (empty && intersects(walk->foreign, walk->foreign_used, base, base + covers)) return 0;
    return bytes + PAGE;
}

uint64_t tables_walk(const struct task *task, const struct range *ranges, int ranges_used, const struct range *foreign,
                     int foreign_used, entry_visit *visit, void *context) {
    static struct walk walk;
    int top = kcore_five_levels() ? 5 : 4;
    walk.ranges = ranges;
    walk.ranges_used = ranges_used;
    walk.foreign = foreign;
    walk.foreign_used = foreign_used;
    walk.visit = visit;
    walk.context = context;
    if (!kcore_read(task->pgd, walk.tables[top], PAGE)) return 0;
    uint64_t bytes = walk_table(&walk, top, 0, 0);
    // The top one is not counted; a top table that is not ours counts as none anyway.
    return bytes ? bytes - PAGE : 0;
}
