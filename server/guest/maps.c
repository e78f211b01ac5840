// /proc/PID/smaps: for each VMA the line that /proc/PID/maps has, `start-end perm offset dev inode path`, and below it what
// is mapped in it, as `Name:   NUMBER kB`.
#define _GNU_SOURCE
#include "maps.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "observe.h"

#define MAX_TEXT (8UL << 20)

static char *text;
static size_t text_room;
static struct vma *list;
static int list_room;

// The file whole; its length or -1.
static ssize_t read_all(int fd) {
    size_t have = 0;
    for (;;) {
        if (text_room - have < PAGE + 1 && !arena_grow((void **)&text, &text_room, text_room * 2 + 16 * PAGE)) return -1;
        ssize_t n = read(fd, text + have, text_room - have - 1);
        if (n < 0) return -1;
        if (n == 0) break;
        have += n;
        if (have > MAX_TEXT) return -1;
    }
    text[have] = '\0';
    return have;
}

static uint64_t hex(const char **at) {
    char *end;
    uint64_t value = strtoull(*at, &end, 16);
    *at = *end ? end + 1 : end;
    return value;
}

static bool is_own(const struct vma *vma, const char *path) {
    if (vma->start >= OWN_START && vma->end <= OWN_END) return true;
    if (vma->start >= OWN_IMAGE_START && vma->end <= OWN_IMAGE_END) return true;
    return strncmp(path, "[v", 2) == 0;
}

static const struct {
    const char *name;
    size_t to;
} SMAPS[] = {
    {"Pss:", offsetof(struct vma, pss)},
    {"Private_Clean:", offsetof(struct vma, private_clean)},
    {"Private_Dirty:", offsetof(struct vma, private_dirty)},
    {"AnonHugePages:", offsetof(struct vma, anon_huge)},
    {"ShmemPmdMapped:", offsetof(struct vma, shmem_huge)},
    {"FilePmdMapped:", offsetof(struct vma, file_huge)},
};

// A line that begins with a capital is about the VMA above it.
static void read_detail(const char *line, const char *end, struct vma *vma) {
    if (strncmp(line, "VmFlags:", 8) == 0) {
        vma->hugepage = memmem(line, end - line, " hg", 3);
        vma->nohugepage = memmem(line, end - line, " nh", 3);
    }
    for (size_t i = 0; i < sizeof SMAPS / sizeof *SMAPS; i++) {
        size_t length = strlen(SMAPS[i].name);
        if (strncmp(line, SMAPS[i].name, length) != 0) continue;
        long value = strtol(line + length, NULL, 10);
        memcpy((char *)vma + SMAPS[i].to, &value, sizeof value);
    }
}

int maps_read(pid_t pid, const struct vma **vmas) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/smaps", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t length = read_all(fd);
    close(fd);
    if (length < 0) return -1;
    int used = 0;
    bool own = true;
    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        struct vma vma = {
            .pss = -1, .private_clean = -1, .private_dirty = -1, .anon_huge = -1, .shmem_huge = -1, .file_huge = -1,
        };
        const char *at = line;
        end = strchrnul(line, '\n');
        if (*line >= 'A' && *line <= 'Z') {
            if (!own) read_detail(line, end, &list[used - 1]);
            continue;
        }
        vma.start = hex(&at);
        vma.end = hex(&at);
        for (int i = 0; i < 4 && *at && *at != ' '; i++) vma.permissions[i] = *at++;
        if (*at == ' ') at++;
        vma.offset = hex(&at);
        const char *name = at;
        // Device and inode stand before the name.
        for (int i = 0; i < 2; i++) name += strcspn(name, " \n"), name += *name == ' ';
        while (*name == ' ') name++;
        own = is_own(&vma, name);
        if (!own) {
            if (used == list_room) {
                size_t bytes = list_room * sizeof *list;
                if (!arena_grow((void **)&list, &bytes, bytes * 2 + 4 * PAGE)) return -1;
                list_room = bytes / sizeof *list;
            }
            list[used++] = vma;
        }
    }
    *vmas = list;
    return used;
}

void vma_emit(int worker, const struct vma *vma) {
    char key[64];
    snprintf(key, sizeof key, "v %d 0x%lx", worker, vma->start);
    struct fields fields = {0};
    fields_hex(&fields, "end", vma->end);
    fields_word(&fields, "perm", vma->permissions);
    fields_hex(&fields, "off", vma->offset);
    if (vma->pss >= 0) fields_decimal(&fields, "pss", vma->pss);
    if (vma->private_clean >= 0 && vma->private_dirty >= 0)
        fields_decimal(&fields, "uss", vma->private_clean + vma->private_dirty);
    if (vma->anon_huge >= 0) fields_decimal(&fields, "anonhuge", vma->anon_huge);
    if (vma->shmem_huge >= 0) fields_decimal(&fields, "shmemhuge", vma->shmem_huge);
    if (vma->file_huge >= 0) fields_decimal(&fields, "filehuge", vma->file_huge);
    emit_text(key, fields.text);
}
