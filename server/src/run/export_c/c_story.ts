// C that every exported program has: TAP as kselftest writes it, and processes that take turns.

import type { Piece } from "./piece.ts";

export const STORY_HEADERS = [
  "errno.h",
  "linux/futex.h",
  "limits.h",
  "sched.h",
  "signal.h",
  "stdarg.h",
  "stdbool.h",
  "stdint.h",
  "stdio.h",
  "stdlib.h",
  "string.h",
  "sys/mman.h",
  "sys/prctl.h",
  "sys/syscall.h",
  "sys/utsname.h",
  "sys/wait.h",
  "time.h",
  "unistd.h",
];

export const STORY_PIECES: readonly Piece[] = [
  {
    name: "ksft",
    text: String.raw`/* What tools/testing/selftests/kselftest.h has, in small. */
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
}`,
  },
  {
    name: "ksft_exit_skip",
    text: String.raw`static void ksft_exit_skip(const char *why) __attribute__((noreturn));
static void ksft_exit_skip(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(KSFT_SKIP);
}`,
  },
  {
    name: "unseen",
    text: `/* Why what the test at hand asks for cannot be seen here, set by whoever looks. */
static const char *unseen;`,
  },
  {
    name: "ksft_test_result",
    needs: ["unseen"],
    text: String.raw`static void ksft_test_result(bool ok, const char *name)
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
}`,
  },
  {
    name: "unit",
    text: `static enum process self = NOBODY;
static unsigned int step = 1;
static char *scratch;`,
  },
  {
    name: "drain_lru",
    needs: ["unit"],
    text: `/* Pages wait in batches for their place on the LRU lists, and a batch holds a reference. */
static bool drain_lru(void)
{
	return !madvise(scratch, PAGE, MADV_FREE);
}`,
  },
  {
    name: "turns",
    needs: ["unit"],
    text: String.raw`/*
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
DRAIN	return true;
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
}`,
  },
  {
    name: "start",
    text: String.raw`static void start(enum process child, enum process parent)
{
	pid_t pid;

	/* The name goes to the new process. */
	if (self == child)
		self = NOBODY;
	if (!begin(parent))
		return;
	pid = fork_process(child);
	if (pid < 0)
		ksft_exit_fail_msg("fork: %s\n", strerror(errno));
	if (!pid)
		return;
	shared->pid[child] = pid;
	end();
}`,
  },
  {
    name: "leave",
    text: `static void leave(enum process who, enum process witness)
{
	if (begin(who)) {
		end();
		_exit(KSFT_PASS);
	}
	on (witness) {
		while (!kill(shared->pid[who], 0))
			sched_yield();
	}
}`,
  },
  {
    name: "must",
    text: String.raw`/* What the story takes for granted. */
static void must(int line, bool done)
{
	if (!done)
		ksft_exit_fail_msg("line %d: %s\n", line, strerror(errno));
}`,
  },
  {
    name: "expect",
    needs: ["ksft_test_result"],
    text: `static void expect(bool holds, const char *name)
{
	ksft_test_result(holds, name);
}`,
  },
  {
    name: "NONE",
    text: `/* There is no such page, so that no comparison holds. */
#define NONE LONG_MIN`,
  },
  {
    name: "expect_eq",
    needs: ["ksft_test_result"],
    text: String.raw`static void expect_eq(long seen, long wanted, const char *name)
{
	if (seen != wanted && !unseen)
		printf("# saw %ld, expected %ld\n", seen, wanted);
	ksft_test_result(seen == wanted, name);
}`,
  },
  {
    name: "expect_errno",
    needs: ["ksft_test_result"],
    text: String.raw`static int last_errno;

static void expect_errno(int wanted, long result, const char *name)
{
	last_errno = result == -1 ? errno : 0;
	if (last_errno != wanted)
		printf("# %s, expected %s\n", strerror(last_errno), strerror(wanted));
	ksft_test_result(last_errno == wanted, name);
}`,
  },
  {
    name: "ne",
    needs: ["NONE"],
    text: `static bool ne(long a, long b)
{
	return a != NONE && b != NONE && a != b;
}`,
  },
  {
    name: "eq",
    needs: ["NONE"],
    text: `static bool eq(long a, long b)
{
	return a != NONE && a == b;
}`,
  },
  {
    name: "lt",
    needs: ["NONE"],
    text: `static bool lt(long a, long b)
{
	return a != NONE && b != NONE && a < b;
}`,
  },
  {
    name: "le",
    needs: ["NONE"],
    text: `static bool le(long a, long b)
{
	return a != NONE && b != NONE && a <= b;
}`,
  },
  {
    name: "truth",
    needs: ["NONE"],
    text: `static bool truth(long value)
{
	return value != NONE && value;
}`,
  },
];
