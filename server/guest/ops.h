// Operations: what `op N W NAME ARG…` asks for and what came of it.
#ifndef OPS_H
#define OPS_H

#include "control.h"

struct op {
    const char *name;
    int slot;   // of the worker that does it
    int count;  // of arguments
    char **arg;
};

struct result {
    long value;   // or -errno
    bool address; // value is one
    bool counted; // minflt and majflt say something
    unsigned long minflt;
    unsigned long majflt;
    int signal;
    unsigned long at;  // page whose access got the signal
    bool listed;       // shared->faults has the pages that faulted
    unsigned long faults;
};

// Does it. False when it could not be done at all; then it has said why with cannot().
typedef bool operation(const struct op *op, struct result *result);

operation op_mmap, op_munmap, op_mprotect, op_mremap, op_madvise, op_brk, op_mlock, op_munlock, op_msync, op_swapout;
operation op_read, op_write, op_process_vm_readv, op_ptrace_poke;
operation op_file, op_memfd, op_close, op_ftruncate, op_fallocate, op_writeback;
operation op_fork, op_vfork, op_clone, op_execve, op_exit;
operation op_vmsplice, op_io_uring_register, op_tee, op_release, op_dma_write;
operation op_migrate, op_compact, op_ksm_scan, op_lru_add_drain, op_drop_caches, op_clear_refs, op_swapoff, op_reclaim,
    op_split_folio, op_split_pmd, op_deferred_split_scan, op_khugepaged;

struct known_operation {
    const char *name;
    operation *perform;
    int arguments; // at least
    bool machine;  // needs no worker that lives
};
const struct known_operation *operation_named(const char *name);

// ---- Arguments (ops.c) -----------------------------------------------------------------------------------------------

// A number, 0x-hex or decimal; `-` and what is not there is 0.
unsigned long number_at(const struct op *op, int index);
// A number below LIMIT; -1 and cannot() otherwise.
int slot_at(const struct op *op, int index, int limit, const char *what);
// Bytes in hex into the payload; how many, 0 and cannot() when it is none.
size_t bytes_at(const struct op *op, int index, size_t at, size_t limit);

// False, with cannot(), where the range touches the worker's own memory: a trace must not do anything to that.
bool is_the_trace_s(unsigned long address, unsigned long length);

// A system call of the op's worker, its value and fault counts into RESULT; false as an operation returns it.
bool call(const struct op *op, struct result *result, long number, unsigned long a, unsigned long b, unsigned long c,
          unsigned long d, unsigned long e, unsigned long f);
bool worker_is_lost(const struct op *op, struct result *result, enum answer answer);

// The worker's number for a descriptor of the controller: the same, unless it has called execve. give_back() closes what
// borrow() made.
struct borrowed {
    int fd;
    int pidfd;
};
bool borrow(const struct op *op, int fd, struct borrowed *borrowed);
void give_back(const struct op *op, struct borrowed *borrowed);

// ---- At a trace's end ------------------------------------------------------------------------------------------------

void release_pin(struct pin *pin);
void release_pins_of(int owner); // io_uring's alone
void close_files(void);

#endif
