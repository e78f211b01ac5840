// The kernel's own work on pages, as far as user space can cause it: migration, compaction, KSM, dropped caches, swapoff.
#define _GNU_SOURCE
#include "layout.h"
#include "machine.h"
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MPOL_MF_MOVE_ALL 4
#define MAX_MOVED (1UL << 18)

void drain_lru_batches(void)
{
    static char *scratch;
    if (!scratch) {
        scratch = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (scratch == MAP_FAILED) scratch = NULL;
    }
    // It begins with lru_add_drain(), whatever the page is.
    if (scratch) madvise(scratch, PAGE, MADV_FREE);
}

static bool done(struct result *result, const struct op *op, const char *path, const char *text)
{
    int error = write_small(path, text);
    result->value = 0;
    if (error == 0) return true;
    cannot("%s: %s: %s", op->name, path, strerror(-error));
    return false;
}

// The highest node that is there.
static int last_node(void)
{
    char text[64];
    if (read_small("/sys/devices/system/node/has_memory", text, sizeof text) <= 0) return 0;
    char *at = text + strlen(text);
    while (at > text && at[-1] >= '0' && at[-1] <= '9') at--;
    return atoi(at);
}

// move_pages(2) with MPOL_MF_MOVE_ALL, to a node where none of the pages is; when there is no such node, each page to the
// next one.
bool op_migrate(const struct op *op, struct result *result)
{
    unsigned long address = number_at(op, 0) & PAGE_MASK, end = number_at(op, 0) + number_at(op, 1);
    size_t count = (end - address + PAGE - 1) / PAGE;
    int last = last_node();
    if (last < 1) {
        cannot("migrate: this machine has one node");
        return false;
    }
    if (count == 0 || count > MAX_MOVED) {
        cannot("migrate: %zu pages", count);
        return false;
    }
    void **pages = malloc(count * sizeof *pages);
    int *nodes = malloc(count * sizeof *nodes), *status = malloc(count * sizeof *status);
    if (!pages || !nodes || !status) abort();
    for (size_t i = 0; i < count; i++) pages[i] = (void *)(address + i * PAGE);
    pid_t pid = trace.spaces[op->slot].pid;
    long value = syscall(SYS_move_pages, pid, count, pages, NULL, status, 0);
    if (value == 0) {
        unsigned long has = 0;
        for (size_t i = 0; i < count; i++)
            if (status[i] >= 0) has |= 1UL << status[i];
        int empty = 0;
        while (empty <= last && has & 1UL << empty) empty++;
        for (size_t i = 0; i < count; i++) nodes[i] = empty <= last ? empty : status[i] >= 0 ? (status[i] + 1) % (last + 1) : 0;
        value = syscall(SYS_move_pages, pid, count, pages, nodes, status, MPOL_MF_MOVE_ALL);
    }
    int error = errno;
    free(pages);
    free(nodes);
    free(status);
    // ENOENT: no page could be had. What stays where it is, is no failure.
    if (value < 0 && error != ENOENT) {
        cannot("migrate: %s", strerror(error));
        return false;
    }
    result->value = value < 0 ? 0 : value;
    return true;
}

bool op_compact(const struct op *op, struct result *result)
{
    return done(result, op, "/proc/sys/vm/compact_memory", "1");
}

bool op_ksm_scan(const struct op *op, struct result *result)
{
    (void)op;
    result->value = 0;
    return run_ksmd();
}

bool op_lru_add_drain(const struct op *op, struct result *result)
{
    (void)op;
    result->value = 0;
    drain_lru_batches();
    return true;
}

// Clean pages of the page cache that nobody maps.
bool op_drop_caches(const struct op *op, struct result *result)
{
    return done(result, op, "/proc/sys/vm/drop_caches", "1");
}

bool op_clear_refs(const struct op *op, struct result *result)
{
    if (!layout.soft_dirty) {
        cannot("clear_refs: this kernel keeps no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)"); // it takes the 4 without a word
        return false;
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", trace.spaces[op->slot].pid);
    return done(result, op, path, "4");
}

bool op_swapoff(const struct op *op, struct result *result)
{
    if (on_host) {
        cannot("%s: the swap of a host belongs to everybody", op->name);
        return false;
    }
    result->value = swap_off();
    return true;
}

bool op_reclaim(const struct op *op, struct result *result)
{
    (void)result;
    cannot("%s: pages of the whole machine compete, those of the kernel's own programs too", op->name);
    return false;
}
