// /proc/PID/maps, one line for each VMA: `start-end perm offset dev inode path`.
#define _GNU_SOURCE
#include "maps.h"

#include <fcntl.h>
#include <stdbool.h>
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

int maps_read(pid_t pid, const struct vma **vmas) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t length = read_all(fd);
    close(fd);
    if (length < 0) return -1;
    int used = 0;
    for (const char *line = text; *line; ) {
        struct vma vma = {0};
        const char *at = line;
        vma.start = hex(&at);
        vma.end = hex(&at);
        for (int i = 0; i < 4 && *at && *at != ' '; i++) vma.permissions[i] = *at++;
        if (*at == ' ') at++;
        vma.offset = hex(&at);
        const char *next = strchrnul(at, '\n'), *name = at;
        // Device and inode stand before the name.
        for (int i = 0; i < 2; i++) name += strcspn(name, " \n"), name += *name == ' ';
        while (*name == ' ') name++;
        if (!is_own(&vma, name)) {
            if (used == list_room) {
                size_t bytes = list_room * sizeof *list;
                if (!arena_grow((void **)&list, &bytes, bytes * 2 + 4 * PAGE)) return -1;
                list_room = bytes / sizeof *list;
            }
            list[used++] = vma;
        }
        line = *next ? next + 1 : next;
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
    emit_text(key, fields.text);
}
