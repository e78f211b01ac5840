// The operations on an address space: mmap, munmap, mprotect, mremap, madvise, brk, mlock, munlock, msync.
#define _GNU_SOURCE
#include "machine.h"
#include "ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

bool op_mmap(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1), flags = number_at(op, 3);
    if (flags & MAP_FIXED && !is_the_trace_s(address, length)) return false;
    trace.hugetlb |= flags & MAP_HUGETLB;
    struct borrowed file = {-1, -1};
    if (strcmp(op->arg[4], "-") != 0) {
        int slot = slot_at(op, 4, MAX_FILES, "file");
        if (slot < 0) return false;
        // A descriptor that is closed fails as the kernel says, so let it be one that nobody has.
        if (trace.files[slot].open && !borrow(op, trace.files[slot].fd, &file)) return false;
    }
    bool done = call(op, result, SYS_mmap, address, length, number_at(op, 2), flags, (unsigned long)(long)file.fd,
                     number_at(op, 5));
    struct result kept = *result;
    give_back(op, &file);
    *result = kept;
    result->address = true;
    return done;
}

bool op_munmap(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1);
    return is_the_trace_s(address, length) && call(op, result, SYS_munmap, address, length, 0, 0, 0, 0);
}

bool op_mprotect(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1);
    return is_the_trace_s(address, length) &&
           call(op, result, SYS_mprotect, address, length, number_at(op, 2), 0, 0, 0);
}

bool op_mremap(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), old = number_at(op, 1), new = number_at(op, 2);
    unsigned long flags = number_at(op, 3), to = number_at(op, 4);
    if (!is_the_trace_s(address, old) || (flags & MREMAP_FIXED && !is_the_trace_s(to, new))) return false;
    result->address = true;
    return call(op, result, SYS_mremap, address, old, new, flags, to, 0);
}

static bool page_out(const struct op *op, struct result *result, unsigned long address, unsigned long length)
{
    // Without swap the call does nothing and says nothing.
    if (has_swap()) {
        if (!trace.swapped) settle_swap_readahead(trace.swap_bytes);
        trace.swapped = true;
        return call(op, result, SYS_madvise, address, length, MADV_PAGEOUT, 0, 0, 0);
    }
    cannot("%s: this machine has no swap, and none is put on here", op->name);
    return false;
}

static const struct {
    const char *word;
    int advice;
} ADVICE[] = {
    {"normal", 0},         {"random", 1},          {"sequential", 2},     {"willneed", 3},      {"dontneed", 4},
    {"free", 8},           {"remove", 9},          {"dontfork", 10},      {"dofork", 11},       {"mergeable", 12},
    {"unmergeable", 13},   {"hugepage", 14},       {"nohugepage", 15},    {"dontdump", 16},     {"dodump", 17},
    {"wipeonfork", 18},    {"keeponfork", 19},     {"cold", 20},          {"pageout", 21},      {"populate_read", 22},
    {"populate_write", 23}, {"dontneed_locked", 24}, {"collapse", 25},    {"guard_install", 102}, {"guard_remove", 103},
};

bool op_madvise(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1);
    if (!is_the_trace_s(address, length)) return false;
    for (size_t i = 0; i < sizeof ADVICE / sizeof ADVICE[0]; i++) {
        if (strcmp(ADVICE[i].word, op->arg[2]) != 0) continue;
        if (ADVICE[i].advice == MADV_PAGEOUT) return page_out(op, result, address, length);
        trace.mergeable |= ADVICE[i].advice == MADV_MERGEABLE;
        return call(op, result, SYS_madvise, address, length, (unsigned long)ADVICE[i].advice, 0, 0, 0);
    }
    cannot("madvise: no advice is called %s", op->arg[2]);
    return false;
}

bool op_swapout(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1);
    if (!is_the_trace_s(address, length) || !page_out(op, result, address, length)) return false;
    // madvise() tells of holes when it has done the rest: no failure of an operation of the kernel's own.
    if (result->value == -ENOMEM) result->value = 0;
    return true;
}

// Behind a program at its usual place, as the simulated heap begins when the first brk asks for no address.
#define USUAL_HEAP 0x555555560000UL

// Where the heap begins, from field 47 of /proc/PID/stat.
static unsigned long start_brk(int slot)
{
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%d/stat", trace.spaces[slot].pid);
    if (read_small(path, text, sizeof text) < 0) return 0;
    char *at = strrchr(text, ')');
    for (int field = 2; at && field < 47; field++) at = strchr(at + 1, ' ');
    return at ? strtoul(at, NULL, 10) : 0;
}

// A worker's heap begins behind the program until its first brk moves it to where the simulated one begins.
bool op_brk(const struct op *op, struct result *result)
{
    unsigned long wanted = number_at(op, 0), start = number_at(op, 1);
    if (start == 0) start = wanted ? wanted : USUAL_HEAP;
    if (!is_the_trace_s(wanted, 0)) return false;
    if (start_brk(op->slot) < OWN_START) {
        // The end first: it must never lie before the start.
        if (!call(op, result, SYS_prctl, PR_SET_MM, PR_SET_MM_BRK, start, 0, 0, 0) || result->signal) return false;
        if (result->value == 0 && !call(op, result, SYS_prctl, PR_SET_MM, PR_SET_MM_START_BRK, start, 0, 0, 0)) return false;
        if (result->value < 0) {
            cannot("brk: the heap cannot be moved to 0x%lx: %s", start, strerror((int)-result->value));
            return false;
        }
    }
    result->address = true;
    if (!call(op, result, SYS_brk, wanted, 0, 0, 0, 0, 0)) return false;
    // The system call gives the old end when it refuses, of which brk(3) makes an errno where it is too low.
    if (!result->signal && (unsigned long)result->value < wanted) result->value = -ENOMEM;
    return true;
}

bool op_mlock(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1);
    return is_the_trace_s(address, length) && call(op, result, SYS_mlock, address, length, 0, 0, 0, 0);
}

bool op_munlock(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1);
    return is_the_trace_s(address, length) && call(op, result, SYS_munlock, address, length, 0, 0, 0, 0);
}

bool op_msync(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1);
    return is_the_trace_s(address, length) && call(op, result, SYS_msync, address, length, MS_SYNC, 0, 0, 0);
}
