// System calls without libc: no errno, no thread area, no cancellation. A worker has nothing of libc's memory.
#ifndef SYSCALL_H
#define SYSCALL_H

static inline long system_call(long number, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
                               unsigned long e, unsigned long f)
{
    long result;
    register unsigned long r10 __asm__("r10") = d;
    register unsigned long r8 __asm__("r8") = e;
    register unsigned long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#endif
