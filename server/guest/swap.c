// Where do pages go that are swapped out? To a zram of the size that the trace's machine has.
#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#define DEVICE "/dev/zram0"
#define SYSTEM "/sys/block/zram0/"

static bool is_on;
static unsigned long formatted; // bytes

// The header as mkswap writes it: version 1, the last page's number, and the signature at the end of the first page.
static bool format(unsigned long bytes)
{
    unsigned char header[PAGE] = {0};
    uint32_t fields[3] = {1, (uint32_t)(bytes / PAGE), 0};
    memcpy(header + 1024, fields, sizeof fields);
    memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
    char size[32];
    snprintf(size, sizeof size, "%lu", bytes + PAGE);
    write_small(SYSTEM "reset", "1");
    formatted = 0;
    if (write_small(SYSTEM "disksize", size) != 0) return false;
    int fd = open(DEVICE, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool written = write(fd, header, sizeof header) == (ssize_t)sizeof header && fsync(fd) == 0;
    close(fd);
    if (written) formatted = bytes;
    return written;
}

bool swap_on(unsigned long bytes)
{
    bytes = (bytes + PAGE - 1) & PAGE_MASK;
    if (on_host) return true; // what is on is what there is: has_swap()
    if (is_on && (bytes == 0 || formatted != bytes) && swap_off() != 0) {
        cannot("swap: the old one does not go off");
        return false;
    }
    if (is_on || bytes == 0) return true;
    if (formatted != bytes && !format(bytes)) {
        cannot("swap: no zram of %lu bytes: %s", bytes, strerror(errno));
        return false;
    }
    is_on = swapon(DEVICE, 0) == 0;
    if (!is_on) cannot("swap: %s", strerror(errno));
    return is_on;
}

bool has_swap(void)
{
    char swaps[4096];
    return !on_host || (read_small("/proc/swaps", swaps, sizeof swaps) > 0 && strchr(swaps, '\n'));
}

int swap_off(void)
{
    if (!is_on) return -EINVAL; // as swapoff(2) says of what is no swap
    if (swapoff(DEVICE) != 0) return -errno;
    is_on = false;
    return 0;
}

static unsigned long used_slots(void)
{
    char text[4096];
    if (read_small("/proc/swaps", text, sizeof text) < 0) return 0;
    char *at = strstr(text, DEVICE);
    unsigned long size = 0, used = 0;
    return at && sscanf(at, "%*s %*s %lu %lu", &size, &used) == 2 ? used : 0;
}

void empty_swap(void)
{
    if (is_on && used_slots() > 0) swap_off();
}
