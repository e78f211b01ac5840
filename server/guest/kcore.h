// The kernel's memory, read through /proc/kcore: by its virtual address, by physical address, by page frame.
#ifndef KCORE_H
#define KCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// False without /proc/kcore, or when what it shows is not what pagemap says of a page of our own.
// Needs layout_read().
bool kcore_open(void);

// Copies `length` bytes; false when they are not all to be had.
bool kcore_read(uint64_t address, void *to, size_t length);
bool kcore_read_physical(uint64_t address, void *to, size_t length);
// The pointer at `address`; 0 when it cannot be read.
uint64_t kcore_pointer(uint64_t address);

// Of the struct page of a frame, and back; kcore_pfn_of() answers UINT64_MAX for what is no struct page.
uint64_t kcore_page_address(uint64_t pfn);
uint64_t kcore_pfn_of(uint64_t page_address);

// The struct task_struct of the calling process.
uint64_t kcore_own_task(void);
// Whether a fifth level of page tables is in use.
bool kcore_five_levels(void);

#endif
