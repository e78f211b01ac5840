// C that does what has no system call of its own name: places, files, pipes and rings, and the kernel's own work.

import type { Piece } from "./piece.ts";

export const CALL_PIECES: readonly Piece[] = [
  {
    name: "place",
    text: `/* Mappings lie a GiB or more apart, so that nothing merges or shares a page table by accident. */
static char *place(size_t length)
{
	static char *next = (char *)0x200000000000;
	char *here = next;

	next += length / GiB * GiB + GiB;
	return here;
}`,
  },
  {
    name: "make_file",
    includes: ["fcntl.h"],
    text: `/* A file of zeroes on the disk; 'cached' says whether its pages are in the page cache. */
static int make_file(size_t size, bool cached)
{
	static const char page[PAGE];
	char name[] = "/var/tmp/story-XXXXXX", byte;
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd < 0)
		return -1;
	unlink(name);
	for (size_t at = 0; at < size; at += PAGE)
		if (pwrite(fd, page, size - at < PAGE ? size - at : PAGE, at) < 0)
			return -1;
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		return -1;
	/* No readahead: page by page. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	for (size_t at = 0; cached && at < size; at += PAGE)
		if (pread(fd, &byte, 1, at) < 0)
			return -1;
	posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL);
	return fd;
}`,
  },
  {
    name: "make_memfd",
    text: `static int make_memfd(size_t size, unsigned int flags)
{
	int fd = memfd_create("story", MFD_CLOEXEC | flags);

	return fd < 0 || ftruncate(fd, size) ? -1 : fd;
}`,
  },
  {
    name: "into_pipe",
    includes: ["fcntl.h", "sys/uio.h"],
    text: `/* A pipe that refers to the pages themselves: vmsplice() takes a read-only reference (FOLL_GET). */
static int into_pipe(void *addr, size_t length)
{
	struct iovec range = { .iov_base = addr, .iov_len = length };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	fcntl(ends[1], F_SETPIPE_SZ, length);
	/* Pages up to the first that cannot be had are taken. */
	if (vmsplice(ends[1], &range, 1, SPLICE_F_NONBLOCK) <= 0) {
		int error = errno;

		close(ends[0]);
		ends[0] = -1;
		errno = error;
	}
	close(ends[1]);
	return ends[0];
}`,
  },
  {
    name: "tee_pipe",
    includes: ["fcntl.h"],
    text: `/* A second pipe with the same pages. */
static int tee_pipe(int pipe)
{
	int ends[2], size = fcntl(pipe, F_GETPIPE_SZ);

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	fcntl(ends[1], F_SETPIPE_SZ, size);
	if (tee(pipe, ends[1], size, SPLICE_F_NONBLOCK) < 0) {
		close(ends[0]);
		ends[0] = -1;
	}
	close(ends[1]);
	return ends[0];
}`,
  },
  {
    name: "seen_is",
    text: `/* Whether these bytes stand in a buffer, up to a zero byte or to its end. */
static bool seen_is(const char *seen, size_t size, const char *bytes, size_t length)
{
	return size >= length && !memcmp(seen, bytes, length) && (size == length || !seen[length]);
}`,
  },
  {
    name: "pipe_is",
    needs: ["tee_pipe", "seen_is"],
    text: String.raw`/* What a reader of the pipe would get. */
static bool pipe_is(int pipe, const char *bytes, size_t length)
{
	char seen[PAGE];
	int copy = tee_pipe(pipe);
	ssize_t size = copy < 0 ? -1 : read(copy, seen, length + 1);

	if (size < 0)
		ksft_exit_fail_msg("tee: %s\n", strerror(errno));
	close(copy);
	return seen_is(seen, size, bytes, length);
}`,
  },
  {
    name: "ring",
    includes: ["linux/io_uring.h", "sys/uio.h", "fcntl.h"],
    text: String.raw`/* An io_uring with one registered buffer, which it pins for writing (FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE). */
struct ring {
	int fd;
	char *buffer;
	size_t length;
	struct io_uring_params params;
};

static long ring_register(struct ring *ring, void *addr, size_t length)
{
	struct iovec range = { .iov_base = addr, .iov_len = length };

	memset(ring, 0, sizeof(*ring));
	ring->buffer = addr;
	ring->length = length;
	ring->fd = syscall(SYS_io_uring_setup, 1, &ring->params);
	if (ring->fd < 0)
		ksft_exit_fail_msg("io_uring_setup: %s\n", strerror(errno));
	return syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS, &range, 1);
}`,
  },
  {
    name: "has_io_uring",
    needs: ["ring"],
    text: `static bool has_io_uring(void)
{
	struct io_uring_params params = { 0 };
	int fd = syscall(SYS_io_uring_setup, 1, &params);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}`,
  },
  {
    name: "ring_release",
    needs: ["ring"],
    text: `static int ring_release(struct ring *ring)
{
	/* Only unregistering waits until the pages are let go. */
	return syscall(SYS_io_uring_register, ring->fd, IORING_UNREGISTER_BUFFERS, NULL, 0) ? -1 : close(ring->fd);
}`,
  },
  {
    name: "ring_io",
    needs: ["ring"],
    text: String.raw`/* Lets the ring do one transfer between its pinned pages and a file. */
static int ring_io(struct ring *ring, int opcode, int file, size_t length)
{
	struct io_uring_params *p = &ring->params;
	size_t sq_size = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
	size_t cq_size = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	size_t sqes_size = p->sq_entries * sizeof(struct io_uring_sqe);
	char *sq = mmap(NULL, sq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	uint32_t *tail, *head, at;
	int result;

	if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)sqe == MAP_FAILED)
		ksft_exit_fail_msg("io_uring: %s\n", strerror(errno));
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = opcode;
	sqe->fd = file;
	sqe->off = -1;
	sqe->addr = (uintptr_t)ring->buffer;
	sqe->len = length < ring->length ? length : ring->length;
	tail = (uint32_t *)(sq + p->sq_off.tail);
	at = *tail & *(uint32_t *)(sq + p->sq_off.ring_mask);
	((uint32_t *)(sq + p->sq_off.array))[at] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		ksft_exit_fail_msg("io_uring_enter: %s\n", strerror(errno));
	head = (uint32_t *)(cq + p->cq_off.head);
	at = *head & *(uint32_t *)(cq + p->cq_off.ring_mask);
	result = ((struct io_uring_cqe *)(cq + p->cq_off.cqes))[at].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	munmap(sq, sq_size);
	munmap(cq, cq_size);
	munmap(sqe, sqes_size);
	return result;
}`,
  },
  {
    name: "ring_is",
    needs: ["ring_io", "seen_is"],
    text: String.raw`/* What the device sees in the pages that it holds. */
static bool ring_is(struct ring *ring, const char *bytes, size_t length)
{
	char seen[PAGE];
	int ends[2];
	ssize_t size = -1;

	if (pipe2(ends, O_CLOEXEC) || ring_io(ring, IORING_OP_WRITE_FIXED, ends[1], length + 1) < 0 ||
	    (size = read(ends[0], seen, length + 1)) < 0)
		ksft_exit_fail_msg("io_uring: %s\n", strerror(errno));
	close(ends[0]);
	close(ends[1]);
	return seen_is(seen, size, bytes, length);
}`,
  },
  {
    name: "ring_write",
    needs: ["ring_io"],
    text: `/* The device writes into the pages that it holds. */
static bool ring_write(struct ring *ring, const char *bytes, size_t length)
{
	int ends[2];
	bool done;

	if (pipe2(ends, O_CLOEXEC))
		return false;
	done = write(ends[1], bytes, length) == (ssize_t)length &&
	       ring_io(ring, IORING_OP_READ_FIXED, ends[0], length) == (int)length;
	close(ends[0]);
	close(ends[1]);
	return done;
}`,
  },
  {
    name: "read_other",
    includes: ["sys/uio.h"],
    text: `/* process_vm_readv() of a range, page by page; what is read is thrown away. */
static long read_other(enum process whose, char *addr, size_t length)
{
	static char page[PAGE];

	for (size_t done = 0, part; done < length; done += part) {
		struct iovec local, remote;

		part = PAGE - (uintptr_t)(addr + done) % PAGE;
		if (part > length - done)
			part = length - done;
		local = (struct iovec){ .iov_base = page, .iov_len = part };
		remote = (struct iovec){ .iov_base = addr + done, .iov_len = part };
		if (process_vm_readv(shared->pid[whose], &local, 1, &remote, 1, 0) < 0)
			return -1;
	}
	return 0;
}`,
  },
  {
    name: "poke",
    includes: ["fcntl.h"],
    text: `/* Writes a byte as a debugger does, whatever the protection: /proc/PID/mem sets FOLL_FORCE, like ptrace(). */
static long poke(enum process whose, char *addr, unsigned char byte)
{
	char path[40];
	long done;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", shared->pid[whose]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	done = fd < 0 ? -1 : pwrite(fd, &byte, 1, (off_t)(uintptr_t)addr);
	if (fd >= 0)
		close(fd);
	return done < 0 ? -1 : 0;
}`,
  },
  {
    name: "write_text",
    includes: ["fcntl.h"],
    text: `static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}`,
  },
  {
    name: "ksm_scan",
    needs: ["write_text"],
    text: String.raw`static long ksm_number(const char *name)
{
	char path[64];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/mm/ksm/%s", name);
	file = fopen(path, "re");
	if (file && fscanf(file, "%ld", &value) != 1)
		value = -1;
	if (file)
		fclose(file);
	return value;
}

static bool set_ksm(const char *name, long value)
{
	char path[64], text[24];

	snprintf(path, sizeof(path), "/sys/kernel/mm/ksm/%s", name);
	snprintf(text, sizeof(text), "%ld", value);
	return write_text(path, text);
}

/*
 * A page merges when its checksum stayed the same from one pass to the next: a few passes find all that there is.
 * ksmd's settings are put back.
 */
static bool ksm_scan(void)
{
	static const char *const names[] = { "smart_scan", "pages_to_scan", "sleep_millisecs", "run" };
	static const long values[] = { 0, 10000, 0, 1 };
	long before[4], until = ksm_number("full_scans") + 4;
	bool done = true;

	for (int i = 0; i < 4; i++) {
		before[i] = ksm_number(names[i]);
		/* Only 6.7 and later have smart_scan. */
		done = done && (before[i] < 0 || set_ksm(names[i], values[i]));
	}
	while (done && ksm_number("full_scans") < until)
		usleep(1000);
	for (int i = 3; i >= 0; i--)
		done = (before[i] < 0 || set_ksm(names[i], before[i])) && done;
	return done;
}`,
  },
  {
    name: "move_to_other_node",
    text: `/* Moves each page to the other one of two NUMA nodes; pages that cannot move stay. */
static bool move_to_other_node(char *addr, size_t length)
{
	for (size_t done = 0; done < length; done += PAGE) {
		void *page = addr + done;
		int node, status;

		if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0))
			return false;
		if (status < 0)
			continue;
		node = !status;
		/* MPOL_MF_MOVE_ALL: pages that others map too. */
		if (syscall(SYS_move_pages, 0, 1UL, &page, &node, &status, 4) < 0 && errno != EBUSY && errno != ENOENT)
			return false;
	}
	return true;
}`,
  },
  {
    name: "has_soft_dirty",
    includes: ["fcntl.h"],
    needs: ["pagemap_bits"],
    text: `/* CONFIG_MEM_SOFT_DIRTY: a page that was just written to tells. */
static bool has_soft_dirty(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	*(volatile char *)scratch = 1;
	if (fd >= 0 && pread(fd, &entry, sizeof(entry), (uintptr_t)scratch / PAGE * sizeof(entry)) < 0)
		entry = 0;
	if (fd >= 0)
		close(fd);
	return entry & PM_SOFT_DIRTY;
}`,
  },
  {
    name: "has_usual_readahead",
    includes: ["sys/stat.h", "sys/sysmacros.h"],
    text: `/* How many neighbours come with a page depends on the disk's setting. */
static bool has_usual_readahead(void)
{
	struct stat stat_;
	char path[64];
	long kib = 0;
	FILE *file;

	if (stat("/var/tmp", &stat_))
		return false;
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", major(stat_.st_dev), minor(stat_.st_dev));
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%ld", &kib) != 1)
		kib = 0;
	fclose(file);
	return kib == 128;
}`,
  },
  {
    name: "swap_is_on",
    text: String.raw`static bool swap_is_on(void)
{
	FILE *file = fopen("/proc/swaps", "re");
	int lines = 0;

	if (!file)
		return false;
	for (int c = getc(file); c != EOF; c = getc(file))
		lines += c == '\n';
	fclose(file);
	return lines > 1;
}`,
  },
];
