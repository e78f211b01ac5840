/* SPDX-License-Identifier: MIT */
/*
 * 20-hugetlb-reservation.mmtrace
 *
 * hugetlb: pages of a pool that is set aside at boot. mmap promises them, a touch takes them, munmap gives both back.
 *
 * Nothing is allocated by mmap, and yet the fourth page cannot be had any more: three are promised already. There is no
 * zero page of this size, so that a read takes one, too. None of it is in rss: the process has a counter of its own.
 *
 * Made from a trace by mmtrace, for the rules of Linux 6.18: checks for other kernels are left out.
 * Build: cc -std=gnu11 -O2 -Wall -Wextra -Werror -o test FILE.c
 * Run as root: without, what needs page frames is skipped.
 *
 * What user space cannot see is not tested:
 *   line 17: user space sees no `writable`
 *   line 18: user space sees no `refcount`
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KiB	1024UL
#define MiB	(1024 * KiB)
#define GiB	(1024 * MiB)
#define PAGE	(4 * KiB)

enum process { NOBODY = -1, MAIN, NR_PROCESSES };

/* What all processes see. */
static struct {
	unsigned int step;
	unsigned int tests, failed, skipped;
	pid_t pid[NR_PROCESSES];
} *shared;

#define BAILED_OUT UINT_MAX

/* What tools/testing/selftests/kselftest.h has, in small. */
#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4

static void ksft_print_header(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	printf("TAP version 13\n");
}

static void ksft_set_plan(unsigned int plan)
{
	printf("1..%u\n", plan);
}

static void ksft_exit_fail_msg(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void ksft_exit_fail_msg(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("Bail out! ");
	vprintf(format, args);
	va_end(args);
	fflush(stdout);
	__atomic_store_n(&shared->step, BAILED_OUT, __ATOMIC_RELEASE);
	syscall(SYS_futex, &shared->step, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	_exit(KSFT_FAIL);
}

static void ksft_exit_skip(const char *why) __attribute__((noreturn));
static void ksft_exit_skip(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(KSFT_SKIP);
}

/* Why what the test at hand asks for cannot be seen here, set by whoever looks. */
static const char *unseen;

static void ksft_test_result(bool ok, const char *name)
{
	shared->tests++;
	if (unseen) {
		shared->skipped++;
		printf("ok %u - %s # SKIP %s\n", shared->tests, name, unseen);
	} else {
		shared->failed += !ok;
		printf("%sok %u - %s\n", ok ? "" : "not ", shared->tests, name);
	}
	unseen = NULL;
}

static enum process self = NOBODY;
static unsigned int step = 1;
static char *scratch;

/* Pages wait in batches for their place on the LRU lists, and a batch holds a reference. */
static bool drain_lru(void)
{
	return !madvise(scratch, PAGE, MADV_FREE);
}

/*
 * All processes walk through the same story, in lock-step: each step is done by the one whose turn it is, when all
 * steps before it are done. They share their descriptors, so that a pipe outlives the process that made it.
 */
static void await(unsigned int turn)
{
	const struct timespec patience = { .tv_sec = 60 };
	unsigned int now;

	while ((now = __atomic_load_n(&shared->step, __ATOMIC_ACQUIRE)) != turn) {
		if (now == BAILED_OUT)
			_exit(KSFT_FAIL);
		if (syscall(SYS_futex, &shared->step, FUTEX_WAIT, now, &patience, NULL, 0) && errno == ETIMEDOUT)
			ksft_exit_fail_msg("nobody did step %u\n", now);
	}
}

static bool begin(enum process who)
{
	unsigned int turn = step++;

	if (self != who)
		return false;
	await(turn);
	drain_lru();
	return true;
}

static bool end(void)
{
	__atomic_store_n(&shared->step, step, __ATOMIC_RELEASE);
	syscall(SYS_futex, &shared->step, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	return false;
}

/* on (WHO) { … }: a step of that process. */
#define on(who) for (bool turn = begin(who); turn; turn = end())

static pid_t fork_process(enum process who)
{
	pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid)
		return pid;
	self = who;
	shared->pid[who] = getpid();
	signal(SIGCHLD, SIG_IGN);
	return 0;
}

/* What the story takes for granted. */
static void must(int line, bool done)
{
	if (!done)
		ksft_exit_fail_msg("line %d: %s\n", line, strerror(errno));
}

static void expect(bool holds, const char *name)
{
	ksft_test_result(holds, name);
}

/* There is no such page, so that no comparison holds. */
#define NONE LONG_MIN

static void expect_eq(long seen, long wanted, const char *name)
{
	if (seen != wanted && !unseen)
		printf("# saw %ld, expected %ld\n", seen, wanted);
	ksft_test_result(seen == wanted, name);
}

static int last_errno;

static void expect_errno(int wanted, long result, const char *name)
{
	last_errno = result == -1 ? errno : 0;
	if (last_errno != wanted)
		printf("# %s, expected %s\n", strerror(last_errno), strerror(wanted));
	ksft_test_result(last_errno == wanted, name);
}

/* Documentation/admin-guide/mm/pagemap.rst */
#define PM_PFN		((1ULL << 55) - 1)
#define PM_SOFT_DIRTY	(1ULL << 55)
#define PM_FILE		(1ULL << 61)
#define PM_SWAP		(1ULL << 62)
#define PM_PRESENT	(1ULL << 63)

static uint64_t pagemap(enum process who, const volatile char *addr)
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
}

/* The frame that the address maps now. */
static long page_pfn(enum process who, const char *addr)
{
	uint64_t entry = pagemap(who, addr);

	if (!(entry & PM_PRESENT))
		return NONE;
	if (!(entry & PM_PFN))
		unseen = "needs CAP_SYS_ADMIN to see frames";
	return entry & PM_PFN;
}

static bool other_page(enum process who, const char *addr, enum process whose, const char *other)
{
	long pfn = page_pfn(who, addr), that = page_pfn(whose, other);

	return pfn != NONE && that != NONE && pfn != that;
}

/* Where the story maps its memory; what the program itself has lies elsewhere. */
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
}

static long process_rss(enum process who)
{
	struct pages pages = smaps(who);

	return pages.anon + pages.file + pages.shmem;
}

/* A bit of the frame that a pagemap entry names; 0 where frames are hidden. */
static bool kpageflag_of(uint64_t entry, int bit)
{
	uint64_t flags = 0;
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (pread(fd, &flags, sizeof(flags), (entry & PM_PFN) * sizeof(flags)) != sizeof(flags))
		flags = 0;
	close(fd);
	return flags >> bit & 1;
}

static long meminfo(const char *name)
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
}

#define POOL		"/proc/sys/vm/nr_hugepages"
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
}

/* Base pages of hugetlb that the process maps. */
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
}

/* PAGEMAP_SCAN, include/uapi/linux/fs.h: 6.7 and later. */
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
}

/* What maps the address is an entry of a PMD. */
static bool pte_level_is_pmd(enum process who, const char *addr)
{
	int huge = pmd_maps(who, addr);

	if (huge < 0 || !(pagemap(who, addr) & PM_PRESENT))
		unseen = huge < 0 ? "needs PAGEMAP_SCAN (6.7)" : "nothing is mapped, at no level that shows";
	return huge > 0;
}

/* What an access came to. */
enum {
	HIT = 1, MINOR = 2, MAJOR = 4, ZERO = 8, ANON = 16, FILE_PAGE = 32, SHMEM = 64, COW = 128, REUSE = 256,
	SWAPIN = 512, SEGV = 1024, BUS = 2048, HUGETLB = 4096, HUGE = 8192,
};

/* Of the last access: what it came to, and of which words that cannot be told. */
static unsigned int did, unsure;

#define UNSURE(words) \
	((words) & unsure & HUGE ? "needs PAGEMAP_SCAN (6.7) to tell what the fault did" : \
	 "needs CAP_SYS_ADMIN, and a page that was not swapped out, to tell what the fault did")

static sigjmp_buf recover;

static void caught(int signal)
{
	siglongjmp(recover, signal);
}

/* Loads, or stores what 'bytes' has. Done once on a page of its own, so that the program's own faults come first. */
static void touch(volatile char *addr, const char *bytes, size_t length, struct rusage *before, struct rusage *after)
{
	for (int i = 0; i < 2; i++) {
		volatile char *at = i ? addr : scratch;

		getrusage(RUSAGE_THREAD, before);
		for (size_t byte = 0; byte < length; byte++) {
			if (bytes)
				at[byte] = bytes[byte];
			else
				(void)at[byte];
		}
		getrusage(RUSAGE_THREAD, after);
	}
}

/* An access that stays within a page. */
static void access_page(volatile char *addr, const char *bytes, size_t length)
{
	const uint64_t was = pagemap(self, addr);
	struct rusage before = { 0 }, after = { 0 };
	uint64_t is;
	int signal = sigsetjmp(recover, 1);

	if (signal) {
		did |= signal == SIGSEGV ? SEGV : BUS;
		return;
	}
	touch(addr, bytes, length, &before, &after);
	if (after.ru_majflt != before.ru_majflt)
		did |= MAJOR;
	if (after.ru_minflt != before.ru_minflt)
		did |= MINOR;
	if (after.ru_majflt == before.ru_majflt && after.ru_minflt == before.ru_minflt) {
		did |= HIT;
		return;
	}
	is = pagemap(self, addr);
	if (was & PM_SWAP) {
		/* Whether it was copied on its way in is not to be seen. */
		did |= SWAPIN;
		unsure |= COW | REUSE;
	} else if (!(was & PM_PRESENT) && kpageflag_of(is, 17)) {
		/* KPF_HUGE */
		did |= HUGETLB;
	} else if (!(was & PM_PRESENT) && !bytes && kpageflag_of(is, 24)) {
		/* KPF_ZERO_PAGE; pagemap says of the huge one that it is a file's. */
		did |= ZERO;
	} else if (!(was & PM_PRESENT) && (is & PM_FILE)) {
		/* KPF_SWAPBACKED */
		did |= kpageflag_of(is, 14) ? SHMEM : FILE_PAGE;
		if (!(is & PM_PFN))
			unsure |= SHMEM | FILE_PAGE | HUGETLB;
	} else if (!(was & PM_PRESENT)) {
		did |= ANON;
		if (!(is & PM_PFN))
			unsure |= bytes ? HUGETLB : HUGETLB | ZERO | ANON;
	} else {
		did |= (was & PM_PFN) == (is & PM_PFN) ? REUSE : COW;
		if (!(is & PM_PFN))
			unsure |= COW | REUSE;
	}
	/* What is mapped anew, by a PMD. */
	if (!(did & REUSE)) {
		int huge = pmd_maps(self, addr);

		if (huge < 0)
			unsure |= HUGE;
		else if (huge)
			did |= HUGE;
	}
}

/* One access for each page touched; 'stride' is 0 where one byte is repeated. */
static void access_range(void *addr, const char *bytes, size_t stride, size_t length)
{
	static char page[PAGE];

	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	did = unsure = 0;
	for (size_t done = 0, part; done < length && !(did & (SEGV | BUS)); done += part) {
		char *at = (char *)addr + done;

		part = PAGE - (uintptr_t)at % PAGE;
		if (part > length - done)
			part = length - done;
		if (bytes && stride)
			memcpy(page, bytes + done, part);
		else if (bytes)
			memset(page, *bytes, part);
		access_page(at, bytes ? page : NULL, part);
	}
	if (did & (MINOR | MAJOR))
		did &= ~HIT;
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
}

static void load(void *addr, size_t length)
{
	access_range(addr, NULL, 0, length);
}

static void store(void *addr, const char *bytes, size_t length)
{
	access_range(addr, bytes, 1, length);
}

static void fill(void *addr, unsigned char byte, size_t length)
{
	access_range(addr, (const char *)&byte, 0, length);
}

static void print_words(const char *what, unsigned int outcome)
{
	static const char *const words[] = {
		"hit", "minor", "major", "zero", "anon", "file", "shmem", "cow", "reuse", "swapin", "SIGSEGV", "SIGBUS",
		"hugetlb", "huge",
	};

	printf("# %s", what);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (outcome & 1u << i)
			printf(" %s", words[i]);
	printf("\n");
}

static void expect_outcome(unsigned int wanted, const char *name)
{
	unsigned int missing = wanted & ~did;
	bool died = did & (SEGV | BUS) & ~wanted;

	if (!died && (wanted & unsure) && !(missing & ~unsure))
		unseen = UNSURE(wanted);
	if ((missing || died) && !unseen)
		print_words("came to", did);
	ksft_test_result(!missing && !died, name);
	if (died)
		ksft_exit_fail_msg("the process dies of %s\n", did & SEGV ? "SIGSEGV" : "SIGBUS");
}

/* Mappings lie a GiB or more apart, so that nothing merges or shares a page table by accident. */
static char *place(size_t length)
{
	static char *next = (char *)0x200000000000;
	char *here = next;

	next += length / GiB * GiB + GiB;
	return here;
}

static void story(void)
{
	char *p = NULL;
	char *q = NULL;
	char *q2 = NULL;
	char *loose = NULL;

	/* 8: p = mmap(4M, rw, private|anonymous|hugetlb) */
	on (MAIN) {
		p = mmap(place(4 * MiB), 4 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
		must(8, p != MAP_FAILED);
	}

	/* 9: expect main.hugetlb == 0 */
	on (MAIN)
		expect_eq(process_hugetlb(MAIN), 0,
			  "line 9: expect main.hugetlb == 0");

	/* 10: q = mmap(3M, rw, private|anonymous|hugetlb) -> ENOMEM -- a length counts in whole huge pages: two are wanted, one is left */
	on (MAIN) {
		q = mmap(place(3 * MiB), 3 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
		expect_errno(ENOMEM, (long)q,
			     "line 10: q = mmap(3M, rw, private|anonymous|hugetlb) -> ENOMEM");
	}

	/* 11: q2 = mmap(2M, rw, private|anonymous|hugetlb) */
	on (MAIN) {
		q2 = mmap(place(2 * MiB), 2 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
		must(11, q2 != MAP_FAILED);
	}

	/* 13: read(p) -> hugetlb */
	on (MAIN) {
		load(p, 1);
		expect_outcome(HUGETLB, "line 13: read(p) -> hugetlb");
	}

	/* 14: expect main.hugetlb == 512 */
	on (MAIN)
		expect_eq(process_hugetlb(MAIN), 512,
			  "line 14: expect main.hugetlb == 512");

	/* 15: expect main.rss == 0 */
	on (MAIN)
		expect_eq(process_rss(MAIN), 0,
			  "line 15: expect main.rss == 0");

	/* 16: expect pte(p).level == pmd */
	on (MAIN)
		expect(pte_level_is_pmd(MAIN, p),
		       "line 16: expect pte(p).level == pmd");

	/* 17: expect pte(p).writable == 0 -- not tested: user space sees no `writable` */

	/* 18: expect page(p).refcount == 1 -- not tested: user space sees no `refcount` */

	/* 19: expect page(p[511]) != page(p) -- the folio's last page */
	on (MAIN)
		expect(other_page(MAIN, p + 511 * PAGE, MAIN, p),
		       "line 19: expect page(p[511]) != page(p)");

	/* 20: write(p, "now mine") -> reuse */
	on (MAIN) {
		store(p, "now mine", 8);
		expect_outcome(REUSE, "line 20: write(p, \"now mine\") -> reuse");
	}

	/* 23: loose = mmap(2M, rw, private|anonymous|hugetlb|noreserve) */
	on (MAIN) {
		loose = mmap(place(2 * MiB), 2 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0);
		must(23, loose != MAP_FAILED);
	}

	/* 24: write(loose) -> SIGBUS */
	on (MAIN) {
		fill(loose, 0, 1);
		expect_outcome(BUS, "line 24: write(loose) -> SIGBUS");
	}

	/* 26: munmap(p[512], 1M) -> EINVAL -- not within a huge page */
	on (MAIN)
		expect_errno(EINVAL, munmap(p + 512 * PAGE, MiB),
			     "line 26: munmap(p[512], 1M) -> EINVAL");

	/* 27: munmap(p[512], 2M) -- promised and never touched: free again */
	on (MAIN)
		must(27, munmap(p + 512 * PAGE, 2 * MiB) >= 0);

	/* 28: write(loose, "and here it is") -> hugetlb */
	on (MAIN) {
		store(loose, "and here it is", 14);
		expect_outcome(HUGETLB, "line 28: write(loose, \"and here it is\") -> hugetlb");
	}

	/* 29: munmap(p, 2M) */
	on (MAIN)
		must(29, munmap(p, 2 * MiB) >= 0);

	/* 30: expect main.hugetlb == 512 */
	on (MAIN)
		expect_eq(process_hugetlb(MAIN), 512,
			  "line 30: expect main.hugetlb == 512");
}

static void note_release(const char *release)
{
	struct utsname uts;
	size_t length = strlen(release);

	if (!uname(&uts) && (strncmp(uts.release, release, length) || isdigit((unsigned char)uts.release[length])))
		printf("# written for Linux %s, this is %s\n", release, uts.release);
}

/* Runs the story in all processes that are there from the start, and waits until everybody has ended. */
static void run_processes(const enum process *first, size_t count)
{
	pid_t pid;
	int status;

	for (size_t i = 0; i < count; i++) {
		pid = fork_process(first[i]);
		if (pid < 0)
			ksft_exit_fail_msg("fork: %s\n", strerror(errno));
		if (!pid) {
			story();
			/* Memory that others still look at must stay until the end. */
			await(step);
			_exit(KSFT_PASS);
		}
		shared->pid[first[i]] = pid;
	}
	end();
	while ((pid = wait(&status)) > 0)
		if (WIFSIGNALED(status))
			ksft_exit_fail_msg("a process died of signal %d\n", WTERMSIG(status));
}

static int ksft_finished(void)
{
	if (shared->step == BAILED_OUT)
		return KSFT_FAIL;
	printf("# Totals: pass:%u fail:%u skip:%u\n", shared->tests - shared->failed - shared->skipped, shared->failed,
	       shared->skipped);
	return shared->failed ? KSFT_FAIL : KSFT_PASS;
}

int main(void)
{
	static const enum process first[] = { MAIN };
	cpu_set_t cpu;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	scratch = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || scratch == MAP_FAILED)
		return KSFT_FAIL;
	ksft_print_header();
	note_release("6.18");
	if (access("/proc/sys/vm/nr_hugepages", W_OK))
		ksft_exit_skip("the pool of huge pages cannot be set");
	with_huge_pages(3);
	/* One CPU has one set of LRU batches, and turns are taken faster. */
	CPU_ZERO(&cpu);
	CPU_SET(sched_getcpu(), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	ksft_set_plan(12);
	run_processes(first, sizeof(first) / sizeof(first[0]));
	return ksft_finished();
}
