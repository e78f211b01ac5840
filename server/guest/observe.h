// What the parts of the observer share.
#ifndef OBSERVE_H
#define OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Memory of the observer that fork() does not give to workers, so that neither forking nor writing to it costs page
// faults. Grows `*memory` to at least `bytes`, keeping what is in it; `*have` is its size.
bool arena_grow(void **memory, size_t *have, size_t bytes);

// ---- The fields of a line, put together without a format (fields.c) ---------------------------------------------------

struct fields {
    int used;
    char text[768];
};

void fields_decimal(struct fields *fields, const char *name, int64_t value);
void fields_hex(struct fields *fields, const char *name, uint64_t value);
void fields_word(struct fields *fields, const char *name, const char *value);
// The 32-bit FNV-1a hash of a page, and the bytes before its last one that is not zero, at most 32 of them.
void fields_contents(struct fields *fields, const unsigned char *page);

// ---- Frames (frame.c) --------------------------------------------------------------------------------------------------

// What the rest of a look wants to know of a frame.
struct frame {
    uint64_t pfn, head;
    bool large, zero, anon, swapbacked, hugetlb;
};

// Once: finds the zero page, and whether soft-dirty bits are kept.
void frames_start(void);
// A new look: nothing that was read before is true any more.
void frames_begin(void);
// Reads its struct page. False when there is none.
bool frame_read(uint64_t pfn, struct frame *frame);
// Notes that the look shall tell of it.
void frame_note(uint64_t pfn);
// The same, when the caller tells of it himself: true for the first time in this look.
bool frame_first_seen(uint64_t pfn);
// Emits an `f` line for each frame noted.
void frames_emit(void);

// ---- Pins (pins.c) -----------------------------------------------------------------------------------------------------

// Emits the `b` lines of what is held from outside of the page tables, and notes the frames.
void pins_emit(void);
// Without /proc/kcore: that pages are held, not which.
void pins_emit_unseen(void);

// ---- Where there is no kcore (pagemap.c) -------------------------------------------------------------------------------

// Emits what /proc shows of the worker.
void pagemap_emit(int worker);

#endif
