// The mappings of a process that the trace made.
#ifndef MAPS_H
#define MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct vma {
    uint64_t start, end, offset;
    char permissions[8];
    bool hugepage, nohugepage; // advised
    // Of smaps, kB; -1 where it has no such line.
    long pss, private_clean, private_dirty, anon_huge, shmem_huge, file_huge;
};

// Reads /proc/PID/smaps without the worker's own mappings; the number of them, or -1. The answer is good until the
// next call.
int maps_read(pid_t pid, const struct vma **vmas);

// Emits the `v` line of one.
void vma_emit(int worker, const struct vma *vma);

#endif
