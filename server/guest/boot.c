// What does PID 1 set up in QEMU before the first trace?
#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// What the initramfs carries beside /init.
#define MODULES "/modules/"
#define IMAGE "/ext4.img"
#define SUPERBLOCK 1024
#define EXT4_MAGIC 0xef53

const char *files_folder;
const char *no_files_because = "not set up";

static void mount_at(const char *type, const char *path)
{
    mkdir(path, 0755);
    if (mount(type, path, type, 0, NULL) != 0 && errno != EBUSY) cannot("%s is not mounted: %s", path, strerror(errno));
}

static void load_modules(void)
{
    char list[4096];
    if (read_small(MODULES "load", list, sizeof list) < 0) return;
    for (char *rest = list, *name; (name = strsep(&rest, "\n"));) {
        if (*name == 0) continue;
        char path[256];
        snprintf(path, sizeof path, MODULES "%s", name);
        const char *parameters = strcmp(name, "zram.ko") == 0 ? "num_devices=2" : "";
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || (syscall(SYS_finit_module, fd, parameters, 0) != 0 && errno != EEXIST))
            cannot("module %s: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
    }
}

static bool copy(int from, int to)
{
    static char buffer[64 * 1024];
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) != 0;)
        if (n < 0 || write(to, buffer, (size_t)n) != n) return false;
    return true;
}

// An ext4 of ordinary files on a zram. The image ends where only zeros would follow; the superblock says how long it is.
static const char *mount_files(void)
{
    unsigned char superblock[1024];
    int image = open(IMAGE, O_RDONLY | O_CLOEXEC);
    if (image < 0) return "no image";
    uint32_t blocks, log_size;
    uint16_t magic;
    if (pread(image, superblock, sizeof superblock, SUPERBLOCK) != (ssize_t)sizeof superblock) return "a short image";
    memcpy(&blocks, superblock + 4, sizeof blocks);
    memcpy(&log_size, superblock + 24, sizeof log_size);
    memcpy(&magic, superblock + 56, sizeof magic);
    if (magic != EXT4_MAGIC || log_size > 6) return "the image is no ext4";
    char size[32];
    snprintf(size, sizeof size, "%llu", (unsigned long long)blocks << (10 + log_size));
    if (write_small("/sys/block/zram1/disksize", size) != 0) return "no zram";
    int device = open("/dev/zram1", O_WRONLY | O_CLOEXEC);
    if (device < 0 || !copy(image, device) || fsync(device) != 0) return "the image is not written";
    close(device);
    close(image);
    mkdir("/files", 0755);
    if (mount("/dev/zram1", "/files", "ext4", MS_NOATIME | MS_NODEV | MS_NOSUID, NULL) != 0) return strerror(errno);
    files_folder = "/files";
    return "";
}

// What would otherwise change memory behind a trace's back, or by chance.
static void quiet(void)
{
    static const char *const SETTINGS[][2] = {
        {"/proc/sys/kernel/numa_balancing", "0"},
        {"/proc/sys/kernel/randomize_va_space", "0"},
        {"/proc/sys/vm/overcommit_memory", "1"},
        {"/proc/sys/vm/nr_hugepages", "16"}, // what a trace's machine has unless it says otherwise
        {"/proc/sys/vm/compaction_proactiveness", "0"},
        {"/proc/sys/vm/watermark_boost_factor", "0"},
        {"/proc/sys/vm/dirty_writeback_centisecs", "0"},
        {"/proc/sys/vm/zone_reclaim_mode", "0"},
        {"/sys/kernel/mm/lru_gen/enabled", "0"},
        {"/sys/kernel/mm/transparent_hugepage/defrag", "always"},
        {"/sys/kernel/mm/transparent_hugepage/enabled", "madvise"},
        {"/sys/kernel/mm/swap/vma_ra_enabled", "true"},
        {"/sys/kernel/mm/numa/demotion_enabled", "false"},
    };
    for (size_t i = 0; i < sizeof SETTINGS / sizeof SETTINGS[0]; i++) write_small(SETTINGS[i][0], SETTINGS[i][1]);
    still_daemons();
}

void boot(void)
{
    mount_at("proc", "/proc");
    mount_at("sysfs", "/sys");
    mount_at("devtmpfs", "/dev");
    mount_at("debugfs", "/sys/kernel/debug");
    mount_at("tmpfs", "/tmp");
    struct rlimit many = {4096, 4096};
    setrlimit(RLIMIT_NOFILE, &many);
    load_modules();
    no_files_because = mount_files();
    quiet();
}

void power_off(void)
{
    sync();
    reboot(RB_POWER_OFF);
    for (;;) pause();
}
