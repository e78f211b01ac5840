// C about huge pages: the pool of hugetlb, the size of a page's folio, entries of PMDs, and splitting a folio.

import type { Piece } from "./piece.ts";

const POOL_PIECES: readonly Piece[] = [
  {
    name: "meminfo",
    text: `static long meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long value = -1;

	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			value = atol(line + strlen(name));
	if (file)
		fclose(file);
	return value;
}`,
  },
  {
    name: "with_huge_pages",
    includes: ["fcntl.h", "sys/file.h"],
    needs: ["meminfo", "ksft_exit_skip"],
    text: `#define POOL		"/proc/sys/vm/nr_hugepages"
#define OVERCOMMIT	"/proc/sys/vm/nr_overcommit_hugepages"

static bool set_number(const char *path, long value)
{
	FILE *file = fopen(path, "we");

	return file && (fprintf(file, "%ld", value) > 0) & !fclose(file);
}

static long get_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long value = -1;

	if (file && fscanf(file, "%ld", &value) != 1)
		value = -1;
	if (file)
		fclose(file);
	return value;
}

static pid_t runner;

static void pass_on(int signal)
{
	kill(runner, signal);
}

/*
 * Has 'pages' huge pages that are promised to nobody in the pool, and no more to be had, while a child goes on with the
 * program. When that has ended, however it did, the pool is as it was.
 */
static void with_huge_pages(long pages)
{
	long before, overcommit, wanted;
	int status, pool = open(POOL, O_RDONLY | O_CLOEXEC);
	bool ready;

	/* One program at a time. */
	flock(pool, LOCK_EX);
	before = meminfo("HugePages_Total:");
	overcommit = get_number(OVERCOMMIT);
	wanted = before - meminfo("HugePages_Free:") + meminfo("HugePages_Rsvd:") + pages;
	if (meminfo("Hugepagesize:") != 2048)
		ksft_exit_skip("huge pages are not of 2 MiB");
	if (overcommit < 0 || meminfo("HugePages_Surp:"))
		ksft_exit_skip("the pool of huge pages cannot be set");
	ready = set_number(OVERCOMMIT, 0) && set_number(POOL, wanted) && meminfo("HugePages_Total:") == wanted;
	fflush(stdout);
	runner = ready ? fork() : -1;
	if (!runner)
		return;
	signal(SIGINT, pass_on);
	signal(SIGTERM, pass_on);
	while (runner > 0 && waitpid(runner, &status, 0) < 0 && errno == EINTR)
		;
	set_number(POOL, before);
	set_number(OVERCOMMIT, overcommit);
	flock(pool, LOCK_UN);
	if (runner < 0)
		ksft_exit_skip("there is no memory for the huge pages");
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : KSFT_FAIL);
}`,
  },
  {
    name: "process_hugetlb",
    needs: ["unseen"],
    text: `/* Base pages of hugetlb that the process maps. */
static long process_hugetlb(enum process who)
{
	char line[128];
	long kib = 0;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/status", shared->pid[who]);
	file = fopen(line, "re");
	if (!file && errno != ENOENT)
		unseen = "needs to read /proc/PID/status";
	while (file && fgets(line, sizeof(line), file) && sscanf(line, "HugetlbPages: %ld", &kib) != 1)
		;
	if (file)
		fclose(file);
	return kib / (long)(PAGE / KiB);
}`,
  },
];

export const HUGE_PIECES: readonly Piece[] = [
  ...POOL_PIECES,
  {
    name: "thp_is_madvise",
    text: `/* Memory with MADV_HUGEPAGE has transparent huge pages, and no other. */
static bool thp_is_madvise(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	char line[64] = "";

	if (file && !fgets(line, sizeof(line), file))
		line[0] = 0;
	if (file)
		fclose(file);
	return strstr(line, "[madvise]");
}`,
  },
  {
    name: "pmd_maps",
    includes: ["fcntl.h", "sys/ioctl.h"],
    text: `/* PAGEMAP_SCAN, include/uapi/linux/fs.h: 6.7 and later. */
struct scanned {
	uint64_t start, end, categories;
};

struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN_PRESENT	(1UL << 3)
#define SCAN_HUGE	(1UL << 6)

/* Whether a PMD maps the address; -1 where that is not to be seen. */
static int pmd_maps(enum process who, const volatile char *addr)
{
	struct scanned found = { 0 };
	struct scan scan = {
		.size = sizeof(scan),
		.start = (uintptr_t)addr / PAGE * PAGE,
		.end = (uintptr_t)addr / PAGE * PAGE + PAGE,
		.vec = (uintptr_t)&found,
		.vec_len = 1,
		.category_anyof_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT | SCAN_HUGE,
	};
	char path[40];
	int fd, used;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", shared->pid[who]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	used = fd < 0 ? -1 : ioctl(fd, _IOWR('f', 16, struct scan), &scan);
	if (fd >= 0)
		close(fd);
	return used < 0 ? -1 : used && found.categories & SCAN_HUGE;
}`,
  },
  {
    name: "pte_level_is_pmd",
    needs: ["pmd_maps", "pagemap"],
    text: `/* What maps the address is an entry of a PMD. */
static bool pte_level_is_pmd(enum process who, const char *addr)
{
	int huge = pmd_maps(who, addr);

	if (huge < 0 || !(pagemap(who, addr) & PM_PRESENT))
		unseen = huge < 0 ? "needs PAGEMAP_SCAN (6.7)" : "nothing is mapped, at no level that shows";
	return huge > 0;
}`,
  },
  {
    name: "folio_pages",
    includes: ["fcntl.h"],
    needs: ["page_pfn"],
    text: `/* Pages of the folio that the address maps: a head (KPF_COMPOUND_HEAD) and the tails behind it. */
static long folio_pages(enum process who, const char *addr)
{
	long pfn = page_pfn(who, addr), pages = 1;
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t flags = 0;

	if (fd < 0)
		unseen = "needs to read /proc/kpageflags";
	if (fd < 0 || pfn == NONE || unseen) {
		if (fd >= 0)
			close(fd);
		return NONE;
	}
	while (pread(fd, &flags, sizeof(flags), pfn * sizeof(flags)) == sizeof(flags) && flags & 1UL << 16)
		pfn--;
	if (flags & 1UL << 15)
		while (pread(fd, &flags, sizeof(flags), (pfn + pages) * sizeof(flags)) == sizeof(flags) &&
		       flags & 1UL << 16)
			pages++;
	close(fd);
	return pages;
}`,
  },
  {
    name: "folio_order",
    needs: ["folio_pages"],
    text: `static long folio_order(enum process who, const char *addr)
{
	long pages = folio_pages(who, addr);

	return pages == NONE ? NONE : __builtin_ctzl(pages);
}`,
  },
  {
    name: "split_folio",
    includes: ["fcntl.h", "sys/mount.h"],
    needs: ["unit", "pagemap"],
    text: `#define SPLIT "/sys/kernel/debug/split_huge_pages"

/* Asks for a split of the large folio at an address of the caller; it stays whole while somebody else holds it. */
static bool split_folio(const char *addr)
{
	unsigned long start = (uintptr_t)addr / PAGE * PAGE;
	char text[96];
	int fd = open(SPLIT, O_WRONLY | O_CLOEXEC);
	int length = snprintf(text, sizeof(text), "%d,0x%lx,0x%lx", getpid(), start, start + PAGE);
	bool done = fd >= 0 && (write(fd, text, length) == length || errno == EAGAIN || errno == EBUSY);

	if (fd >= 0)
		close(fd);
	return done;
}

/* 5.13 and later split what is asked for, earlier kernels everything. Where nobody has mounted debugfs, we alone do. */
static bool can_split_folios(void)
{
	if (access(SPLIT, W_OK) && !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	return split_folio(scratch);
}`,
  },
];
