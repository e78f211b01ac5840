// Which settings of the machine does a trace ask for, and how do they come back?
#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define THP "/sys/kernel/mm/transparent_hugepage/"

struct changed {
    char path[128];
    char value[128];
};

#define FAULT_AROUND "/sys/kernel/debug/fault_around_bytes"
#define DEFAULT_FAULT_AROUND (64 * 1024)
#define MOST_CHANGES 64

struct changes {
    int count;
    struct changed at[MOST_CHANGES];
};

static struct changes own_changes;
static struct changes *changes = &own_changes;

ssize_t read_small(const char *path, char *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    size_t have = 0;
    ssize_t n = 0;
    while (have + 1 < size && (n = read(fd, buffer + have, size - 1 - have)) > 0) have += (size_t)n;
    close(fd);
    if (n < 0) return -1;
    if (have > 0 && buffer[have - 1] == '\n') have--;
    buffer[have] = 0;
    return (ssize_t)have;
}

int write_small(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return result;
}

// "always [madvise] never" says which one it is by brackets.
static void chosen_word(char *text)
{
    char *start = strchr(text, '['), *end = start ? strchr(start, ']') : NULL;
    if (!end) return;
    size_t length = (size_t)(end - start) - 1;
    memmove(text, start + 1, length);
    text[length] = 0;
}

int set_until_end(const char *path, const char *value)
{
    char old[128];
    if (read_small(path, old, sizeof old) < 0) return -errno;
    chosen_word(old);
    if (strcmp(old, value) == 0) return 0;
    bool known = false;
    for (int i = 0; i < changes->count; i++) known |= strcmp(changes->at[i].path, path) == 0;
    if (!known) {
        if (changes->count == MOST_CHANGES) return -ENOSPC;
        struct changed *entry = &changes->at[changes->count];
        snprintf(entry->path, sizeof entry->path, "%s", path);
        snprintf(entry->value, sizeof entry->value, "%s", old);
        changes->count++;
    }
    return write_small(path, value);
}

void restore_settings(void)
{
    while (changes->count > 0) {
        struct changed *entry = &changes->at[changes->count - 1];
        if (write_small(entry->path, entry->value) != 0) cannot("%s is not put back to %s", entry->path, entry->value);
        changes->count--;
    }
}

void guard_settings(void)
{
    int ends[2];
    void *shared = mmap(NULL, sizeof *changes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || pipe2(ends, O_CLOEXEC) != 0) return cannot("settings stay changed if this is killed");
    changes = shared;
    if (fork() != 0) {
        close(ends[0]); // the other end is never written to: it closes when we are gone, whatever ends us
        return;
    }
    char none;
    close(ends[1]);
    setsid(); // no signal of the terminal comes here
    while (read(ends[0], &none, 1) < 0 && errno == EINTR) continue;
    restore_settings();
    _exit(0);
}

static bool set(const char *key, const char *path, const char *value)
{
    int error = set_until_end(path, value);
    if (error == 0) return true;
    cannot("%s=%s: %s", key, value, strerror(-error));
    return false;
}

// Bytes of "64K" and the like.
static unsigned long bytes_of(const char *text)
{
    char *end;
    unsigned long bytes = strtoul(text, &end, 0);
    return bytes << (*end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0);
}

// The sizes listed follow `thp` (inherit), the others are off.
static bool set_mthp(const char *list)
{
    for (unsigned long size = 8; size <= 1024; size *= 2) {
        char path[128];
        snprintf(path, sizeof path, THP "hugepages-%lukB/enabled", size);
        if (access(path, F_OK) == 0 && set_until_end(path, "never") != 0) return false;
    }
    char copy[256];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *rest = copy, *word; (word = strsep(&rest, ","));) {
        char path[128];
        snprintf(path, sizeof path, THP "hugepages-%lukB/enabled", bytes_of(word) >> 10);
        if (!set("mthp", path, "inherit")) return false;
    }
    return true;
}

#define POOL "/proc/sys/vm/nr_hugepages"

// An io_uring lets its pages go some time after it was closed, and its work interrupts the kernel's loop over the pool.
#define POOL_TRIES 300

static bool pool_is(const char *pages)
{
    char now[32];
    for (int i = 0; i < POOL_TRIES; i++) {
        write_small(POOL, pages);
        if (read_small(POOL, now, sizeof now) >= 0 && strcmp(now, pages) == 0) return true;
        usleep(1000);
    }
    return false;
}

// A page of the pool keeps its dirty flag there: the next trace gets others.
void refill_pool(void)
{
    char pages[32];
    if (on_host || !trace.hugetlb || read_small(POOL, pages, sizeof pages) < 0) return;
    if (!pool_is("0")) cannot("pages of the pool stay in use");
    if (!pool_is(pages)) cannot("the pool does not have %s huge pages again", pages);
}

bool trace_setting(const char *key, const char *value)
{
    if (strcmp(key, "lru_batch") == 0) {
        trace.lru_batch = strcmp(value, "1") == 0;
        return true;
    }
    if (strcmp(key, "swap") == 0) {
        trace.swap_bytes = bytes_of(value);
        return true;
    }
    // More by what the worker itself has mapped: main.c adds that when there is a worker.
    if (strcmp(key, "max_map_count") == 0) {
        trace.max_map_count = strtoul(value, NULL, 0);
        return true;
    }
    if (strcmp(key, "fault_around") == 0) {
        char bytes[32];
        snprintf(bytes, sizeof bytes, "%lu", bytes_of(value));
        char now[32];
        // Every kernel begins with this one; where debugfs is closed to us, it is to others.
        if (bytes_of(value) == DEFAULT_FAULT_AROUND && read_small(FAULT_AROUND, now, sizeof now) < 0) return true;
        return set(key, FAULT_AROUND, bytes);
    }
    if (strcmp(key, "thp") == 0) return set(key, THP "enabled", value);
    if (strcmp(key, "shmem_thp") == 0) return set(key, THP "shmem_enabled", value);
    if (strcmp(key, "ksm_zero_pages") == 0) return set(key, "/sys/kernel/mm/ksm/use_zero_pages", value);
    if (strcmp(key, "hugetlb_pages") == 0) return set(key, POOL, value);
    if (strcmp(key, "mthp") == 0) return set_mthp(value);
    cannot("no setting is called %s", key);
    return false;
}
