// What a process has of memory that could be huge, and is.
#ifndef HUGE_H
#define HUGE_H

#include <stdbool.h>
#include <stdint.h>

#define PMD_PAGES 512UL
#define PMD_BYTES (2UL << 20)

// Whether the folio at the address is large, and all processes together map no other that is (hugetlb aside).
bool is_the_only_large_folio(int worker, uint64_t address);
// Whether khugepaged would look at another range of the worker than the one that begins at `start`: one with pages that are
// not mapped by a PMD, where huge pages are wanted. `*other` is it.
bool khugepaged_would_see_another(int worker, uint64_t start, uint64_t *other);

#endif
