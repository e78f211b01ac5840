// Which operations are there, and what do they share?
#define _GNU_SOURCE
#include "ops.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static const struct known_operation OPERATIONS[] = {
    {"mmap", op_mmap, 6, false},
    {"munmap", op_munmap, 2, false},
    {"mprotect", op_mprotect, 3, false},
    {"mremap", op_mremap, 5, false},
    {"madvise", op_madvise, 3, false},
    {"brk", op_brk, 1, false},
    {"mlock", op_mlock, 2, false},
    {"munlock", op_munlock, 2, false},
    {"msync", op_msync, 2, false},
    {"read", op_read, 2, false},
    {"write", op_write, 3, false},
    {"file", op_file, 3, true},
    {"memfd", op_memfd, 3, true},
    {"close", op_close, 1, true},
    {"ftruncate", op_ftruncate, 2, true},
    {"fallocate", op_fallocate, 4, true},
    {"fork", op_fork, 1, false},
    {"vfork", op_vfork, 1, false},
    {"clone", op_clone, 2, false},
    {"execve", op_execve, 0, false},
    {"exit", op_exit, 0, false},
    {"vmsplice", op_vmsplice, 3, false},
    {"io_uring_register", op_io_uring_register, 3, false},
    {"tee", op_tee, 2, true},
    {"release", op_release, 1, true},
    {"dma_write", op_dma_write, 3, true},
    {"process_vm_readv", op_process_vm_readv, 3, false},
    {"ptrace_poke", op_ptrace_poke, 3, false},
    {"swapout", op_swapout, 2, false},
    {"migrate", op_migrate, 2, false},
    {"compact", op_compact, 0, true},
    {"ksm_scan", op_ksm_scan, 0, true},
    {"lru_add_drain", op_lru_add_drain, 0, true},
    {"writeback", op_writeback, 1, true},
    {"drop_caches", op_drop_caches, 0, true},
    {"clear_refs", op_clear_refs, 0, false},
    {"swapoff", op_swapoff, 0, true},
    {"reclaim", op_reclaim, 1, true},
    {"split_folio", op_split_folio, 1, false},
    {"split_pmd", op_split_pmd, 1, false},
    {"deferred_split_scan", op_deferred_split_scan, 0, true},
    {"khugepaged", op_khugepaged, 1, false},
};

const struct known_operation *operation_named(const char *name)
{
    for (size_t i = 0; i < sizeof OPERATIONS / sizeof OPERATIONS[0]; i++)
        if (strcmp(OPERATIONS[i].name, name) == 0) return &OPERATIONS[i];
    return NULL;
}

unsigned long number_at(const struct op *op, int index)
{
    if (index >= op->count || strcmp(op->arg[index], "-") == 0) return 0;
    return strtoul(op->arg[index], NULL, 0);
}

int slot_at(const struct op *op, int index, int limit, const char *what)
{
    char *end = NULL;
    long slot = index < op->count ? strtol(op->arg[index], &end, 10) : -1;
    if (slot >= 0 && slot < limit && *end == 0) return (int)slot;
    cannot("%s: there is no %s %s", op->name, what, index < op->count ? op->arg[index] : "given");
    return -1;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t bytes_at(const struct op *op, int index, size_t at, size_t limit)
{
    const char *text = op->arg[index];
    size_t length = strlen(text) / 2;
    if (length == 0 || strlen(text) % 2 || length > limit || at + length > PAYLOAD_BYTES) {
        cannot("%s: %zu digits are no bytes in hex, or too many", op->name, strlen(text));
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            cannot("%s: the bytes are not in hex", op->name);
            return 0;
        }
        SHARED->payload[at + i] = (unsigned char)(high * 16 + low);
    }
    return length;
}

static bool overlap(unsigned long address, unsigned long length, unsigned long start, unsigned long end)
{
    unsigned long last = address + (length ? length - 1 : 0);
    if (last < address) return false; // wraps around: the kernel refuses it
    return address < end && last >= start;
}

bool is_the_trace_s(unsigned long address, unsigned long length)
{
    if (!overlap(address, length, OWN_START, OWN_END) && !overlap(address, length, OWN_IMAGE_START, OWN_IMAGE_END))
        return true;
    cannot("0x%lx to 0x%lx is where the worker itself lies", address, address + length);
    return false;
}

bool worker_is_lost(const struct op *op, struct result *result, enum answer answer)
{
    if (answer == STUCK) {
        cannot("%s: worker %d gave no answer in time and was killed", op->name, op->slot);
        return false;
    }
    result->value = -1;
    result->signal = killed_by ? killed_by : SIGKILL;
    return true;
}

bool call(const struct op *op, struct result *result, long number, unsigned long a, unsigned long b, unsigned long c,
          unsigned long d, unsigned long e, unsigned long f)
{
    enum answer answer;
    long value = ask_call(op->slot, &answer, number, a, b, c, d, e, f);
    if (answer != ANSWERED) return worker_is_lost(op, result, answer);
    result->value = value;
    result->counted = true;
    result->minflt = mailbox(op->slot)->minflt;
    result->majflt = mailbox(op->slot)->majflt;
    return true;
}

bool borrow(const struct op *op, int fd, struct borrowed *borrowed)
{
    *borrowed = (struct borrowed){fd, -1};
    if (!trace.spaces[op->slot].own_files) return true;
    enum answer answer;
    long pidfd = ask_call(op->slot, &answer, SYS_pidfd_open, (unsigned long)getpid(), 0, 0, 0, 0, 0);
    long own = pidfd < 0 ? pidfd
                         : ask_call(op->slot, &answer, SYS_pidfd_getfd, (unsigned long)pidfd, (unsigned long)fd, 0, 0, 0, 0);
    if (own < 0) {
        cannot("%s: a process after execve gets no copy of the descriptor: %s", op->name, strerror((int)-own));
        return false;
    }
    *borrowed = (struct borrowed){(int)own, (int)pidfd};
    return true;
}

void give_back(const struct op *op, struct borrowed *borrowed)
{
    if (borrowed->pidfd < 0 || !trace.spaces[op->slot].alive) return;
    enum answer answer;
    ask_call(op->slot, &answer, SYS_close, (unsigned long)borrowed->fd, 0, 0, 0, 0, 0);
    if (answer == ANSWERED) ask_call(op->slot, &answer, SYS_close, (unsigned long)borrowed->pidfd, 0, 0, 0, 0, 0);
}
