// A look without /proc/kcore, on a machine of somebody's own: pagemap for the entries, kpagecount and kpageflags for the
// frames, /proc/PID/mem for the bytes.
//
// Writable, dirty and accessed bits, refcounts, page tables and a large folio's fields are not to be seen this way and
// are left out. PAGEMAP_SCAN (6.7) tells which entries are PMDs; before it no level is said.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "layout.h"
#include "maps.h"
#include "observe.h"

// include/uapi/linux/fs.h of 6.7
struct region {
    uint64_t start, end, categories;
};
struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN _IOWR('f', 16, struct scan)
#define IS_PRESENT (1UL << 3)
#define IS_SWAPPED (1UL << 4)
#define IS_HUGE (1UL << 6)
#define IS_GUARD (1UL << 8)

#define PM_SOFT_DIRTY (1UL << 55)
#define PM_UFFD_WP (1UL << 57)
#define PM_GUARD (1UL << 58)
#define PM_SWAP (1UL << 62)
#define PM_PRESENT (1UL << 63)
#define PM_FRAME ((1UL << 55) - 1)

// include/uapi/linux/kernel-page-flags.h, and mappedtodisk, whose bit PG_anon_exclusive is from 5.19 on
#define KPF_DIRTY (1UL << 4)
#define KPF_LRU (1UL << 5)
#define KPF_ANON (1UL << 12)
#define KPF_SWAPCACHE (1UL << 13)
#define KPF_SWAPBACKED (1UL << 14)
#define KPF_HUGE (1UL << 17)
#define KPF_KSM (1UL << 21)
#define KPF_ZERO_PAGE (1UL << 24)
#define KPF_MAPPEDTODISK (1UL << 34)

#define CHUNK 512
#define PMD_PAGES 512
// Where there is no PAGEMAP_SCAN, a mapping larger than this is not searched.
#define MOST_PAGES (1UL << 20)

static int counts = -1, flags_file = -1;
// kpageflags says of every anonymous page that it is KSM's (6.12 and 6.18 do).
static bool ksm_lies;

// What of a process is read.
struct view {
    int worker, pagemap, memory;
    int64_t rss_anon, rss_file, rss_shmem, swap;
};

static uint64_t flags_of(uint64_t pfn) {
    uint64_t flags;
    return flags_file >= 0 && pread(flags_file, &flags, 8, pfn * 8) == 8 ? flags : 0;
}

static void start(void) {
    counts = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
    flags_file = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
    volatile char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    uint64_t entry;
    if (page == MAP_FAILED) return;
    *page = 1;
    if (pread(pagemap, &entry, 8, (uintptr_t)page / PAGE * 8) == 8 && entry & PM_PRESENT)
        ksm_lies = flags_of(entry & PM_FRAME) & KPF_KSM;
    close(pagemap);
    munmap((void *)page, PAGE);
}

static void emit_frame(const struct view *view, uint64_t pfn, uint64_t flags, uint64_t address) {
    struct fields fields = {0};
    char key[32];
    uint64_t mapcount;
    bool zero = flags & KPF_ZERO_PAGE;
    snprintf(key, sizeof key, "f %lu", pfn);
    if (!zero) {
        if (pread(counts, &mapcount, 8, pfn * 8) == 8) fields_decimal(&fields, "map", mapcount);
        // A tail page of a large folio may show its head's flag from 6.12 on; a small one shows its own.
        if (layout.pg_anon_exclusive >= 0)
            fields_decimal(&fields, "excl", (flags & KPF_ANON) && (flags & KPF_MAPPEDTODISK));
        fields_decimal(&fields, "anon", !!(flags & KPF_ANON));
        if (!ksm_lies) fields_decimal(&fields, "ksm", !!(flags & KPF_KSM));
    }
    fields_decimal(&fields, "zero", zero);
    if (!zero) {
        fields_decimal(&fields, "swapcache", !!(flags & KPF_SWAPCACHE));
        fields_decimal(&fields, "dirty", !!(flags & KPF_DIRTY));
        fields_decimal(&fields, "lru", !!(flags & KPF_LRU));
        if (flags & KPF_HUGE) fields_decimal(&fields, "hugetlb", 1);
        // What is neither is of a file: the trace maps nothing else.
        fields_decimal(&fields, "file", !(flags & (KPF_ANON | KPF_SWAPBACKED | KPF_HUGE)));
    }
    unsigned char bytes[PAGE];
    if (view->memory >= 0 && pread(view->memory, bytes, PAGE, address) == (ssize_t)PAGE)
        fields_contents(&fields, bytes);
    emit_text(key, fields.text);
}

static void count_present(struct view *view, uint64_t flags, int64_t pages) {
    if (flags & (KPF_ZERO_PAGE | KPF_HUGE)) return;
    if (flags & KPF_ANON) view->rss_anon += pages;
    else if (flags & KPF_SWAPBACKED) view->rss_shmem += pages;
    else view->rss_file += pages;
}

static void emit_entry(struct view *view, uint64_t address, uint64_t entry, const char *level, int64_t pages) {
    struct fields fields = {0};
    char key[64];
    uint64_t pfn = entry & PM_FRAME, flags = 0;
    bool present = entry & PM_PRESENT;
    // What is not present is shown as swap whatever it is: the type in the low five bits tells.
    bool marker = !present && (entry & PM_GUARD || (entry & PM_SWAP && (long)(pfn & 31) == layout.swp_marker));
    bool swap = !present && !marker && entry & PM_SWAP;
    if (!present && !swap && !marker) return;
    snprintf(key, sizeof key, "e %d 0x%lx", view->worker, address);
    if (*level) fields_word(&fields, "level", level);
    fields_word(&fields, "kind", present ? "present" : swap ? "swap" : "marker");
    if (present) {
        flags = flags_of(pfn);
        count_present(view, flags, pages);
        fields_decimal(&fields, "special", !!(flags & KPF_ZERO_PAGE));
    }
    if (swap) view->swap += pages;
    if (marker) fields_word(&fields, "marker", entry & PM_GUARD ? "guard" : "uffd_wp");
    else if (layout.soft_dirty) fields_decimal(&fields, "softdirty", !!(entry & PM_SOFT_DIRTY));
    if (swap) fields_decimal(&fields, "slot", pfn >> 5);
    if (present) fields_decimal(&fields, "pfn", pfn);
    emit_text(key, fields.text);
    if (present && frame_first_seen(pfn)) emit_frame(view, pfn, flags, address);
}

static void emit_region(struct view *view, const struct region *region, bool levels) {
    bool huge = region->categories & IS_HUGE;
    uint64_t entries[CHUNK];
    for (uint64_t at = region->start; at < region->end;) {
        uint64_t pages = (region->end - at) / PAGE < CHUNK ? (region->end - at) / PAGE : CHUNK;
        ssize_t n = pread(view->pagemap, entries, pages * 8, at / PAGE * 8);
        if (n <= 0) return;
        for (ssize_t i = 0; i < n / 8; i++, at += PAGE) {
            if (!huge) emit_entry(view, at, entries[i], levels ? "pte" : "", 1);
            else if (at % (PMD_PAGES * PAGE) == 0) emit_entry(view, at, entries[i], "pmd", PMD_PAGES);
        }
    }
}

static void emit_range(struct view *view, uint64_t start, uint64_t end) {
    struct region found[64];
    struct scan scan = {
        .size = sizeof scan,
        .start = start,
        .end = end,
        .vec = (uintptr_t)found,
        .vec_len = sizeof found / sizeof *found,
        .category_anyof_mask = IS_PRESENT | IS_SWAPPED | IS_GUARD,
        .return_mask = IS_PRESENT | IS_SWAPPED | IS_GUARD | IS_HUGE,
    };
    while (scan.start < end) {
        int used = ioctl(view->pagemap, SCAN, &scan);
        if (used < 0 && errno == EINVAL && scan.return_mask & IS_GUARD) {
            // Guards are known from 6.15 on.
            scan.category_anyof_mask &= ~IS_GUARD;
            scan.return_mask &= ~IS_GUARD;
            continue;
        }
        if (used < 0) {
            struct region all = {scan.start, end, 0};
            if ((end - scan.start) / PAGE <= MOST_PAGES) emit_region(view, &all, false);
            else cannot("a mapping of %lu pages is too large to search", (end - scan.start) / PAGE);
            return;
        }
        for (int i = 0; i < used; i++) emit_region(view, &found[i], true);
        if (scan.walk_end <= scan.start) return;
        scan.start = scan.walk_end;
    }
}

static int open_of(pid_t pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void pagemap_emit(int worker) {
    if (counts < 0) start();
    pid_t pid = trace.spaces[worker].pid;
    struct view view = {.worker = worker, .pagemap = open_of(pid, "pagemap"), .memory = open_of(pid, "mem")};
    const struct vma *vmas;
    int used = maps_read(pid, &vmas);
    if (used < 0 || view.pagemap < 0) cannot("no maps or pagemap of worker %d", worker);
    for (int i = 0; i < used; i++) vma_emit(worker, &vmas[i]);
    for (int i = 0; i < used && view.pagemap >= 0; i++) emit_range(&view, vmas[i].start, vmas[i].end);
    if (view.pagemap >= 0) close(view.pagemap);
    if (view.memory >= 0) close(view.memory);
    struct fields fields = {0};
    char key[32];
    snprintf(key, sizeof key, "s %d", worker);
    fields_decimal(&fields, "rss_anon", view.rss_anon);
    fields_decimal(&fields, "rss_file", view.rss_file);
    fields_decimal(&fields, "rss_shmem", view.rss_shmem);
    fields_decimal(&fields, "swap", view.swap);
    emit_text(key, fields.text);
}
