// The controller's side of the workers.
#ifndef CONTROL_H
#define CONTROL_H

#include "worker.h"

// Once: maps what controller and workers share.
bool control_start(void);
// The same mapping, in a worker after execve.
bool map_shared(void);

// How a request to a worker ended.
enum answer {
    ANSWERED,
    KILLED, // the worker is gone; `killed_by` says of which signal
    STUCK,  // no answer in time; the worker was killed
};
extern int killed_by;

// A new worker with nothing mapped; 0 or -errno.
int spawn_worker(int slot);

// Asks and waits. What came of it is in the mailbox.
enum answer ask(int slot, enum request request, long number, const unsigned long arg[6]);
struct mailbox *mailbox(int slot);

// ask() for one system call: its result or -errno. When the worker did not answer, *answer says so.
long ask_call(int slot, enum answer *answer, long number, unsigned long a, unsigned long b, unsigned long c,
              unsigned long d, unsigned long e, unsigned long f);

// A child that the worker of PARENT makes by clone(FLAGS); 0 or -errno.
long fork_worker(int parent, int slot, unsigned long flags, enum answer *answer);

// Waits until the worker of a new slot runs.
bool wait_ready(int slot);
// The worker asked to exit: waits for its end and for what it held. False when it does not end.
bool reap(int slot);
void kill_workers(void);

#endif
