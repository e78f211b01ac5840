// What the parts of the guest share: the workers, the pins, the trace, and how a line goes out.
//
// One controller (PID 1 in QEMU, or `--host`) reads commands and never touches a trace's memory. One worker stands for
// each simulated process and does the trace's system calls and accesses in its own address space.
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096UL
#define PAGE_MASK (~(PAGE - 1))

#define MAX_WORKERS 256
#define MAX_PINS 256
#define MAX_FILES 256

// ---- Where a worker's own memory lies --------------------------------------------------------------------------------
//
// A worker has exactly these mappings besides the trace's; controller heap, stack, vdso and vvar are unmapped in it.
// Everything else in its maps was made by the trace. The observer reports nothing of [OWN_START, OWN_END) and of
// [OWN_IMAGE_START, OWN_IMAGE_END). (Should a kernel refuse to unmap a mapping whose name begins with "[v", leave that
// out as well.)

// The program: text, constants, data, bss. Not position independent, linked at the usual place.
#define OWN_IMAGE_START 0x400000UL
#define OWN_IMAGE_END 0x2000000UL
// One shared mapping of a memfd: the mailboxes, stacks and signal stacks of all workers.
#define OWN_START 0x100000000000UL
#define OWN_END 0x100010000000UL

// ---- What the trace has made so far ----------------------------------------------------------------------------------

// A process of the trace; its index in `trace.spaces` is the number that the host gave it.
struct space {
    bool used;  // it was made in this trace
    bool alive; // it has not exited
    pid_t pid;  // of the worker; workers made by clone(vm) share their mm with their parent
    bool own_files; // it called execve, so that its descriptors are no longer the controller's
};

enum pin_kind {
    PIN_PIPE, // vmsplice or tee: the pages are the pipe's buffers, in order
    PIN_RING, // io_uring: the pages of [addr, addr + length) when it was registered
};

// Pages held from outside of the page tables.
struct pin {
    bool held;
    enum pin_kind kind;
    int owner;           // the worker that made it
    int read_fd;         // of the pipe (descriptors are valid in the controller)
    int write_fd;        // of the pipe
    int ring_fd;         // of the io_uring
    unsigned long addr;  // in the owner's address space, when it was made
    size_t length;       // bytes that it holds
};

// A file of the trace.
struct file_slot {
    bool open;
    int fd;
    bool shmem; // memfd
    bool hugetlb;
};

struct trace {
    bool running;
    char id[64];
    unsigned long swap_bytes; // 0: no swap
    bool swapped; // something was paged out
    bool mergeable; // MADV_MERGEABLE was used
    bool hugetlb;   // pages of the pool may have been used
    bool lru_batch; // leave the per-CPU LRU batches as they are
    unsigned long max_map_count; // 0: as it is
    int spaces_used; // one more than the highest used index
    int pins_used;
    struct space spaces[MAX_WORKERS];
    struct pin pins[MAX_PINS];
    struct file_slot files[MAX_FILES];
};

extern struct trace trace;

// True when this runs on a machine of somebody's own instead of in QEMU: no global setting may stay changed.
extern bool on_host;

// ---- Lines to the host (wire.c) --------------------------------------------------------------------------------------

// Sends a line at once: `r`, `.`, `x`, `ready`. A newline is added.
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// `x TEXT`: the guest could not do it. Nothing is made up in its place.
void cannot(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// One line of a look: KEY, a blank, then the fields ("key=value key=value"). It is sent only when it differs from what
// was last sent with this key. KEY: at most 60 bytes; a key is emitted at most once in a look.
void emit(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// The same with the fields as text (no format to go through: the fast way for thousands of lines).
void emit_text(const char *key, const char *fields);

// ---- The observer (observe.c, kcore.c, btf.c, tables.c) --------------------------------------------------------------

// Once after boot, /proc, /sys and debugfs mounted: opens kcore and the like, reads BTF, finds out what this kernel can
// show. What it cannot open it goes without.
void observe_start(void);

// At `trace`: nothing is remembered of the trace before.
void observe_reset(void);

// After an operation: emits the s, v, e, f, b and m lines of everything alive in `trace`. It takes no reference that is
// still held when it returns, and makes no fault in a worker.
void observe_look(void);

// ---- The rest (each in the file of its name) -------------------------------------------------------------------------

// Empties this CPU's LRU batches: madvise(MADV_FREE) of a scratch page.
void drain_lru_batches(void);

// Reads a small file whole; the length without the final newline, or -1.
ssize_t read_small(const char *path, char *buffer, size_t size);
// Writes to a file of /proc or /sys; 0 or -errno.
int write_small(const char *path, const char *text);

#endif
