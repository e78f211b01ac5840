// The page tables of a process, read through /proc/kcore.
#ifndef TABLES_H
#define TABLES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// What the kernel keeps of a process, as far as a look needs it.
struct task {
    pid_t pid;
    uint64_t address; // of its task_struct
    uint64_t mm;      // of its mm_struct
    uint64_t pgd;     // kernel virtual address of the top table
    uint64_t pgtables_bytes;
    int64_t hugetlb_usage; // base pages
    uint32_t mm_id;   // where the kernel has it, else 0
};

// A part of the address space; END is exclusive. An array of them ascends and does not overlap.
struct range {
    uint64_t start, end;
};

// Finds the process, or looks again at one that `task` already describes. False when it has no mm (any more).
bool task_find(struct task *task, pid_t pid);

typedef void entry_visit(void *context, uint64_t address, int level, uint64_t raw);

// Calls `visit` for each entry of the ranges that is not empty and not a table, and returns the bytes of the tables
// below the top one that the ranges have: each that intersects one, unless it intersects one of `foreign` as well and
// has nothing of the ranges in it.
uint64_t tables_walk(const struct task *task, const struct range *ranges, int ranges_used, const struct range *foreign,
                     int foreign_used, entry_visit *visit, void *context);

#endif
