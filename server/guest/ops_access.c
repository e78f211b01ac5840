// The accesses: of a process to its own memory, and to another's by process_vm_readv and ptrace.
#define _GNU_SOURCE
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

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

// Where in the payload the bytes to poke are; a path is before them.
#define POKED 64

// PTRACE_SEIZE stops nothing: the target goes on waiting at its mailbox.
static long ptrace_call(const struct op *op, enum answer *answer, long request, pid_t pid)
{
    return ask_call(op->slot, answer, SYS_ptrace, (unsigned long)request, (unsigned long)pid, 0, 0, 0, 0);
}

// Only a stopped process can be let go. It stops in its futex(2), which it then calls again.
static void let_go(const struct op *op, pid_t pid)
{
    enum answer answer;
    if (ptrace_call(op, &answer, PTRACE_INTERRUPT, pid) == 0) {
        ask_call(op->slot, &answer, SYS_wait4, (unsigned long)pid, 0, __WALL, 0, 0, 0);
        if (answer == ANSWERED && ptrace_call(op, &answer, PTRACE_DETACH, pid) == 0) return;
    }
    if (answer == ANSWERED) cannot("ptrace_poke: process %d is not let go", pid);
}

// What the worker writes there: bytes of the payload behind the path.
static bool poke(const struct op *op, struct result *result, pid_t pid, size_t bytes)
{
    enum answer answer;
    char *path = (char *)SHARED->payload;
    snprintf(path, POKED, "/proc/%d/mem", pid);
    long fd = ask_call(op->slot, &answer, SYS_openat, (unsigned long)AT_FDCWD, (unsigned long)path, O_RDWR, 0, 0, 0);
    if (answer != ANSWERED) return worker_is_lost(op, result, answer);
    // Nobody traces himself.
    bool traces = trace.spaces[op->slot].pid != pid;
    long traced = fd >= 0 && traces ? ptrace_call(op, &answer, PTRACE_SEIZE, pid) : 0;
    if (fd < 0 || traced < 0) {
        cannot("ptrace_poke: %s: %s", fd < 0 ? path : "the process cannot be traced", strerror((int)-(fd < 0 ? fd : traced)));
        if (fd >= 0) ask_call(op->slot, &answer, SYS_close, (unsigned long)fd, 0, 0, 0, 0, 0);
        return false;
    }
    unsigned long address = number_at(op, 1);
    bool done = call(op, result, SYS_pwrite64, (unsigned long)fd, (unsigned long)SHARED->payload + POKED, bytes, address, 0, 0);
    if (!done || result->signal) return done;
    if (traces) let_go(op, pid);
    ask_call(op->slot, &answer, SYS_close, (unsigned long)fd, 0, 0, 0, 0, 0);
    if (result->value > 0) result->value = 0;
    return true;
}

// A worker that is no process of the trace pokes, and is gone before the look.
static bool poke_from_outside(const struct op *op, struct result *result, pid_t pid, size_t bytes)
{
    struct op by = *op;
    by.slot = MAX_WORKERS - 1;
    if (trace.spaces[by.slot].used) return true; // the trace has as many processes itself
    int used = trace.spaces_used, error = spawn_worker(by.slot);
    bool done = error == 0 && poke(&by, result, pid, bytes);
    if (error) cannot("ptrace_poke: no worker to poke with: %s", strerror(-error));
    if (trace.spaces[by.slot].pid > 0) {
        kill(trace.spaces[by.slot].pid, SIGKILL);
        reap(by.slot);
    }
    trace.spaces[by.slot] = (struct space){.used = false};
    trace.spaces_used = used;
    return done;
}

// /proc/PID/mem writes with FOLL_FORCE as PTRACE_POKEDATA does (both through access_remote_vm()), but any number of bytes.
// Debian's 7.2 forces a write of a tracer only (CONFIG_PROC_MEM_FORCE_PTRACE), and so refuses a process that pokes itself,
// before it has looked at a page: there it takes another one, a debugger, as it does for PTRACE_POKEDATA everywhere.
bool op_ptrace_poke(const struct op *op, struct result *result)
{
    int target = target_of(op);
    if (target < 0) return false;
    size_t bytes = bytes_at(op, 2, POKED, PAYLOAD_BYTES - POKED);
    if (bytes == 0) return false;
    pid_t pid = trace.spaces[target].pid;
    if (!poke(op, result, pid, bytes)) return false;
    if (target != op->slot || result->value != -EIO) return true;
    return poke_from_outside(op, result, pid, bytes);
}
