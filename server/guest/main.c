// The controller: reads commands, has workers do them, and answers with what came of it and what memory looks like now.
//
//   guest           PID 1 in QEMU
//   guest --host    on this machine, as root: commands on stdin, answers on stdout
//   guest --worker  what a worker becomes by execve
#define _GNU_SOURCE
#include "machine.h"
#include "ops.h"
#include "wire.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#define HAS_RSEQ
#endif

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define MOST_WORDS 24

// The kernel writes into a thread's rseq area whenever it was interrupted; a worker has libc's memory no more.
static void leave_rseq(void)
{
#ifdef HAS_RSEQ
    if (__rseq_size > 0) {
        char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
        syscall(SYS_rseq, area, __rseq_size < 32 ? 32 : __rseq_size, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
    }
#endif
}

// ---- trace, process, end ---------------------------------------------------------------------------------------------

static void end_trace(void)
{
    kill_workers();
    for (int i = 0; i < trace.pins_used; i++)
        if (trace.pins[i].held) release_pin(&trace.pins[i]);
    close_files();
    unmerge_ksm();
    empty_swap();
    restore_settings();
    refill_pool();
    drain_lru_batches();
    memset(&trace, 0, sizeof trace);
}

// Mappings of a worker that has none of a trace's; [vsyscall] is no mapping of its own.
static unsigned long own_mappings(int slot)
{
    char path[64], maps[8192];
    snprintf(path, sizeof path, "/proc/%d/maps", trace.spaces[slot].pid);
    unsigned long lines = 0;
    if (read_small(path, maps, sizeof maps) <= 0) return 0;
    for (char *rest = maps, *line; (line = strsep(&rest, "\n"));) lines += *line && !strstr(line, "[vsyscall]");
    return lines;
}

static bool make_process(int slot)
{
    int error = spawn_worker(slot);
    if (error == 0) return true;
    cannot("process %d: its worker does not start: %s", slot, strerror(-error));
    return false;
}

static void begin_trace(int count, char **word)
{
    if (trace.running) end_trace();
    trace.running = true;
    snprintf(trace.id, sizeof trace.id, "%s", count > 1 ? word[1] : "-");
    forget_look();
    if (on_host) still_daemons();
    for (int i = 2; i < count; i++) {
        char *value = strchr(word[i], '=');
        if (value) *value++ = 0;
        if (!value) cannot("%s is no setting", word[i]);
        else trace_setting(word[i], value);
    }
    swap_on(trace.swap_bytes);
    if (make_process(0) && trace.max_map_count) {
        char limit[32];
        snprintf(limit, sizeof limit, "%lu", trace.max_map_count + own_mappings(0));
        set_until_end("/proc/sys/vm/max_map_count", limit);
    }
    drain_lru_batches();
    observe_reset();
    say("ok trace %s", trace.id);
}

static void begin_process(int count, char **word)
{
    int slot = count > 1 ? atoi(word[1]) : -1;
    if (!trace.running) cannot("process: there is no trace");
    else if (slot < 0 || slot >= MAX_WORKERS || trace.spaces[slot].used) cannot("process: %d is no free number", slot);
    else make_process(slot);
    say("ok process %d", slot);
}

// ---- op --------------------------------------------------------------------------------------------------------------

static const char *errno_name(long error)
{
    static const struct {
        int error;
        const char *name;
    } NAMES[] = {
        {EPERM, "EPERM"},   {ENOENT, "ENOENT"},   {ESRCH, "ESRCH"},   {EINTR, "EINTR"},         {EIO, "EIO"},
        {E2BIG, "E2BIG"},   {EBADF, "EBADF"},     {ECHILD, "ECHILD"}, {EAGAIN, "EAGAIN"},       {ENOMEM, "ENOMEM"},
        {EACCES, "EACCES"}, {EFAULT, "EFAULT"},   {EBUSY, "EBUSY"},   {EEXIST, "EEXIST"},       {ENODEV, "ENODEV"},
        {EINVAL, "EINVAL"}, {ENFILE, "ENFILE"},   {EMFILE, "EMFILE"}, {ETXTBSY, "ETXTBSY"},     {EFBIG, "EFBIG"},
        {ENOSPC, "ENOSPC"}, {ESPIPE, "ESPIPE"},   {EROFS, "EROFS"},   {EPIPE, "EPIPE"},         {ERANGE, "ERANGE"},
        {ENOSYS, "ENOSYS"}, {ENODATA, "ENODATA"}, {EOVERFLOW, "EOVERFLOW"}, {EOPNOTSUPP, "EOPNOTSUPP"},
        {ENOBUFS, "ENOBUFS"}, {ETIMEDOUT, "ETIMEDOUT"}, {EHWPOISON, "EHWPOISON"}, {ECANCELED, "ECANCELED"},
    };
    static char number[32];
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (NAMES[i].error == error) return NAMES[i].name;
    snprintf(number, sizeof number, "%ld", error);
    return number;
}

static const char *signal_name(int number)
{
    static char other[32];
    if (number == SIGSEGV) return "SIGSEGV";
    if (number == SIGBUS) return "SIGBUS";
    if (number == SIGKILL) return "SIGKILL";
    snprintf(other, sizeof other, "SIG%d", number);
    return number ? other : "0";
}

// The page RUN behind the first faulted like it.
static bool goes_on(const struct fault *first, unsigned long run)
{
    const struct fault *next = first + run;
    return next->address == (first->address & PAGE_MASK) + run * PAGE && next->minor == first->minor && next->major == first->major;
}

static void say_result(const char *number, const struct result *result)
{
    // At most 40 characters a page that faulted.
    size_t room = 256 + (result->listed ? result->faults * 48 : 0), length = 0;
    char *line = malloc(room);
    if (!line) return cannot("no memory for the result");
    bool failed = result->value < 0;
    length += (size_t)snprintf(line + length, room - length, "r %s ret=", number);
    if (failed) length += (size_t)snprintf(line + length, room - length, "-1");
    else length += (size_t)snprintf(line + length, room - length, result->address ? "0x%lx" : "%ld", (unsigned long)result->value);
    const char *error = failed && !result->signal ? errno_name(-result->value) : "0";
    length += (size_t)snprintf(line + length, room - length, " errno=%s signal=%s", error, signal_name(result->signal));
    if (result->signal && result->at) length += (size_t)snprintf(line + length, room - length, " at=0x%lx", result->at);
    if (result->counted)
        length += (size_t)snprintf(line + length, room - length, " minflt=%lu majflt=%lu", result->minflt, result->majflt);
    for (unsigned long i = 0, run; result->listed && i < result->faults; i += run) {
        const struct fault *fault = &SHARED->faults[i];
        for (run = 1; i + run < result->faults && goes_on(fault, run);) run++;
        length += (size_t)snprintf(line + length, room - length, "%s0x%lx:%u:%u", i ? "," : " a=", fault->address,
                                   fault->minor, fault->major);
        if (run > 1) length += (size_t)snprintf(line + length, room - length, ":%lu", run);
    }
    say("%s", line);
    free(line);
}

static void perform(int count, char **word)
{
    const char *number = count > 1 ? word[1] : "-";
    const struct known_operation *known = count > 3 ? operation_named(word[3]) : NULL;
    int slot = count > 2 ? atoi(word[2]) : -1;
    struct op op = {count > 3 ? word[3] : "-", slot, count - 4, word + 4};
    struct result result = {0};
    if (!trace.lru_batch) drain_lru_batches();
    if (!trace.running) cannot("op: there is no trace");
    else if (!known) cannot("%s is no operation", op.name);
    else if (op.count < known->arguments) cannot("%s: %d arguments are too few", op.name, op.count);
    else if (slot < 0 || slot >= trace.spaces_used || !trace.spaces[slot].used) cannot("%s: there is no process %d", op.name, slot);
    else if (!known->machine && !trace.spaces[slot].alive) cannot("%s: process %d is dead", op.name, slot);
    else if (known->perform(&op, &result)) say_result(number, &result);
    if (!trace.lru_batch) drain_lru_batches();
    begin_look();
    if (trace.running) observe_look();
    end_look(number);
}

// ---- The program -----------------------------------------------------------------------------------------------------

static void stop_asked(int signal)
{
    (void)signal; // reading a command ends with EINTR
}

static void host_mode(int argc, char **argv)
{
    on_host = true;
    files_folder = argc > 2 ? argv[2] : "/var/tmp";
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one); // one CPU, one LRU batch
    struct sigaction action = {.sa_handler = stop_asked};
    int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    guard_settings();
    // debugfs, where nobody else sees it.
    if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        access("/sys/kernel/debug/fault_around_bytes", F_OK) != 0)
        mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
}

// Once more without address space randomization, so that the worker's own mappings lie where they are known.
static void without_randomization(char **argv)
{
    int now = personality(0xffffffff);
    if (now < 0 || now & ADDR_NO_RANDOMIZE || personality((unsigned long)now | ADDR_NO_RANDOMIZE) < 0) return;
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) return;
    path[length] = 0;
    execv(path, argv);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--worker") == 0) {
        syscall(SYS_close_range, 0, SHARED_FD - 1, 0);
        syscall(SYS_close_range, SHARED_FD + 1, ~0U, 0);
        leave_rseq();
        if (!map_shared()) _exit(1);
        become_worker(atoi(argv[2]));
    }
    if (argc > 1 && strcmp(argv[1], "--host") == 0) {
        without_randomization(argv);
        host_mode(argc, argv);
    } else if (getpid() != 1) {
        fprintf(stderr, "usage: guest --host [FOLDER]   (root; commands on stdin, answers on stdout; see README.md)\n");
        return 2;
    } else {
        boot();
    }
    leave_rseq();
    // libc gives no memory back: munmap(2) and a shrinking heap drain the CPU's LRU batches on 5.10 (unmap_region()).
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    wire_start();
    if (!control_start()) cannot("the memory shared with the workers is not to be had: %s", strerror(errno));
    observe_start();
    struct utsname name;
    uname(&name);
    say("ready %s %s", name.release, name.version);
    flush_lines();
    for (char *line; (line = read_command()); flush_lines()) {
        char *word[MOST_WORDS + 1];
        int count = 0;
        for (char *rest = line, *next; count < MOST_WORDS && (next = strsep(&rest, " "));)
            if (*next) word[count++] = next;
        if (count == 0) continue;
        if (strcmp(word[0], "trace") == 0) begin_trace(count, word);
        else if (strcmp(word[0], "process") == 0) begin_process(count, word);
        else if (strcmp(word[0], "op") == 0) perform(count, word);
        else if (strcmp(word[0], "end") == 0) end_trace(), say("ok end");
        else if (strcmp(word[0], "quit") == 0) break;
        else cannot("%s is no command", word[0]);
    }
    end_trace();
    flush_lines();
    if (!on_host) power_off();
    return 0;
}
