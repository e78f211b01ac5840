// What the controller and the workers share: one mailbox for each worker, in a mapping that all of them have.
#ifndef WORKER_H
#define WORKER_H

#include "guest.h"

enum request {
    REQUEST_SYSCALL = 1, // number, arg[0..5] → result
    REQUEST_READ,        // arg: address, length
    REQUEST_WRITE,       // arg: address, length, bytes in the payload (1 = that byte everywhere)
    REQUEST_CLONE,       // arg: slot of the child, flags → result: its PID
    REQUEST_EXEC,
    REQUEST_EXIT,
};

struct mailbox {
    uint32_t asked;    // counts requests; the worker waits for it to change
    uint32_t answered; // equals `asked` when the worker is waiting
    uint32_t request;
    uint32_t fresh; // it has still the controller's mappings
    long number;
    unsigned long arg[6];
    long result; // or -errno
    int signal;  // that an access got, and the address that failed
    unsigned long signal_address;
    unsigned long minflt;
    unsigned long majflt;
    unsigned long faults; // entries of shared->faults
};

// A page whose access faulted, and how often.
struct fault {
    unsigned long address;
    uint32_t minor;
    uint32_t major;
};

#define STACK_BYTES (16 * 1024)
#define PAYLOAD_BYTES (1024 * 1024)
#define MAX_FAULTS (256 * 1024)

struct worker_memory {
    unsigned char stack[STACK_BYTES];
    unsigned char signal_stack[STACK_BYTES];
    unsigned char thread[PAGE]; // what %fs points to
    union {
        struct mailbox box;
        unsigned char page[PAGE];
    };
};

struct shared {
    struct worker_memory worker[MAX_WORKERS];
    unsigned char payload[PAYLOAD_BYTES]; // bytes, paths and iovecs of a request
    unsigned char scratch[64 * 1024];     // where what is read from elsewhere goes
    struct fault faults[MAX_FAULTS];
};

#define SHARED ((struct shared *)OWN_START)
#define SHARED_FD 900

_Static_assert(sizeof(struct shared) <= OWN_END - OWN_START, "the shared memory fits into its place");

// Where a worker begins, on its own stack (worker.c).
void worker_main(int slot) __attribute__((noreturn));

// Makes a task with clone(2) that begins in worker_main(SLOT) on that slot's stack; its PID or -errno.
long clone_worker(unsigned long flags, int slot);

// Goes on as a worker in the place of what runs now (after execve).
void become_worker(int slot) __attribute__((noreturn));

#endif
