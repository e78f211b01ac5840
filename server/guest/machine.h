// The machine around the workers: what boot sets up, what each trace sets, and how it is put back.
#ifndef MACHINE_H
#define MACHINE_H

#include "guest.h"

// ---- boot.c: PID 1 in QEMU -------------------------------------------------------------------------------------------

void boot(void);
void power_off(void) __attribute__((noreturn));

// Where ordinary files are made; NULL, and why, when there is no place.
extern const char *files_folder;
extern const char *no_files_because;

// ---- swap.c ----------------------------------------------------------------------------------------------------------

// Swap of so many bytes on zram, empty; 0: none. False after cannot().
bool swap_on(unsigned long bytes);
// Whether pages can be swapped out at all; false on a host whose own swap is off.
bool has_swap(void);
// swapoff(2); 0 or -errno.
int swap_off(void);
// At a trace's end: nothing stays in it.
void empty_swap(void);

// ---- swap_cluster.c --------------------------------------------------------------------------------------------------

// Before the first page of a trace is swapped out to a device of so many bytes: readahead knows nothing of earlier traces.
void settle_swap_readahead(unsigned long bytes);

// ---- settings.c ------------------------------------------------------------------------------------------------------

// Writes a setting and remembers the old value until restore_settings(); 0 or -errno.
int set_until_end(const char *path, const char *value);
void restore_settings(void);
// At a trace's end, when its memory is free: hugetlb's pool is made anew, if the trace used it.
void refill_pool(void);
// Has a process of its own put settings back should this one be killed.
void guard_settings(void);
// One KEY=VALUE of `trace`; false after cannot().
bool trace_setting(const char *key, const char *value);

// ---- daemons.c: the kernel's own threads -----------------------------------------------------------------------------

// khugepaged sleeps and ksmd is off from here on.
void still_daemons(void);
// Runs khugepaged over everything twice; false after cannot().
bool run_khugepaged(void);
// Runs ksmd to its fixed point; false after cannot().
bool run_ksmd(void);
// KSM's pages become ordinary ones again, if it ran.
void unmerge_ksm(void);

#endif
