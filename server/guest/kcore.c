// /proc/kcore is an ELF core file of the running kernel: each segment is a range of its virtual addresses (text, direct
// map, vmemmap, vmalloc), its notes hold the reading task's task_struct and a few numbers (VMCOREINFO).
//
// The direct map's base is the difference of a RAM segment's two addresses. vmemmap has no such witness: its usual base
// (no KASLR, four levels) is tried, then the kernel's own variable `vmemmap_base`; either is believed only when the
// struct page there agrees with /proc/self/pagemap about a page of our own.
#define _GNU_SOURCE
#include "kcore.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "layout.h"

#define MAX_SEGMENTS 128
#define MAX_NOTES (256u << 10)
#define USUAL_VMEMMAP 0xffffea0000000000UL

static struct segment {
    uint64_t address, length, file;
} segments[MAX_SEGMENTS];
static int segments_used;
static int fd = -1;
static uint64_t direct_map, vmemmap, own_task;
static bool five_levels;

bool kcore_read(uint64_t address, void *to, size_t length) {
    for (int i = 0; i < segments_used; i++) {
        struct segment *segment = &segments[i];
        if (address < segment->address || address - segment->address >= segment->length) continue;
        // The one last used comes first: nearly all reads are of the direct map and of vmemmap.
        if (i > 1) {
            struct segment moved = *segment;
            memmove(&segments[1], &segments[0], i * sizeof *segments);
            segments[0] = moved;
            segment = &segments[0];
        }
        uint64_t at = address - segment->address;
        if (length > segment->length - at) return false;
        return pread(fd, to, length, segment->file + at) == (ssize_t)length;
    }
    return false;
}

bool kcore_read_physical(uint64_t address, void *to, size_t length) {
    return kcore_read(direct_map + address, to, length);
}

uint64_t kcore_pointer(uint64_t address) {
    uint64_t value;
    return address && kcore_read(address, &value, sizeof value) ? value : 0;
}

uint64_t kcore_page_address(uint64_t pfn) { return vmemmap + pfn * layout.page; }

uint64_t kcore_pfn_of(uint64_t page_address) {
    if (page_address < vmemmap || page_address - vmemmap >= 1UL << 44) return UINT64_MAX;
    uint64_t offset = page_address - vmemmap;
    return offset % layout.page ? UINT64_MAX : offset / layout.page;
}

uint64_t kcore_own_task(void) { return own_task; }
bool kcore_five_levels(void) { return five_levels; }

// `key=value` of VMCOREINFO.
static bool vmcoreinfo_says(const char *notes, size_t length, const char *text) {
    return memmem(notes, length, text, strlen(text)) != NULL;
}

// The copy of our task_struct: group_leader of a process with one thread is itself.
static void read_notes(uint64_t file, uint64_t length) {
    if (length == 0 || length > MAX_NOTES) return;
    char *notes = malloc(length);
    if (!notes) return;
    if (pread(fd, notes, length, file) == (ssize_t)length) {
        five_levels = vmcoreinfo_says(notes, length, "NUMBER(pgtable_l5_enabled)=1\n");
        for (uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= length;) {
            const Elf64_Nhdr *note = (const Elf64_Nhdr *)(notes + at);
            uint64_t body = at + sizeof *note + ((note->n_namesz + 3UL) & ~3UL);
            uint64_t next = body + ((note->n_descsz + 3UL) & ~3UL);
            if (next > length) break;
            if (note->n_type == NT_TASKSTRUCT && note->n_descsz >= layout.task_group_leader + 8UL)
                memcpy(&own_task, notes + body + layout.task_group_leader, 8);
            at = next;
        }
    }
    free(notes);
}

static bool read_headers(void) {
    Elf64_Ehdr header;
    if (pread(fd, &header, sizeof header, 0) != sizeof header || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
        return false;
    for (int i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program;
        if (pread(fd, &program, sizeof program, header.e_phoff + i * sizeof program) != sizeof program) return false;
        if (program.p_type == PT_NOTE) read_notes(program.p_offset, program.p_filesz);
        if (program.p_type != PT_LOAD || segments_used == MAX_SEGMENTS) continue;
        segments[segments_used++] = (struct segment){program.p_vaddr, program.p_memsz, program.p_offset};
        // RAM in the direct map: below vmalloc and vmemmap, above the guard hole; and it knows its physical address.
        bool ram = program.p_vaddr >> 60 == 0xf && program.p_vaddr < 0xffffffff80000000UL &&
                   program.p_paddr < 1UL << 52 && (program.p_vaddr - program.p_paddr) % (1UL << 30) == 0;
        if (ram && !direct_map) direct_map = program.p_vaddr - program.p_paddr;
    }
    return segments_used > 0 && direct_map && own_task;
}

// The value of a kernel variable, found by /proc/kallsyms.
static uint64_t variable(const char *name) {
    FILE *symbols = fopen("/proc/kallsyms", "re");
    if (!symbols) return 0;
    char line[256], its[128];
    unsigned long address, found = 0;
    while (!found && fgets(line, sizeof line, symbols))
        if (sscanf(line, "%lx %*c %127s", &address, its) == 2 && strcmp(its, name) == 0) found = address;
    fclose(symbols);
    return found ? kcore_pointer(found) : 0;
}

// Whether the frame that pagemap names for a page of ours is, seen through kcore, that very page: its bytes, and a
// struct page of anonymous memory that is mapped once.
static bool agrees(unsigned char *page, uint64_t pfn) {
    unsigned char seen[PAGE], raw[256];
    if (layout.page > (long)sizeof raw) return false;
    if (!kcore_read_physical(pfn * PAGE, seen, PAGE) || memcmp(seen, page, PAGE) != 0) return false;
    if (!kcore_read(kcore_page_address(pfn), raw, layout.page)) return false;
    int32_t refcount, mapcount;
    uint64_t mapping;
    memcpy(&refcount, raw + layout.page_refcount, 4);
    memcpy(&mapcount, raw + layout.page_mapcount, 4);
    memcpy(&mapping, raw + layout.page_mapping, 8);
    return refcount >= 1 && refcount <= 8 && mapcount == 0 && (mapping & 3) == 1;
}

static bool find_vmemmap(void) {
    unsigned char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return false;
    for (unsigned i = 0; i < PAGE; i++) page[i] = i * 7 + getpid();
    uint64_t entry = 0;
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    bool known = pagemap >= 0 && pread(pagemap, &entry, 8, (uintptr_t)page / PAGE * 8) == 8 && entry >> 63;
    if (pagemap >= 0) close(pagemap);
    uint64_t pfn = entry & ((1UL << 55) - 1);
    bool found = false;
    if (known && pfn) {
        vmemmap = USUAL_VMEMMAP;
        found = agrees(page, pfn);
        if (!found) {
            vmemmap = variable("vmemmap_base");
            found = vmemmap && agrees(page, pfn);
        }
    }
    munmap(page, PAGE);
    return found;
}

bool kcore_open(void) {
    fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    if (read_headers() && find_vmemmap()) return true;
    close(fd);
    fd = -1;
    segments_used = 0;
    return false;
}
