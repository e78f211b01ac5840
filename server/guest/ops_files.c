// The operations on files: an ordinary one on ext4, a memfd, their sizes and their end. The controller does them; workers
// see its descriptors.
#define _GNU_SOURCE
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

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 0x0004U
#endif

// Bytes that one readahead request reads at most with the default read_ahead_kb.
#define READ_AHEAD (128 * 1024)

// Reads a file into the page cache as readahead does (no page is marked as accessed).
static bool read_ahead(int fd, off_t size)
{
    for (off_t at = 0; at < size; at += READ_AHEAD)
        if (posix_fadvise(fd, at, READ_AHEAD, POSIX_FADV_WILLNEED) != 0) return false;
    return true;
}

static int unnamed_file(void)
{
    int fd = open(files_folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    char path[256];
    snprintf(path, sizeof path, "%s/mmtraceXXXXXX", files_folder);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    return fd;
}

static bool made(struct result *result, int slot, struct file_slot file, unsigned long size)
{
    result->value = ftruncate(file.fd, (off_t)size) == 0 ? 0 : -errno;
    if (result->value < 0) {
        close(file.fd);
        return true;
    }
    if (trace.files[slot].open) close(trace.files[slot].fd);
    file.open = true;
    trace.files[slot] = file;
    return true;
}

bool op_file(const struct op *op, struct result *result)
{
    int slot = slot_at(op, 0, MAX_FILES, "file");
    if (slot < 0) return false;
    if (!files_folder) {
        cannot("file: there is no ordinary filesystem here (%s)", no_files_because);
        return false;
    }
    int fd = unnamed_file();
    if (fd < 0) {
        cannot("file: none can be made: %s", strerror(errno));
        return false;
    }
    unsigned long size = number_at(op, 1);
    made(result, slot, (struct file_slot){.fd = fd}, size);
    if (result->value == 0 && number_at(op, 2) && !read_ahead(fd, (off_t)size)) {
        cannot("file: it could not be read into the page cache");
        return false;
    }
    return true;
}

bool op_memfd(const struct op *op, struct result *result)
{
    int slot = slot_at(op, 0, MAX_FILES, "file");
    if (slot < 0) return false;
    bool hugetlb = number_at(op, 2) != 0;
    trace.hugetlb |= hugetlb;
    int fd = (int)syscall(SYS_memfd_create, "trace", 1U | (hugetlb ? MFD_HUGETLB : 0)); // MFD_CLOEXEC
    if (fd < 0) {
        result->value = -errno;
        return true;
    }
    return made(result, slot, (struct file_slot){.fd = fd, .shmem = !hugetlb, .hugetlb = hugetlb}, number_at(op, 1));
}

static struct file_slot *open_file(const struct op *op)
{
    static struct file_slot closed = {.fd = -1};
    int slot = slot_at(op, 0, MAX_FILES, "file");
    if (slot < 0) return NULL;
    return trace.files[slot].open ? &trace.files[slot] : &closed;
}

bool op_close(const struct op *op, struct result *result)
{
    struct file_slot *file = open_file(op);
    if (!file) return false;
    result->value = close(file->fd) == 0 ? 0 : -errno;
    if (file->open) *file = (struct file_slot){.fd = -1};
    return true;
}

bool op_ftruncate(const struct op *op, struct result *result)
{
    struct file_slot *file = open_file(op);
    if (!file) return false;
    result->value = ftruncate(file->fd, (off_t)number_at(op, 1)) == 0 ? 0 : -errno;
    return true;
}

bool op_fallocate(const struct op *op, struct result *result)
{
    struct file_slot *file = open_file(op);
    if (!file) return false;
    int mode = (int)number_at(op, 1);
    result->value = fallocate(file->fd, mode, (off_t)number_at(op, 2), (off_t)number_at(op, 3)) == 0 ? 0 : -errno;
    if (result->value == -ENOSPC && file->open && !file->shmem && !file->hugetlb) {
        // Says nothing of memory: a trace's disk has no end.
        cannot("fallocate: the file system here has no room for so much");
        return false;
    }
    return true;
}

// The dirty pages of the file, and nothing of its inode.
bool op_writeback(const struct op *op, struct result *result)
{
    struct file_slot *file = open_file(op);
    if (!file) return false;
    unsigned int flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    result->value = sync_file_range(file->fd, 0, 0, flags) == 0 ? 0 : -errno;
    return true;
}

void close_files(void)
{
    for (int i = 0; i < MAX_FILES; i++)
        if (trace.files[i].open) close(trace.files[i].fd);
}
