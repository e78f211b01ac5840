// A worker: what one simulated process does, in an address space of its own.
//
// It runs without libc (its heap, thread area and stack are the controller's and are unmapped here) on a stack inside the
// mapping that all workers share. A fork therefore copies nothing of its own but the program's pages, which it only reads:
// no fault of its own comes between a trace's access and the counters that are read around it.
#define _GNU_SOURCE
#include "worker.h"
#include "syscall.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
// The part of the payload that holds a call's path or its list of iovecs.
#define LISTED_BYTES ((IOV_MAX + 1) * sizeof(struct iovec))
#define TASK_END 0x7ffffffff000UL

extern char __executable_start[], _end[];

// ---- An access that may fail: 0, or 1 when a signal came -------------------------------------------------------------

int access_read(const unsigned char *from);
int access_copy(unsigned char *to, const unsigned char *from, size_t length);
int access_fill(unsigned char *to, int byte, size_t length);
extern char access_begin[], access_end[], access_failed[];
void restore_signal(void);

__asm__(".text\n"
        "access_begin:\n"
        ".globl access_read\naccess_read:\n"
        "    movb (%rdi), %al\n    xorl %eax, %eax\n    ret\n"
        ".globl access_copy\naccess_copy:\n"
        "    movq %rdx, %rcx\n    rep movsb\n    xorl %eax, %eax\n    ret\n"
        ".globl access_fill\naccess_fill:\n"
        "    movq %rdx, %rcx\n    movl %esi, %eax\n    rep stosb\n    xorl %eax, %eax\n    ret\n"
        "access_end:\n"
        "access_failed:\n"
        "    movl $1, %eax\n    ret\n"
        ".globl restore_signal\nrestore_signal:\n"
        "    movl $15, %eax\n    syscall\n"
        ".globl clone_worker\nclone_worker:\n" // (flags, slot)
        "    pushq %rbx\n"
        "    movl %esi, %ebx\n"
        "    pushq %rdi\n    movl %ebx, %edi\n    call worker_stack\n    popq %rdi\n"
        "    movq %rax, %rsi\n    xorl %edx, %edx\n    xorl %r10d, %r10d\n    xorl %r8d, %r8d\n"
        "    movl $56, %eax\n    syscall\n"
        "    testq %rax, %rax\n    jz 1f\n"
        "    popq %rbx\n    ret\n"
        "1:  xorl %ebp, %ebp\n    movl %ebx, %edi\n    call worker_main\n    ud2\n"
        ".globl become_worker\nbecome_worker:\n"
        "    movl %edi, %ebx\n    call worker_stack\n    movq %rax, %rsp\n    xorl %ebp, %ebp\n"
        "    movl %ebx, %edi\n    call worker_main\n    ud2\n");

// Used by the assembly above: the end of a slot's stack.
unsigned char *worker_stack(int slot);
unsigned char *worker_stack(int slot)
{
    return SHARED->worker[slot].stack + STACK_BYTES;
}

// SIGSEGV or SIGBUS of an access: note it and go on behind the access. The signal stack says whose it is.
static void caught(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    unsigned long pc = (unsigned long)registers[REG_RIP];
    if (pc < (unsigned long)access_begin || pc >= (unsigned long)access_end) {
        // Not the trace's doing: die of it, the controller reports that.
        system_call(SYS_kill, (unsigned long)system_call(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGKILL, 0, 0, 0, 0);
        return;
    }
    struct worker_memory *own =
        &SHARED->worker[((unsigned long)__builtin_frame_address(0) - OWN_START) / sizeof(struct worker_memory)];
    own->box.signal = signal;
    own->box.signal_address = (unsigned long)info->si_addr;
    registers[REG_RIP] = (greg_t)access_failed;
}

struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

// ---- Its own memory --------------------------------------------------------------------------------------------------

static void touch_write(volatile unsigned char *at, size_t length)
{
    for (size_t i = 0; i < length; i += PAGE) {
        unsigned char byte = at[i];
        at[i] = byte;
    }
}

// Faults in everything of its own that the next access or call uses, so that the faults counted are the trace's.
static void touch_own(struct worker_memory *own)
{
    touch_write(own->stack + STACK_BYTES - 2 * PAGE, 2 * PAGE);
    touch_write(own->page, PAGE);
    touch_write(own->thread, PAGE);
    touch_write(own->signal_stack, STACK_BYTES);
    touch_write(SHARED->payload, LISTED_BYTES);
    for (const volatile char *at = __executable_start; at < _end; at += PAGE) (void)*at;
}

static void settle(struct worker_memory *own)
{
    system_call(SYS_arch_prctl, ARCH_SET_FS, (unsigned long)own->thread, 0, 0, 0, 0);
    system_call(SYS_set_tid_address, 0, 0, 0, 0, 0, 0);
    system_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    if (own->box.fresh) {
        unsigned long image_end = ((unsigned long)_end + PAGE - 1) & PAGE_MASK;
        long below = system_call(SYS_munmap, image_end, OWN_START - image_end, 0, 0, 0, 0);
        long above = system_call(SYS_munmap, OWN_END, TASK_END - OWN_END, 0, 0, 0, 0);
        own->box.result = below ? below : above;
        own->box.fresh = 0;
    }
    stack_t signal_stack = {.ss_sp = own->signal_stack, .ss_size = STACK_BYTES, .ss_flags = 0};
    system_call(SYS_sigaltstack, (unsigned long)&signal_stack, 0, 0, 0, 0, 0);
    struct kernel_sigaction action = {caught, SA_SIGINFO | SA_ONSTACK | SA_RESTORER, restore_signal, 0};
    system_call(SYS_rt_sigaction, SIGSEGV, (unsigned long)&action, 0, 8, 0, 0);
    system_call(SYS_rt_sigaction, SIGBUS, (unsigned long)&action, 0, 8, 0, 0);
    touch_own(own);
}

// ---- Requests --------------------------------------------------------------------------------------------------------

struct counts {
    unsigned long minor;
    unsigned long major;
};

static struct counts fault_counts(void)
{
    struct rusage usage;
    system_call(SYS_getrusage, (unsigned long)RUSAGE_THREAD, (unsigned long)&usage, 0, 0, 0, 0);
    return (struct counts){(unsigned long)usage.ru_minflt, (unsigned long)usage.ru_majflt};
}

// One access for each page that [address, address + length) touches. It ends at the first that fails.
static void touch_range(struct worker_memory *own, bool write)
{
    struct mailbox *box = &own->box;
    unsigned long address = box->arg[0], end = address + box->arg[1], bytes = box->arg[2];
    const unsigned char *payload = SHARED->payload;
    touch_own(own);
    for (unsigned long at = address; at < end;) {
        unsigned long next = (at & PAGE_MASK) + PAGE;
        size_t length = (next < end ? next : end) - at;
        const unsigned char *from = bytes > 1 ? payload + (at - address) : payload;
        unsigned char *to = (unsigned char *)at;
        int byte = write ? *from : 0;
        if (write) (void)*(const volatile unsigned char *)(from + (bytes > 1 ? length - 1 : 0));
        struct counts before = fault_counts();
        int failed = !write      ? access_read(to)
                     : bytes > 1 ? access_copy(to, from, length)
                                 : access_fill(to, byte, length);
        struct counts after = fault_counts();
        unsigned long minor = after.minor - before.minor, major = after.major - before.major;
        if (failed) {
            box->signal_address = at;
            box->result = -EFAULT;
        }
        if (minor || major) {
            box->minflt += minor;
            box->majflt += major;
            if (box->faults < MAX_FAULTS)
                SHARED->faults[box->faults++] = (struct fault){at, (uint32_t)minor, (uint32_t)major};
        }
        if (failed) return;
        at = next;
    }
}

static void perform(struct worker_memory *own)
{
    struct mailbox *box = &own->box;
    unsigned long *a = box->arg;
    box->result = 0;
    box->signal = 0;
    box->minflt = box->majflt = box->faults = 0;
    if (box->request == REQUEST_SYSCALL) {
        touch_own(own);
        if (box->number == SYS_process_vm_readv) touch_write(SHARED->scratch, sizeof SHARED->scratch);
        struct counts before = fault_counts();
        box->result = system_call(box->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        struct counts after = fault_counts();
        box->minflt = after.minor - before.minor;
        box->majflt = after.major - before.major;
    } else if (box->request == REQUEST_READ || box->request == REQUEST_WRITE) {
        touch_range(own, box->request == REQUEST_WRITE);
    } else if (box->request == REQUEST_CLONE) {
        box->result = clone_worker(a[1], (int)a[0]);
    } else if (box->request == REQUEST_EXEC) {
        // The slot's number, as the program's argument.
        static char *const nothing[] = {NULL};
        char *const argv[] = {(char *)"guest", (char *)"--worker", (char *)SHARED->payload, NULL};
        box->fresh = 1;
        box->result = system_call(SYS_execve, (unsigned long)"/proc/self/exe", (unsigned long)argv,
                                  (unsigned long)nothing, 0, 0, 0);
        box->fresh = 0;
    } else if (box->request == REQUEST_EXIT) {
        system_call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    } else {
        box->result = -ENOSYS;
    }
}

static void futex(uint32_t *word, int operation, uint32_t value)
{
    system_call(SYS_futex, (unsigned long)word, (unsigned long)operation, value, 0, 0, 0);
}

void worker_main(int slot)
{
    struct worker_memory *own = &SHARED->worker[slot];
    struct mailbox *box = &own->box;
    uint32_t seen = __atomic_load_n(&box->asked, __ATOMIC_ACQUIRE);
    box->result = 0;
    settle(own);
    for (;;) {
        __atomic_store_n(&box->answered, seen, __ATOMIC_RELEASE);
        futex(&box->answered, FUTEX_WAKE, 1);
        while (__atomic_load_n(&box->asked, __ATOMIC_ACQUIRE) == seen) futex(&box->asked, FUTEX_WAIT, seen);
        seen = __atomic_load_n(&box->asked, __ATOMIC_ACQUIRE);
        perform(own);
    }
}
