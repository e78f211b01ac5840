// What is held from outside of the page tables: the buffers of a pipe, the registered pages of an io_uring.
//
// Both are found as the kernel finds them: our descriptor table → struct file → pipe_inode_info or io_ring_ctx → pages.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "kcore.h"
#include "layout.h"
#include "observe.h"

#define MAX_BUFFERS 4096
#define MAX_REGISTERED 64
#define LARGEST 256

static bool known(const long *offsets, int used) {
    for (int i = 0; i < used; i++)
        if (offsets[i] < 0) return false;
    return true;
}
#define KNOWN(...) known((const long[]){__VA_ARGS__}, sizeof(const long[]){__VA_ARGS__} / sizeof(long))

static uint32_t number_at(uint64_t address) {
    uint32_t value;
    return kcore_read(address, &value, sizeof value) ? value : 0;
}

// file->private_data of a descriptor of ours.
static uint64_t private_of(int fd) {
    if (fd < 0 || !KNOWN(layout.task_files, layout.files_fdt, layout.fdtable_fd, layout.file_private_data)) return 0;
    uint64_t files = kcore_pointer(kcore_own_task() + layout.task_files);
    uint64_t table = files ? kcore_pointer(files + layout.files_fdt) : 0;
    uint64_t array = table ? kcore_pointer(table + layout.fdtable_fd) : 0;
    uint64_t file = array ? kcore_pointer(array + 8UL * fd) : 0;
    return file ? kcore_pointer(file + layout.file_private_data) : 0;
}

// Consecutive pages of a pin, of which one line tells.
struct run {
    int pin, index;
    uint64_t pfn, pages;
};

static void emit_run(const struct run *run) {
    char key[48];
    struct fields fields = {0};
    if (run->pages == 0) return;
    if (run->pages > 1) snprintf(key, sizeof key, "b %d %d+%lu", run->pin, run->index, run->pages);
    else snprintf(key, sizeof key, "b %d %d", run->pin, run->index);
    fields_decimal(&fields, "pfn", run->pfn);
    emit_text(key, fields.text);
}

static void add_page(struct run *run, int index, uint64_t pfn) {
    frame_note(pfn);
    if (run->pages > 0 && pfn == run->pfn + run->pages && index == run->index + (int)run->pages) {
        run->pages++;
        return;
    }
    emit_run(run);
    *run = (struct run){run->pin, index, pfn, 1};
}

static void emit_pipe(struct run *run, int fd) {
    uint64_t pipe = private_of(fd);
    if (!pipe || !KNOWN(layout.pipe_head, layout.pipe_tail, layout.pipe_ring_size, layout.pipe_bufs, layout.pipe_buffer,
                        layout.pipe_buffer_page))
        return;
    uint32_t head = number_at(pipe + layout.pipe_head), tail = number_at(pipe + layout.pipe_tail);
    uint32_t slots = number_at(pipe + layout.pipe_ring_size);
    uint64_t buffers = kcore_pointer(pipe + layout.pipe_bufs);
    // The ring's size is a power of two; more used slots than it has are a sign that this is no pipe.
    if (!buffers || slots == 0 || slots & (slots - 1) || slots > MAX_BUFFERS || head - tail > slots) return;
    for (uint32_t at = tail, index = 0; at != head; at++, index++) {
        uint64_t buffer = buffers + (uint64_t)(at & (slots - 1)) * layout.pipe_buffer;
        uint64_t pfn = kcore_pfn_of(kcore_pointer(buffer + layout.pipe_buffer_page));
        if (pfn != UINT64_MAX) add_page(run, index, pfn);
    }
}

// The pages of one registered buffer. From 6.10 on a bio_vec can cover several pages of a folio.
static int emit_registered(struct run *run, int index, uint64_t buffer) {
    if (!buffer) return index;
    uint32_t vectors = number_at(buffer + layout.ubuf_nr_bvecs);
    if (vectors > MAX_BUFFERS) return index;
    for (uint32_t i = 0; i < vectors; i++) {
        unsigned char vector[LARGEST];
        if (!kcore_read(buffer + layout.ubuf_bvec + (uint64_t)i * layout.bvec, vector, layout.bvec)) return index;
        uint64_t page;
        uint32_t length, offset;
        memcpy(&page, vector + layout.bvec_page, sizeof page);
        memcpy(&length, vector + layout.bvec_len, sizeof length);
        memcpy(&offset, vector + layout.bvec_offset, sizeof offset);
        uint64_t pfn = kcore_pfn_of(page);
        if (pfn == UINT64_MAX || length == 0) continue;
        uint64_t last = ((uint64_t)offset + length - 1) / PAGE;
        if (last >= MAX_BUFFERS) return index;
        for (uint64_t at = offset / PAGE; at <= last; at++) add_page(run, index++, pfn + at);
    }
    return index;
}

static void emit_ring(struct run *run, int fd) {
    uint64_t ring = private_of(fd);
    if (!ring || layout.bvec > LARGEST ||
        !KNOWN(layout.ubuf_nr_bvecs, layout.ubuf_bvec, layout.bvec_page, layout.bvec_len, layout.bvec_offset))
        return;
    int index = 0;
    if (KNOWN(layout.ring_buf_table, layout.data_nr, layout.data_nodes, layout.node_buf)) {
        uint64_t table = ring + layout.ring_buf_table, nodes = kcore_pointer(table + layout.data_nodes);
        uint32_t used = number_at(table + layout.data_nr);
        for (uint32_t i = 0; nodes && i < used && i < MAX_REGISTERED; i++) {
            uint64_t node = kcore_pointer(nodes + 8UL * i);
            if (node) index = emit_registered(run, index, kcore_pointer(node + layout.node_buf));
        }
    } else if (layout.ring_user_bufs_are_pointers && KNOWN(layout.ring_user_bufs, layout.ring_nr_user_bufs)) {
        uint64_t buffers = kcore_pointer(ring + layout.ring_user_bufs);
        uint32_t used = number_at(ring + layout.ring_nr_user_bufs);
        for (uint32_t i = 0; buffers && i < used && i < MAX_REGISTERED; i++)
            index = emit_registered(run, index, kcore_pointer(buffers + 8UL * i));
    }
}

// How many pages are held is known from the call itself; which ones they are, is not.
void pins_emit_unseen(void) {
    for (int i = 0; i < trace.pins_used; i++) {
        const struct pin *pin = &trace.pins[i];
        unsigned long pages = pin->held ? ((pin->addr & (PAGE - 1)) + pin->length + PAGE - 1) / PAGE : 0;
        for (unsigned long page = 0; page < pages; page++) {
            char key[32];
            snprintf(key, sizeof key, "b %d %lu", i, page);
            emit_text(key, "");
        }
    }
}

void pins_emit(void) {
    for (int i = 0; i < trace.pins_used; i++) {
        const struct pin *pin = &trace.pins[i];
        if (!pin->held) continue;
        struct run run = {.pin = i};
        if (pin->kind == PIN_PIPE) emit_pipe(&run, pin->read_fd);
        else emit_ring(&run, pin->ring_fd);
        emit_run(&run);
    }
}
