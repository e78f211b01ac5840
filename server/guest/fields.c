// Fields of lines: ` name=value`, put together by hand since a look can have thousands of them.
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "observe.h"

bool arena_grow(void **memory, size_t *have, size_t bytes) {
    if (*memory && *have >= bytes) return true;
    bytes = (bytes + PAGE - 1) & PAGE_MASK;
    void *grown = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (grown == MAP_FAILED) return false;
    madvise(grown, bytes, MADV_DONTFORK);
    // The old memory stays: munmap(2) drains the CPU's LRU batches on 5.10, and it is at most half of the new.
    if (*memory) memcpy(grown, *memory, *have);
    *memory = grown;
    *have = bytes;
    return true;
}

static void put(struct fields *fields, const char *text, size_t length) {
    if (fields->used + length >= sizeof fields->text) return;
    memcpy(fields->text + fields->used, text, length);
    fields->used += length;
    fields->text[fields->used] = '\0';
}

void fields_word(struct fields *fields, const char *name, const char *value) {
    if (fields->used) put(fields, " ", 1);
    put(fields, name, strlen(name));
    put(fields, "=", 1);
    put(fields, value, strlen(value));
}

void fields_decimal(struct fields *fields, const char *name, int64_t value) {
    char digits[24];
    int at = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    digits[--at] = '\0';
    do digits[--at] = '0' + rest % 10;
    while (rest /= 10);
    if (value < 0) digits[--at] = '-';
    fields_word(fields, name, digits + at);
}

void fields_hex(struct fields *fields, const char *name, uint64_t value) {
    char digits[20];
    int at = sizeof digits;
    digits[--at] = '\0';
    do digits[--at] = "0123456789abcdef"[value & 15];
    while (value >>= 4);
    digits[--at] = 'x';
    digits[--at] = '0';
    fields_word(fields, name, digits + at);
}

#define FNV_BASIS 0x811c9dc5u
#define FNV_PRIME 0x01000193u

// A zero byte multiplies the hash by the prime, so the zeros at a page's end are one power of it.
static uint32_t fnv1a(const unsigned char *page, unsigned length) {
    uint32_t hash = FNV_BASIS;
    for (unsigned i = 0; i < length; i++) hash = (hash ^ page[i]) * FNV_PRIME;
    uint32_t power = FNV_PRIME;
    for (unsigned zeros = PAGE - length; zeros; zeros >>= 1, power *= power)
        if (zeros & 1) hash *= power;
    return hash;
}

// Bytes up to and with the last one that is not zero.
static unsigned length_of(const unsigned char *page) {
    unsigned length = PAGE;
    uint64_t word;
    while (length && (memcpy(&word, page + length - 8, 8), word == 0)) length -= 8;
    while (length && page[length - 1] == 0) length--;
    return length;
}

void fields_contents(struct fields *fields, const unsigned char *page) {
    unsigned length = length_of(page), shown = length < 32 ? length : 32;
    char text[65];
    for (unsigned i = 0; i < shown; i++) {
        text[2 * i] = "0123456789abcdef"[page[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[page[i] & 15];
    }
    text[2 * shown] = '\0';
    fields_decimal(fields, "hash", fnv1a(page, length));
    fields_word(fields, "text", text);
}
