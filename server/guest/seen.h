// A frame with all that its line is made of (frame.c reads it, frame_line.c tells of it).
#ifndef SEEN_H
#define SEEN_H

#include <string.h>

#include "layout.h"
#include "observe.h"

// struct folio describes a head and three tail pages at most.
#define FOLIO_PAGES 4

struct seen {
    struct frame frame;
    unsigned char page[64], head[FOLIO_PAGES * 64];
    uint64_t head_flags, mapping;
    bool large;
    unsigned order;
};

// Reads the struct page of a frame and its head's. False when there is none.
bool frame_see(uint64_t pfn, struct seen *seen);
// The frames noted in this look, each once, ascending.
size_t frames_noted(const uint64_t **pfns);

static inline uint64_t word(const unsigned char *at, long offset) {
    uint64_t value;
    memcpy(&value, at + offset, sizeof value);
    return value;
}

static inline int32_t counter(const unsigned char *at, long offset) {
    int32_t value;
    memcpy(&value, at + offset, sizeof value);
    return value;
}

static inline bool flag(uint64_t flags, long bit) { return bit >= 0 && flags >> bit & 1; }

#endif
