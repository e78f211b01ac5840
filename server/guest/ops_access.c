// The accesses: of a process to its own memory, and to another's by process_vm_readv and ptrace.
#define _GNU_SOURCE
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static bool access_range(const struct op *op, struct result *result, enum request request, size_t bytes)
{
    unsigned long address = number_at(op, 0), length = number_at(op, 1);
    if (!is_the_trace_s(address, length)) return false;
    const unsigned long arg[6] = {address, length, bytes};
    enum answer answer = ask(op->slot, request, 0, arg);
    if (answer != ANSWERED) return worker_is_lost(op, result, answer);
    struct mailbox *box = mailbox(op->slot);
    *result = (struct result){
        .value = box->signal ? -1 : 0,
        .counted = true,
        .minflt = box->minflt,
        .majflt = box->majflt,
        .signal = box->signal,
        .at = box->signal_address,
        .listed = true,
        .faults = box->faults,
    };
    return true;
}

bool op_read(const struct op *op, struct result *result)
{
    return access_range(op, result, REQUEST_READ, 0);
}

bool op_write(const struct op *op, struct result *result)
{
    size_t bytes = bytes_at(op, 2, 0, PAYLOAD_BYTES);
    if (bytes == 0) return false;
    if (bytes != 1 && bytes != number_at(op, 1)) {
        cannot("write: %zu bytes for a length of %lu", bytes, number_at(op, 1));
        return false;
    }
    return access_range(op, result, REQUEST_WRITE, bytes);
}

static int target_of(const struct op *op)
{
    int target = slot_at(op, 0, MAX_WORKERS, "process");
    if (target >= 0 && !trace.spaces[target].alive) {
        cannot("%s: process %d is dead", op->name, target);
        return -1;
    }
    return target;
}

// What is read goes to the scratch memory again and again; only the reading matters.
bool op_process_vm_readv(const struct op *op, struct result *result)
{
    int target = target_of(op);
    if (target < 0) return false;
    unsigned long address = number_at(op, 1), length = number_at(op, 2);
    struct iovec *iov = (struct iovec *)SHARED->payload;
    unsigned long pieces = 0;
    for (size_t done = 0; done < length && pieces < IOV_MAX; pieces++) {
        size_t piece = length - done < sizeof SHARED->scratch ? length - done : sizeof SHARED->scratch;
        iov[1 + pieces] = (struct iovec){SHARED->scratch, piece};
        done += piece;
    }
    iov[0] = (struct iovec){(void *)address, length};
    return call(op, result, SYS_process_vm_readv, (unsigned long)trace.spaces[target].pid, (unsigned long)&iov[1], pieces,
                (unsigned long)&iov[0], 1, 0);
}

// /proc/PID/mem writes with FOLL_FORCE as PTRACE_POKEDATA does (both through access_remote_vm()), but any number of bytes.
bool op_ptrace_poke(const struct op *op, struct result *result)
{
    int target = target_of(op);
    if (target < 0) return false;
    unsigned long address = number_at(op, 1);
    char *path = (char *)SHARED->payload;
    snprintf(path, 64, "/proc/%d/mem", trace.spaces[target].pid);
    size_t bytes = bytes_at(op, 2, 64, PAYLOAD_BYTES - 64);
    if (bytes == 0) return false;
    enum answer answer;
    long fd = ask_call(op->slot, &answer, SYS_openat, (unsigned long)AT_FDCWD, (unsigned long)path, O_RDWR, 0, 0, 0);
    if (answer != ANSWERED) return worker_is_lost(op, result, answer);
    if (fd < 0) {
        cannot("ptrace_poke: /proc/PID/mem does not open: %s", strerror((int)-fd));
        return false;
    }
    bool done = call(op, result, SYS_pwrite64, (unsigned long)fd, (unsigned long)SHARED->payload + 64, bytes, address, 0, 0);
    if (done && !result->signal) ask_call(op->slot, &answer, SYS_close, (unsigned long)fd, 0, 0, 0, 0, 0);
    if (done && result->value > 0) result->value = 0;
    return done;
}
