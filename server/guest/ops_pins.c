// The operations that hold pages from outside of the page tables: pipes (FOLL_GET) and io_uring's buffers (FOLL_PIN).
#define _GNU_SOURCE
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// How each pin's ring is laid out.
static struct io_uring_params ring_layout[MAX_PINS];

static struct pin *new_pin(const struct op *op)
{
    int slot = slot_at(op, 0, MAX_PINS, "free place for a pin");
    if (slot < 0) return NULL;
    if (trace.pins[slot].held) {
        cannot("%s: pin %d is held", op->name, slot);
        return NULL;
    }
    if (slot >= trace.pins_used) trace.pins_used = slot + 1;
    trace.pins[slot] = (struct pin){.owner = op->slot, .read_fd = -1, .write_fd = -1, .ring_fd = -1};
    return &trace.pins[slot];
}

static struct pin *held_pin(const struct op *op, int index)
{
    int slot = slot_at(op, index, MAX_PINS, "pin");
    if (slot < 0) return NULL;
    if (trace.pins[slot].held) return &trace.pins[slot];
    cannot("%s: pin %d is not held", op->name, slot);
    return NULL;
}

static void close_pipe(struct pin *pin)
{
    close(pin->read_fd);
    close(pin->write_fd);
}

// A pipe with room for so many pages.
static bool open_pipe(const struct op *op, struct pin *pin, unsigned long pages)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        cannot("%s: no pipe: %s", op->name, strerror(errno));
        return false;
    }
    pin->kind = PIN_PIPE;
    pin->read_fd = ends[0];
    pin->write_fd = ends[1];
    if (pages <= 16 || fcntl(ends[1], F_SETPIPE_SZ, (int)(pages * PAGE)) >= 0) return true;
    cannot("%s: no pipe holds %lu pages: %s", op->name, pages, strerror(errno));
    close_pipe(pin);
    return false;
}

static unsigned long pages_of(unsigned long address, unsigned long length)
{
    return ((address & (PAGE - 1)) + length + PAGE - 1) / PAGE;
}

bool op_vmsplice(const struct op *op, struct result *result)
{
    struct pin *pin = new_pin(op);
    if (!pin) return false;
    unsigned long address = number_at(op, 1), length = number_at(op, 2);
    if (!is_the_trace_s(address, length) || !open_pipe(op, pin, pages_of(address, length))) return false;
    struct borrowed end;
    if (!borrow(op, pin->write_fd, &end)) {
        close_pipe(pin);
        return false;
    }
    *(struct iovec *)SHARED->payload = (struct iovec){(void *)address, length};
    bool done = call(op, result, SYS_vmsplice, (unsigned long)end.fd, (unsigned long)SHARED->payload, 1, SPLICE_F_NONBLOCK, 0, 0);
    give_back(op, &end);
    pin->held = done && result->value > 0;
    pin->addr = address;
    pin->length = pin->held ? (size_t)result->value : 0;
    if (!pin->held) close_pipe(pin);
    return done;
}

bool op_io_uring_register(const struct op *op, struct result *result)
{
    struct pin *pin = new_pin(op);
    if (!pin) return false;
    unsigned long address = number_at(op, 1), length = number_at(op, 2);
    if (!is_the_trace_s(address, length)) return false;
    struct io_uring_params *layout = &ring_layout[pin - trace.pins];
    memset(layout, 0, sizeof *layout);
    int ring = (int)syscall(SYS_io_uring_setup, 4, layout);
    if (ring < 0) {
        cannot("io_uring_register: no ring: %s", strerror(errno));
        return false;
    }
    struct borrowed borrowed;
    if (!borrow(op, ring, &borrowed)) {
        close(ring);
        return false;
    }
    *(struct iovec *)SHARED->payload = (struct iovec){(void *)address, length};
    bool done = call(op, result, SYS_io_uring_register, (unsigned long)borrowed.fd, IORING_REGISTER_BUFFERS,
                     (unsigned long)SHARED->payload, 1, 0, 0);
    give_back(op, &borrowed);
    *pin = (struct pin){.held = done && result->value == 0, .kind = PIN_RING, .owner = op->slot, .read_fd = -1,
                        .write_fd = -1, .ring_fd = ring, .addr = address, .length = length};
    if (!pin->held) close(ring);
    return done;
}

bool op_tee(const struct op *op, struct result *result)
{
    struct pin *from = held_pin(op, 1);
    struct pin *pin = from ? new_pin(op) : NULL;
    if (!pin) return false;
    if (from->kind != PIN_PIPE) {
        cannot("tee: the pin is no pipe");
        return false;
    }
    int size = fcntl(from->write_fd, F_GETPIPE_SZ);
    if (!open_pipe(op, pin, (unsigned long)size / PAGE)) return false;
    ssize_t length = tee(from->read_fd, pin->write_fd, from->length, SPLICE_F_NONBLOCK);
    result->value = length < 0 ? -errno : length;
    pin->held = length > 0;
    pin->addr = from->addr;
    pin->length = pin->held ? (size_t)length : 0;
    if (!pin->held) close_pipe(pin);
    return true;
}

void release_pin(struct pin *pin)
{
    if (pin->kind == PIN_PIPE) {
        close_pipe(pin);
    } else {
        // Unregistering waits for it; the end of the ring alone would come at some later time.
        syscall(SYS_io_uring_register, pin->ring_fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
        close(pin->ring_fd);
    }
    *pin = (struct pin){.held = false};
}

void release_pins_of(int owner)
{
    for (int i = 0; i < trace.pins_used; i++)
        if (trace.pins[i].held && trace.pins[i].kind == PIN_RING && trace.pins[i].owner == owner) release_pin(&trace.pins[i]);
}

bool op_release(const struct op *op, struct result *result)
{
    struct pin *pin = held_pin(op, 0);
    if (!pin) return false;
    release_pin(pin);
    result->value = 0;
    return true;
}

// ---- A device writes: IORING_OP_READ_FIXED from a file into the registered buffer ------------------------------------

static long read_fixed(const struct pin *pin, int file, unsigned long to, unsigned int length)
{
    struct io_uring_params params = ring_layout[pin - trace.pins];
    int ring = pin->ring_fd;
    size_t sq_size = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
    size_t cq_size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    size_t sqes_size = params.sq_entries * sizeof(struct io_uring_sqe);
    char *sq = mmap(NULL, sq_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
    struct io_uring_sqe *sqes = mmap(NULL, sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    long result = -ENOMEM;
    if (sq != MAP_FAILED && cq != MAP_FAILED && sqes != MAP_FAILED) {
        uint32_t *tail = (uint32_t *)(sq + params.sq_off.tail);
        uint32_t *head = (uint32_t *)(cq + params.cq_off.head);
        uint32_t index = *tail & (params.sq_entries - 1);
        memset(&sqes[index], 0, sizeof sqes[index]);
        sqes[index].opcode = IORING_OP_READ_FIXED;
        sqes[index].fd = file;
        sqes[index].addr = to;
        sqes[index].len = length;
        ((uint32_t *)(sq + params.sq_off.array))[index] = index;
        __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
        result = syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
        if (result < 0) {
            result = -errno;
        } else if (__atomic_load_n((uint32_t *)(cq + params.cq_off.tail), __ATOMIC_ACQUIRE) == *head) {
            result = -EAGAIN;
        } else {
            struct io_uring_cqe *done = (struct io_uring_cqe *)(cq + params.cq_off.cqes) + (*head & (params.cq_entries - 1));
            result = done->res;
            __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
        }
    }
    if (sq != MAP_FAILED) munmap(sq, sq_size);
    if (cq != MAP_FAILED) munmap(cq, cq_size);
    if (sqes != MAP_FAILED) munmap(sqes, sqes_size);
    return result;
}

bool op_dma_write(const struct op *op, struct result *result)
{
    struct pin *pin = held_pin(op, 0);
    if (!pin) return false;
    if (pin->kind != PIN_RING) {
        cannot("dma_write: user space writes through a registered buffer only, not through a pipe");
        return false;
    }
    unsigned long offset = number_at(op, 1);
    size_t bytes = bytes_at(op, 2, 0, PAYLOAD_BYTES);
    if (bytes == 0) return false;
    int file = (int)syscall(SYS_memfd_create, "device", 1U);
    if (file < 0 || pwrite(file, SHARED->payload, bytes, 0) != (ssize_t)bytes) {
        cannot("dma_write: no file to read from: %s", strerror(errno));
        if (file >= 0) close(file);
        return false;
    }
    long value = read_fixed(pin, file, pin->addr + offset, (unsigned int)bytes);
    close(file);
    if (value != (long)bytes) {
        cannot("dma_write: READ_FIXED gave %ld for %zu bytes", value, bytes);
        return false;
    }
    result->value = 0;
    return true;
}
