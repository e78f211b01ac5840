// How does the controller make workers, ask them and see them end?
#define _GNU_SOURCE
#include "control.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// An operation that takes longer hangs. (On a busy machine an emulated clock may run several times too fast.)
#define ANSWER_SECONDS 20

struct trace trace;
bool on_host;
int killed_by;

bool map_shared(void)
{
    void *at = mmap((void *)OWN_START, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
                    SHARED_FD, 0);
    return at == (void *)OWN_START;
}

bool control_start(void)
{
    int fd = (int)syscall(SYS_memfd_create, "guest", 0U);
    if (fd < 0 || dup2(fd, SHARED_FD) < 0) return false;
    close(fd);
    if (ftruncate(SHARED_FD, (off_t)sizeof(struct shared)) != 0) return false;
    return map_shared();
}

struct mailbox *mailbox(int slot)
{
    return &SHARED->worker[slot].box;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// True when the worker's process is no more.
static bool is_gone(int slot)
{
    int status;
    if (trace.spaces[slot].pid <= 0) return true;
    pid_t pid = waitpid(trace.spaces[slot].pid, &status, WNOHANG);
    if (pid == 0) return false;
    killed_by = pid > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    trace.spaces[slot].pid = 0;
    return true;
}

static enum answer wait_answer(int slot)
{
    struct mailbox *box = mailbox(slot);
    double end = now() + ANSWER_SECONDS;
    for (;;) {
        uint32_t answered = __atomic_load_n(&box->answered, __ATOMIC_ACQUIRE);
        if (answered == box->asked) return ANSWERED;
        struct timespec wait = {.tv_sec = 0, .tv_nsec = 100 * 1000 * 1000};
        long result = system_call(SYS_futex, (unsigned long)&box->answered, FUTEX_WAIT, answered, (unsigned long)&wait, 0, 0);
        if (result != -ETIMEDOUT) continue;
        if (is_gone(slot)) return KILLED;
        if (now() > end) return STUCK;
    }
}

enum answer ask(int slot, enum request request, long number, const unsigned long arg[6])
{
    struct mailbox *box = mailbox(slot);
    box->request = request;
    box->number = number;
    memcpy(box->arg, arg, sizeof box->arg);
    __atomic_store_n(&box->asked, box->asked + 1, __ATOMIC_RELEASE);
    system_call(SYS_futex, (unsigned long)&box->asked, FUTEX_WAKE, 1, 0, 0, 0);
    if (request == REQUEST_EXIT) return ANSWERED; // reap() sees its end
    enum answer answer = wait_answer(slot);
    if (answer == ANSWERED) return answer;
    if (answer == STUCK) {
        kill(trace.spaces[slot].pid, SIGKILL);
        reap(slot);
    }
    trace.spaces[slot].alive = false;
    return answer;
}

long ask_call(int slot, enum answer *answer, long number, unsigned long a, unsigned long b, unsigned long c,
              unsigned long d, unsigned long e, unsigned long f)
{
    const unsigned long arg[6] = {a, b, c, d, e, f};
    *answer = ask(slot, REQUEST_SYSCALL, number, arg);
    return *answer == ANSWERED ? mailbox(slot)->result : -EIO;
}

// A slot's mailbox as it is before its worker runs: `answered` differs from `asked` until it is ready.
static void prepare(int slot, bool fresh)
{
    struct mailbox *box = mailbox(slot);
    memset(box, 0, sizeof *box);
    box->answered = UINT_MAX;
    box->fresh = fresh;
}

static void made(int slot, pid_t pid)
{
    trace.spaces[slot] = (struct space){.used = true, .alive = true, .pid = pid};
    if (slot >= trace.spaces_used) trace.spaces_used = slot + 1;
}

bool wait_ready(int slot)
{
    if (wait_answer(slot) == ANSWERED) return true;
    if (trace.spaces[slot].pid > 0) {
        kill(trace.spaces[slot].pid, SIGKILL);
        reap(slot);
    }
    trace.spaces[slot].alive = false;
    return false;
}

int spawn_worker(int slot)
{
    prepare(slot, true);
    long pid = clone_worker(CLONE_FILES | SIGCHLD, slot);
    if (pid < 0) return (int)pid;
    made(slot, (pid_t)pid);
    if (!wait_ready(slot)) return -ETIMEDOUT;
    return (int)mailbox(slot)->result;
}

// A child made by a worker. All workers are the controller's children, so that it sees each one's end.
long fork_worker(int parent, int slot, unsigned long flags, enum answer *answer)
{
    prepare(slot, false);
    const unsigned long arg[6] = {(unsigned long)slot, CLONE_FILES | CLONE_PARENT | SIGCHLD | flags};
    *answer = ask(parent, REQUEST_CLONE, 0, arg);
    if (*answer != ANSWERED) return -EIO;
    long pid = mailbox(parent)->result;
    if (pid < 0) return pid;
    made(slot, (pid_t)pid);
    return wait_ready(slot) ? 0 : -ETIMEDOUT;
}

bool reap(int slot)
{
    for (double end = now() + ANSWER_SECONDS; now() < end;) {
        if (is_gone(slot)) return true;
        struct timespec wait = {.tv_sec = 0, .tv_nsec = 200 * 1000};
        nanosleep(&wait, NULL);
    }
    return false;
}

void kill_workers(void)
{
    for (int i = 0; i < trace.spaces_used; i++)
        if (trace.spaces[i].pid > 0) kill(trace.spaces[i].pid, SIGKILL);
    for (int i = 0; i < trace.spaces_used; i++) {
        if (trace.spaces[i].pid > 0 && !reap(i)) cannot("worker %d does not end", i);
        trace.spaces[i].alive = false;
    }
}
