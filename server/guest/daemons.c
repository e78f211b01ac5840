// How are the kernel's own threads kept still, and made to run when a trace says so?
//
// Khugepaged may rebuild a huge page behind a trace's back: it is made to sleep for seven weeks between two scans. It would
// still scan at once when a process comes to its empty list, so that a process of ours is always on that list. (To freeze
// the thread is not enough: it ends with `thp=never`, and a new one begins outside of the freezer.) Ksmd runs only while
// /sys/kernel/mm/ksm/run is 1.
#define _GNU_SOURCE
#include "machine.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define KHUGEPAGED "/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define KSM "/sys/kernel/mm/ksm/"
#define LONG_MILLISECONDS "4294967295"
// Scans that change nothing: what a first one only notes (a checksum) a second one acts on.
#define CALM_SCANS 3
#define MOST_SCANS 200

static bool merged; // ksmd ran in this trace

static void pause_milliseconds(long milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long read_number(const char *path)
{
    char text[64];
    return read_small(path, text, sizeof text) > 0 ? strtol(text, NULL, 10) : -1;
}

static int process_named(const char *name)
{
    DIR *proc = opendir("/proc");
    int found = 0;
    for (struct dirent *entry; proc && !found && (entry = readdir(proc));) {
        char path[300], comm[32];
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && read_small(path, comm, sizeof comm) > 0 &&
            strcmp(comm, name) == 0)
            found = atoi(entry->d_name);
    }
    if (proc) closedir(proc);
    return found;
}

static bool is_sleeping(int pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    char *name_end = read_small(path, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    return name_end && name_end[1] && name_end[2] == 'S';
}

// A process of ours that is on khugepaged's list for ever.
static void keep_list_filled(void)
{
    if (fork() != 0) return;
    void *area = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area != MAP_FAILED) madvise(area, 4 << 20, MADV_HUGEPAGE);
    for (;;) pause();
}

void still_daemons(void)
{
    if (on_host) {
        set_until_end(KHUGEPAGED "scan_sleep_millisecs", LONG_MILLISECONDS);
        return;
    }
    write_small(KHUGEPAGED "scan_sleep_millisecs", LONG_MILLISECONDS);
    write_small(KHUGEPAGED "alloc_sleep_millisecs", "0");
    write_small(KSM "run", "0");
    keep_list_filled();
}

// Waits for `full_scans` to grow by SCANS; false when the thread has nothing to scan.
static bool wait_scans(const char *path, long scans, double patience)
{
    long start = read_number(path), seen = start;
    for (double since = seconds(); seconds() - since < patience;) {
        long now = read_number(path);
        if (now < 0) return false;
        if (now - start >= scans) return true;
        if (now != seen) since = seconds();
        seen = now;
        pause_milliseconds(1);
    }
    return false;
}

bool run_khugepaged(void)
{
    if (on_host) {
        cannot("khugepaged: on a host its thread works for everybody");
        return false;
    }
    char pages[32];
    if (read_small(KHUGEPAGED "pages_to_scan", pages, sizeof pages) < 0) {
        cannot("khugepaged: this kernel has none");
        return false;
    }
    write_small(KHUGEPAGED "pages_to_scan", "1000000");
    write_small(KHUGEPAGED "scan_sleep_millisecs", "0"); // wakes it
    bool ran = wait_scans(KHUGEPAGED "full_scans", 3, 1);
    write_small(KHUGEPAGED "scan_sleep_millisecs", LONG_MILLISECONDS);
    int pid = process_named("khugepaged"); // none while THP is off
    bool sleeps = pid == 0;
    for (int i = 0; i < 1000 && !sleeps; i++) {
        pause_milliseconds(1);
        sleeps = is_sleeping(pid);
    }
    write_small(KHUGEPAGED "pages_to_scan", pages);
    if (pid == 0 || (ran && sleeps)) return true;
    cannot("khugepaged: it does not %s", ran ? "come to rest" : "run");
    return false;
}

static void ksm_counters(long counters[4])
{
    counters[0] = read_number(KSM "pages_shared");
    counters[1] = read_number(KSM "pages_sharing");
    counters[2] = read_number(KSM "pages_unshared");
    counters[3] = read_number(KSM "pages_volatile");
}

// Ends where several whole scans change no counter.
bool run_ksmd(void)
{
    if (read_number(KSM "run") < 0) {
        cannot("ksm_scan: this kernel has no KSM");
        return false;
    }
    if (on_host) {
        cannot("ksm_scan: on a host ksmd works for everybody, and merges with anybody's pages");
        return false;
    }
    if (!trace.mergeable) return true; // ksmd sleeps while no process has mergeable memory
    static const char *const SETTINGS[][2] = {
        {"sleep_millisecs", "0"}, {"pages_to_scan", "1000000"}, {"smart_scan", "0"}, {"advisor_mode", "none"},
    };
    for (size_t i = 0; i < sizeof SETTINGS / sizeof SETTINGS[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, KSM "%s", SETTINGS[i][0]);
        write_small(path, SETTINGS[i][1]); // smart_scan since 6.7, advisor_mode since 6.8
    }
    write_small(KSM "run", "1");
    merged = true;
    long before[4], after[4];
    int calm = 0;
    ksm_counters(before);
    for (int scan = 0; scan < MOST_SCANS && calm < CALM_SCANS; scan++) {
        if (!wait_scans(KSM "full_scans", 1, 1)) break; // those that had some are gone
        ksm_counters(after);
        calm = memcmp(before, after, sizeof before) == 0 ? calm + 1 : 0;
        memcpy(before, after, sizeof before);
    }
    write_small(KSM "run", "0");
    return true;
}

void unmerge_ksm(void)
{
    if (!merged) return;
    merged = false;
    write_small(KSM "run", "2");
}
