// C that touches memory and tells from outside of the kernel what the touch came to.

import type { Piece } from "./piece.ts";

export const ACCESS_PIECES: readonly Piece[] = [
  {
    name: "outcome_words",
    text: `/* What an access came to. */
enum {
	HIT = 1, MINOR = 2, MAJOR = 4, ZERO = 8, ANON = 16, FILE_PAGE = 32, SHMEM = 64, COW = 128, REUSE = 256,
	SWAPIN = 512, SEGV = 1024, BUS = 2048, HUGETLB = 4096, HUGE = 8192,
};`,
  },
  {
    name: "in_file",
    needs: ["outcome_words"],
    text: String.raw`/* Whether a file's mapping is there: a private page in it began as a copy. */
static bool in_file(const volatile char *addr)
{
	unsigned long start, end, inode, at = (unsigned long)addr;
	char line[512];
	bool found = false;
	FILE *file = fopen("/proc/self/maps", "re");

	if (!file)
		ksft_exit_fail_msg("/proc/self/maps: %s\n", strerror(errno));
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%lx-%lx %*s %*s %*s %lu", &start, &end, &inode) == 3 && start <= at && at < end;
	fclose(file);
	return found && inode;
}`,
  },
  {
    name: "access_range",
    includes: ["setjmp.h", "sys/resource.h"],
    needs: ["pagemap", "outcome_words", "kpageflag_of", "pmd_maps"],
    text: `/* Of the last access: what it came to, and of which words that cannot be told. */
static unsigned int did, unsure;

#define UNSURE(words) \\
	((words) & unsure & HUGE ? "needs PAGEMAP_SCAN (6.7) to tell what the fault did" : \\
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
		did |= NEW_PAGE;
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
}`,
  },
  {
    name: "load",
    needs: ["access_range"],
    text: `static void load(void *addr, size_t length)
{
	access_range(addr, NULL, 0, length);
}`,
  },
  {
    name: "store",
    needs: ["access_range"],
    text: `static void store(void *addr, const char *bytes, size_t length)
{
	access_range(addr, bytes, 1, length);
}`,
  },
  {
    name: "fill",
    needs: ["access_range"],
    text: `static void fill(void *addr, unsigned char byte, size_t length)
{
	access_range(addr, (const char *)&byte, 0, length);
}`,
  },
  {
    name: "expect_outcome",
    needs: ["access_range", "ksft_test_result"],
    text: String.raw`static void print_words(const char *what, unsigned int outcome)
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
}`,
  },
  {
    name: "survives",
    needs: ["access_range"],
    text: String.raw`/* Nothing is asked of the access but that it be allowed. */
static void survives(int line)
{
	if (did & (SEGV | BUS))
		ksft_exit_fail_msg("line %d: %s\n", line, did & SEGV ? "SIGSEGV" : "SIGBUS");
}`,
  },
  {
    name: "came_to",
    needs: ["access_range"],
    text: `static bool came_to(unsigned int word)
{
	if (word & unsure)
		unseen = UNSURE(word);
	return did & word;
}`,
  },
];

// Where it stands in the table depends on nothing but pagemap.
export const KPAGEFLAG_OF: Piece = {
  name: "kpageflag_of",
  includes: ["fcntl.h"],
  needs: ["pagemap"],
  text: `/* A bit of the frame that a pagemap entry names; 0 where frames are hidden. */
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
}`,
};
