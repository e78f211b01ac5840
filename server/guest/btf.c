// A small reader of BTF, the type information that a kernel carries of itself (Documentation/bpf/btf.rst).
//
// One pass notes where each type begins; a question then looks for its name. Every offset is checked against the end
// of the data: a broken table gives no answer, never a wild read.
#define _GNU_SOURCE
#include "btf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC 0xeb9f
#define LARGEST (64u << 20)
// Of typedefs and qualifiers in a row, and of anonymous structs within each other.
#define DEEPEST 16

enum {
    KIND_INT = 1,
    KIND_PTR,
    KIND_ARRAY,
    KIND_STRUCT,
    KIND_UNION,
    KIND_ENUM,
    KIND_FWD,
    KIND_TYPEDEF,
    KIND_VOLATILE,
    KIND_CONST,
    KIND_RESTRICT,
    KIND_FUNC,
    KIND_FUNC_PROTO,
    KIND_VAR,
    KIND_DATASEC,
    KIND_FLOAT,
    KIND_DECL_TAG,
    KIND_TYPE_TAG,
    KIND_ENUM64,
};

struct header {
    uint16_t magic;
    uint8_t version, flags;
    uint32_t length, type_offset, type_length, string_offset, string_length;
};

// All types begin so; what follows depends on the kind.
struct type {
    uint32_t name, info, size_or_type;
};

struct member {
    uint32_t name, type, offset;
};

static unsigned char *data;
static size_t data_length;
static const char *strings;
static uint32_t strings_length;
// Type N begins at starts[N]; type 0 is void.
static const struct type **starts;
static uint32_t types;
// What find_named() found last.
static const struct type *last;

static uint32_t kind_of(const struct type *type) { return type->info >> 24 & 0x1f; }
static uint32_t length_of(const struct type *type) { return type->info & 0xffff; }
static bool has_kind_flag(const struct type *type) { return type->info >> 31; }

static const char *name_at(uint32_t offset) {
    return offset < strings_length ? strings + offset : "";
}

static const struct type *type_at(uint32_t id) { return id > 0 && id < types ? starts[id] : NULL; }

// Bytes that follow `struct type`, or -1 for a kind that this reader does not know.
static long tail_of(const struct type *type) {
    uint32_t length = length_of(type);
    switch (kind_of(type)) {
    case KIND_INT:
    case KIND_VAR:
    case KIND_DECL_TAG:
        return 4;
    case KIND_ARRAY:
        return 12;
    case KIND_STRUCT:
    case KIND_UNION:
    case KIND_DATASEC:
    case KIND_ENUM64:
        return 12L * length;
    case KIND_ENUM:
    case KIND_FUNC_PROTO:
        return 8L * length;
    case KIND_PTR:
    case KIND_FWD:
    case KIND_TYPEDEF:
    case KIND_VOLATILE:
    case KIND_CONST:
    case KIND_RESTRICT:
    case KIND_FUNC:
    case KIND_FLOAT:
    case KIND_TYPE_TAG:
        return 0;
    default:
        return -1;
    }
}

static bool read_whole(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    off_t size = lseek(fd, 0, SEEK_END);
    if (size <= (off_t)sizeof(struct header) || size > LARGEST) {
        close(fd);
        return false;
    }
    data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) data = NULL;
    data_length = data ? size : 0;
    size_t have = 0;
    while (have < data_length) {
        ssize_t n = pread(fd, data + have, data_length - have, have);
        if (n <= 0) break;
        have += n;
    }
    close(fd);
    return data != NULL && have == data_length;
}

// Notes where each type begins. A kind of later times ends the pass: what stands before it is still known.
static void index_types(const unsigned char *from, uint32_t length) {
    uint32_t at = 0, room = length / sizeof(struct type) + 1;
    starts = malloc((room + 1) * sizeof *starts);
    if (!starts) return;
    types = 1;
    while (length - at >= sizeof(struct type)) {
        const struct type *type = (const struct type *)(from + at);
        long tail = tail_of(type);
        if (tail < 0 || (unsigned long)tail > length - at - sizeof(struct type)) break;
        starts[types++] = type;
        at += sizeof(struct type) + tail;
    }
}

bool btf_open(void) {
    if (!read_whole("/sys/kernel/btf/vmlinux")) {
        btf_close();
        return false;
    }
    struct header header;
    memcpy(&header, data, sizeof header);
    uint64_t body = data_length - (header.length <= data_length ? header.length : data_length);
    if (header.magic != MAGIC || header.version != 1 || header.length % 4 || header.type_offset % 4 ||
        (uint64_t)header.type_offset + header.type_length > body ||
        (uint64_t)header.string_offset + header.string_length > body || header.string_length == 0) {
        btf_close();
        return false;
    }
    strings = (const char *)data + header.length + header.string_offset;
    strings_length = header.string_length;
    // So that every name ends within the data.
    if (strings[strings_length - 1] != '\0') {
        btf_close();
        return false;
    }
    index_types(data + header.length + header.type_offset, header.type_length);
    return types > 1;
}

void btf_close(void) {
    if (data) munmap(data, data_length);
    free(starts);
    data = NULL;
    starts = NULL;
    last = NULL;
    data_length = strings_length = types = 0;
}

static bool is_record(const struct type *type) {
    return type && (kind_of(type) == KIND_STRUCT || kind_of(type) == KIND_UNION);
}

// The type below typedefs and qualifiers.
static const struct type *resolve(uint32_t id) {
    const struct type *type = type_at(id);
    for (int depth = 0; type && depth < DEEPEST; depth++) {
        switch (kind_of(type)) {
        case KIND_TYPEDEF:
        case KIND_VOLATILE:
        case KIND_CONST:
        case KIND_RESTRICT:
        case KIND_TYPE_TAG:
            type = type_at(type->size_or_type);
            break;
        default:
            return type;
        }
    }
    return NULL;
}

static long size_of(uint32_t id, int depth) {
    const struct type *type = resolve(id);
    if (!type || depth > DEEPEST) return -1;
    switch (kind_of(type)) {
    case KIND_PTR:
        return 8;
    case KIND_ARRAY: {
        const uint32_t *array = (const uint32_t *)(type + 1);
        long element = size_of(array[0], depth + 1);
        return element < 0 ? -1 : element * array[2];
    }
    case KIND_INT:
    case KIND_STRUCT:
    case KIND_UNION:
    case KIND_ENUM:
    case KIND_ENUM64:
    case KIND_FLOAT:
        return type->size_or_type;
    default:
        return -1;
    }
}

// The member of this name, with its offset in bytes from the start of `type`.
static const struct member *find_member(const struct type *type, const char *name, long *offset, int depth) {
    if (!is_record(type) || depth > DEEPEST) return NULL;
    const struct member *members = (const struct member *)(type + 1);
    for (uint32_t i = 0; i < length_of(type); i++) {
        const struct member *member = &members[i];
        uint32_t bits = has_kind_flag(type) ? member->offset & 0xffffff : member->offset;
        bool bit_field = has_kind_flag(type) && member->offset >> 24;
        const char *its = name_at(member->name);
        if (*its == '\0') {
            const struct member *inner = find_member(resolve(member->type), name, offset, depth + 1);
            if (!inner) continue;
            *offset += bits / 8;
            return inner;
        }
        if (bit_field || bits % 8 || strcmp(its, name) != 0) continue;
        *offset = bits / 8;
        return member;
    }
    return NULL;
}

// The type of this name that is of one of two kinds. (The few names that stand for two structures are none of those
// asked for.) The last one found is remembered, since questions about a type come in a row.
static const struct type *find_named(uint32_t kind, uint32_t other, const char *name) {
    if (last && kind_of(last) != kind && kind_of(last) != other) last = NULL;
    if (last && strcmp(name_at(last->name), name) == 0) return last;
    for (uint32_t id = 1; id < types; id++) {
        const struct type *type = starts[id];
        if (kind_of(type) != kind && kind_of(type) != other) continue;
        if (length_of(type) > 0 && strcmp(name_at(type->name), name) == 0) return last = type;
    }
    return NULL;
}

static const struct type *find_record(const char *name) { return find_named(KIND_STRUCT, KIND_UNION, name); }

long btf_offset(const char *type, const char *member) {
    long offset = -1;
    return find_member(find_record(type), member, &offset, 0) ? offset : -1;
}

long btf_member_size(const char *type, const char *member) {
    long offset;
    const struct member *found = find_member(find_record(type), member, &offset, 0);
    return found ? size_of(found->type, 0) : -1;
}

long btf_size(const char *type) {
    const struct type *found = find_record(type);
    return found ? (long)found->size_or_type : -1;
}

long btf_enumerator(const char *name, const char *enumerator) {
    const struct type *type = find_named(KIND_ENUM, KIND_ENUM64, name);
    if (!type) return -1;
    uint32_t words = kind_of(type) == KIND_ENUM64 ? 3 : 2;
    const uint32_t *values = (const uint32_t *)(type + 1);
    for (uint32_t i = 0; i < length_of(type); i++)
        if (strcmp(name_at(values[i * words]), enumerator) == 0) return values[i * words + 1];
    return -1;
}

bool btf_has_function(const char *name) {
    for (uint32_t id = 1; id < types; id++)
        if (kind_of(starts[id]) == KIND_FUNC && strcmp(name_at(starts[id]->name), name) == 0) return true;
    return false;
}
