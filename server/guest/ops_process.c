// The operations that begin, change and end processes.
#define _GNU_SOURCE
#include "ops.h"

#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>

static bool make_child(const struct op *op, struct result *result, unsigned long flags)
{
    int slot = slot_at(op, 0, MAX_WORKERS, "free place for a process");
    if (slot < 0) return false;
    if (trace.spaces[slot].used) {
        cannot("%s: process %d exists", op->name, slot);
        return false;
    }
    enum answer answer;
    long value = fork_worker(op->slot, slot, flags, &answer);
    if (answer != ANSWERED) return worker_is_lost(op, result, answer);
    result->value = value;
    if (trace.spaces[slot].used) trace.spaces[slot].own_files = trace.spaces[op->slot].own_files;
    return true;
}

bool op_fork(const struct op *op, struct result *result)
{
    return make_child(op, result, 0);
}

// Without CLONE_VFORK, which would keep the parent from doing what the trace says it does next. Memory is the same.
bool op_vfork(const struct op *op, struct result *result)
{
    return make_child(op, result, CLONE_VM);
}

bool op_clone(const struct op *op, struct result *result)
{
    unsigned long flags = number_at(op, 1);
    if (flags & ~(unsigned long)CLONE_VM) {
        cannot("clone: only CLONE_VM, not 0x%lx", flags);
        return false;
    }
    return make_child(op, result, flags);
}

// The worker becomes this same program again, in an address space of its own.
bool op_execve(const struct op *op, struct result *result)
{
    snprintf((char *)SHARED->payload, 16, "%d", op->slot);
    const unsigned long none[6] = {0};
    enum answer answer = ask(op->slot, REQUEST_EXEC, 0, none);
    if (answer != ANSWERED) return worker_is_lost(op, result, answer);
    result->value = mailbox(op->slot)->result;
    if (result->value == 0) trace.spaces[op->slot].own_files = true;
    return true;
}

bool op_exit(const struct op *op, struct result *result)
{
    const unsigned long none[6] = {0};
    ask(op->slot, REQUEST_EXIT, 0, none);
    trace.spaces[op->slot].alive = false;
    result->value = 0;
    if (!reap(op->slot)) {
        cannot("exit: worker %d does not end", op->slot);
        return false;
    }
    release_pins_of(op->slot);
    return true;
}
