// What does a trace find that swaps for the first time? Up to 6.13 shared memory is read back from zram with its
// neighbours on the device, and how many these are the kernel goes by what was read before, by anybody (swapin_nr_pages(),
// mm/swap_state.c). So each trace begins with the same past: reads all over the device, none of which found a neighbour,
// and its first slot is the first one of a cluster of slots.
#define _GNU_SOURCE
#include "layout.h"
#include "machine.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// SWAPFILE_CLUSTER, mm/swapfile.c, with CONFIG_THP_SWAP; without it a cluster is half as long.
#define CLUSTER 512
#define SCATTERED 64
// A smaller device is left as it is: too much of it would be used up.
#define LEAST_BYTES (16UL << 20)

static volatile unsigned char *swapped_out(size_t pages, int flags)
{
    unsigned char *start = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return NULL;
    for (size_t i = 0; i < pages; i++) start[i * PAGE] = 1;
    madvise(start, pages * PAGE, MADV_PAGEOUT);
    return start;
}

// The slot of a page that is in swap; 0 for one that is not.
static uint64_t slot_of(volatile unsigned char *page)
{
    uint64_t entry = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    if (pread(fd, &entry, sizeof entry, (off_t)((uintptr_t)page / PAGE * sizeof entry)) != sizeof entry) entry = 0;
    close(fd);
    return entry >> 62 & 1 ? entry >> 5 & ((1ULL << 50) - 1) : 0;
}

static void forget_windows(void)
{
    // The window halves with each read that is next to no other one: 8, 4, 2, 1.
    static const int READS[] = {0, 16, 32, 48, 8, 40};
    volatile unsigned char *pages = swapped_out(SCATTERED, MAP_SHARED);
    if (!pages) return;
    for (size_t i = 0; i < sizeof READS / sizeof READS[0]; i++) (void)pages[READS[i] * PAGE];
    munmap((void *)pages, SCATTERED * PAGE);
}

// Uses up the slots of the cluster that is in use.
static void begin_cluster(void)
{
    volatile unsigned char *first = swapped_out(1, MAP_PRIVATE);
    if (!first) return;
    size_t left = CLUSTER - 1 - slot_of(first) % CLUSTER;
    volatile unsigned char *rest = left ? swapped_out(left, MAP_PRIVATE) : NULL;
    if (rest) munmap((void *)rest, left * PAGE);
    munmap((void *)first, PAGE);
}

void settle_swap_readahead(unsigned long bytes)
{
    if (on_host || !layout.swap_slot_cache || bytes < LEAST_BYTES) return;
    forget_windows();
    begin_cluster();
}
