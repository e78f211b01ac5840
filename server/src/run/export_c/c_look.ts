// C that looks: what /proc tells of pages and mappings, and contents without a fault.

import type { Piece } from "./piece.ts";

function flag(name: string, bit: number, doc: string): Piece {
  return {
    name: `page_${name}`,
    needs: ["page_flag"],
    text: `/* ${doc}, include/uapi/linux/kernel-page-flags.h. */
static long page_${name}(enum process who, const char *addr)
{
	return page_flag(who, addr, ${bit});
}`,
  };
}

function entry(name: string, code: string): Piece {
  return {
    name: `pte_${name}`,
    needs: ["pagemap"],
    text: `static long pte_${name}(enum process who, const char *addr)
{
	return ${code};
}`,
  };
}

export const LOOK_PIECES: readonly Piece[] = [
  {
    name: "pagemap_bits",
    text: `/* Documentation/admin-guide/mm/pagemap.rst */
#define PM_PFN		((1ULL << 55) - 1)
#define PM_SOFT_DIRTY	(1ULL << 55)
#define PM_FILE		(1ULL << 61)
#define PM_SWAP		(1ULL << 62)
#define PM_PRESENT	(1ULL << 63)`,
  },
  {
    name: "pagemap",
    includes: ["fcntl.h"],
    needs: ["pagemap_bits", "unseen", "NONE"],
    text: `static uint64_t pagemap(enum process who, const volatile char *addr)
{
	uint64_t entry = 0;
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", shared->pid[who]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			unseen = "needs to read /proc/PID/pagemap";
		return 0;
	}
	if (pread(fd, &entry, sizeof(entry), (uintptr_t)addr / PAGE * sizeof(entry)) < 0)
		entry = 0;
	close(fd);
	return entry;
}`,
  },
  {
    name: "page_mapped",
    needs: ["pagemap"],
    text: `static bool page_mapped(enum process who, const char *addr)
{
	return pagemap(who, addr) & PM_PRESENT;
}`,
  },
  {
    name: "page_pfn",
    needs: ["pagemap"],
    text: `/* The frame that the address maps now. */
static long page_pfn(enum process who, const char *addr)
{
	uint64_t entry = pagemap(who, addr);

	if (!(entry & PM_PRESENT))
		return NONE;
	if (!(entry & PM_PFN))
		unseen = "needs CAP_SYS_ADMIN to see frames";
	return entry & PM_PFN;
}`,
  },
  {
    name: "kpage",
    needs: ["page_pfn"],
    text: `/* The 64 bits that /proc/kpagecount or /proc/kpageflags has for the page that the address maps. */
static bool kpage(const char *file, enum process who, const char *addr, uint64_t *value)
{
	long pfn = page_pfn(who, addr);
	int fd;

	if (pfn == NONE || unseen)
		return false;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, value, sizeof(*value), pfn * sizeof(*value)) != sizeof(*value))
		unseen = "needs to read /proc/kpagecount and /proc/kpageflags";
	if (fd >= 0)
		close(fd);
	return !unseen;
}`,
  },
  {
    name: "page_mapcount",
    needs: ["kpage"],
    text: `static long page_mapcount(enum process who, const char *addr)
{
	uint64_t count = 0;

	return kpage("/proc/kpagecount", who, addr, &count) ? (long)count : NONE;
}`,
  },
  {
    name: "page_flag",
    needs: ["kpage"],
    text: `static long page_flag(enum process who, const char *addr, int bit)
{
	uint64_t flags = 0;

	return kpage("/proc/kpageflags", who, addr, &flags) ? (long)(flags >> bit & 1) : NONE;
}`,
  },
  flag("anon", 12, "KPF_ANON"),
  flag("swapbacked", 14, "KPF_SWAPBACKED"),
  flag("swapcache", 13, "KPF_SWAPCACHE"),
  flag("dirty", 4, "KPF_DIRTY"),
  flag("lru", 5, "KPF_LRU"),
  flag("zero", 24, "KPF_ZERO_PAGE"),
  {
    name: "page_file",
    needs: ["page_swapbacked", "pagemap"],
    text: `static long page_file(enum process who, const char *addr)
{
	long swapbacked = page_swapbacked(who, addr);

	return swapbacked == NONE ? NONE : !swapbacked && (pagemap(who, addr) & PM_FILE);
}`,
  },
  {
    name: "page_shmem",
    needs: ["page_swapbacked", "pagemap"],
    text: `static long page_shmem(enum process who, const char *addr)
{
	long swapbacked = page_swapbacked(who, addr);

	return swapbacked == NONE ? NONE : swapbacked && (pagemap(who, addr) & PM_FILE);
}`,
  },
  {
    name: "page_exclusive",
    needs: ["page_flag"],
    text: `/*
 * PG_anon_exclusive is PG_mappedtodisk of anonymous pages, which kpageflags shows as bit 34 (5.19 and later); of a tail
 * page (KPF_COMPOUND_TAIL) some releases show the head's.
 */
static long page_exclusive(enum process who, const char *addr)
{
	if (page_flag(who, addr, 16) == 1)
		unseen = "the flags that are shown of a tail page may be its head's";
	return page_flag(who, addr, 34);
}`,
  },
  {
    name: "page_ksm",
    needs: ["page_flag"],
    text: `/* KPF_KSM; some kernels set it for every anonymous page, which a page of our own gives away. */
static long page_ksm(enum process who, const char *addr)
{
	*(volatile char *)scratch = 1;
	if (page_flag(self, scratch, 21) == 1)
		unseen = "/proc/kpageflags of this kernel says KSM of every anonymous page";
	return page_flag(who, addr, 21);
}`,
  },
  {
    name: "same_page",
    needs: ["page_pfn"],
    text: `static bool same_page(enum process who, const char *addr, enum process whose, const char *other)
{
	long pfn = page_pfn(who, addr);

	return pfn != NONE && pfn == page_pfn(whose, other);
}`,
  },
  {
    name: "other_page",
    needs: ["page_pfn"],
    text: `static bool other_page(enum process who, const char *addr, enum process whose, const char *other)
{
	long pfn = page_pfn(who, addr), that = page_pfn(whose, other);

	return pfn != NONE && that != NONE && pfn != that;
}`,
  },
  entry("present", "!!(pagemap(who, addr) & PM_PRESENT)"),
  entry("swap", "!!(pagemap(who, addr) & PM_SWAP)"),
  entry("none", "!(pagemap(who, addr) & (PM_PRESENT | PM_SWAP))"),
  entry("soft_dirty", "!!(pagemap(who, addr) & PM_SOFT_DIRTY)"),
  {
    name: "sum_pages",
    needs: ["NONE"],
    text: `static long sum_pages(enum process who, const char *addr, unsigned long pages, long (*of)(enum process, const char *))
{
	long sum = 0;

	for (; pages > 0; pages--, addr += PAGE) {
		long value = of(who, addr);

		if (value != NONE)
			sum += value;
	}
	return sum;
}`,
  },
  {
    name: "count_pages",
    needs: ["NONE"],
    text: `static long count_pages(enum process who, const char *addr, unsigned long pages, long (*of)(enum process, const char *))
{
	long count = 0;

	for (; pages > 0; pages--, addr += PAGE) {
		long value = of(who, addr);

		count += value != NONE && value;
	}
	return count;
}`,
  },
  {
    name: "byte_at",
    includes: ["fcntl.h"],
    needs: ["pagemap"],
    text: String.raw`/* A byte of the caller's memory, without a fault; NONE where no page is. */
static long byte_at(const char *addr)
{
	uint64_t entry = pagemap(self, addr);
	unsigned char byte = 0;
	int pipes[2];

	if (entry & PM_SWAP)
		unseen = "swapped out: a look would bring it back";
	if (!(entry & PM_PRESENT))
		return NONE;
	if (pipe2(pipes, O_CLOEXEC))
		ksft_exit_fail_msg("pipe2: %s\n", strerror(errno));
	if (write(pipes[1], addr, 1) != 1 || read(pipes[0], &byte, 1) != 1)
		unseen = "the mapping allows no look";
	close(pipes[0]);
	close(pipes[1]);
	return byte;
}`,
  },
  {
    name: "data_is",
    needs: ["byte_at"],
    text: `/* Whether these bytes stand there, up to a zero byte or to where no page is. */
static bool data_is(const char *addr, const char *bytes, size_t length)
{
	if (byte_at(addr) == NONE)
		return false;
	for (size_t i = 0; i < length; i++)
		if (byte_at(addr + i) != (unsigned char)bytes[i])
			return false;
	return byte_at(addr + length) <= 0;
}`,
  },
  {
    name: "data_differs",
    needs: ["data_is"],
    text: `static bool data_differs(const char *addr, const char *bytes, size_t length)
{
	return byte_at(addr) != NONE && !data_is(addr, bytes, length);
}`,
  },
  {
    name: "alive",
    text: `static long alive(enum process who)
{
	return shared->pid[who] > 0 && !kill(shared->pid[who], 0);
}`,
  },
  {
    name: "smaps",
    needs: ["unseen"],
    text: String.raw`/* Where the story maps its memory; what the program itself has lies elsewhere. */
#define STORY_START	0x100000000000UL
#define STORY_END	0x550000000000UL

struct pages {
	long anon, file, shmem, swap, mappings;
};

static struct pages smaps(enum process who)
{
	struct pages sum = { 0 };
	char line[512], name[256];
	bool ours = false, shmem = false;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/smaps", shared->pid[who]);
	file = fopen(line, "re");
	if (!file) {
		if (errno != ENOENT)
			unseen = "needs to read /proc/PID/smaps";
		return sum;
	}
	while (fgets(line, sizeof(line), file)) {
		unsigned long start, end, value;

		name[0] = 0;
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255[^\n]", &start, &end, name) >= 2) {
			ours = start >= STORY_START && end <= STORY_END;
			shmem = !strncmp(name, "/memfd:", 7) || !strncmp(name, "/dev/zero", 9);
			sum.mappings += ours;
		} else if (!ours) {
			continue;
		} else if (sscanf(line, "Rss: %lu", &value) == 1) {
			*(shmem ? &sum.shmem : &sum.file) += value / (PAGE / KiB);
		} else if (sscanf(line, "Anonymous: %lu", &value) == 1) {
			*(shmem ? &sum.shmem : &sum.file) -= value / (PAGE / KiB);
			sum.anon += value / (PAGE / KiB);
		} else if (sscanf(line, "Swap: %lu", &value) == 1 && !shmem) {
			sum.swap += value / (PAGE / KiB);
		}
	}
	fclose(file);
	return sum;
}`,
  },
  ...(
    [
      ["rss_anon", "pages.anon"],
      ["rss_file", "pages.file"],
      ["rss_shmem", "pages.shmem"],
      ["rss", "pages.anon + pages.file + pages.shmem"],
      ["swap", "pages.swap"],
      ["vmas", "pages.mappings"],
    ] as const
  ).map(
    ([name, code]): Piece => ({
      name: `process_${name}`,
      needs: ["smaps"],
      text: `static long process_${name}(enum process who)
{
	struct pages pages = smaps(who);

	return ${code};
}`,
    }),
  ),
  {
    name: "file_size",
    includes: ["sys/stat.h"],
    text: `static long file_size(int file)
{
	struct stat stat;

	return fstat(file, &stat) ? 0 : (long)stat.st_size;
}`,
  },
  {
    name: "file_cached",
    needs: ["unseen"],
    text: `#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

/* How many pages of the file are in the page cache: cachestat(), 6.5 and later. */
static long file_cached(int file)
{
	uint64_t range[2] = { 0, 0 }, counts[5] = { 0 };

	if (syscall(SYS_cachestat, file, range, counts, 0))
		unseen = "needs cachestat()";
	return counts[0];
}`,
  },
];
