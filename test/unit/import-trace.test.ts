import assert from "node:assert/strict";
import { test } from "node:test";
import { SIMULATED } from "../../server/src/run/import/strace.ts";
import { imported } from "./imported.ts";

/** The trace of a log, line by line, without sources; blank lines and margins of the literal do not matter. */
function check(log: string, trace: string, options: Parameters<typeof imported>[1] = {}): void {
  const clean = (text: string): string[] =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  assert.deepEqual(imported(clean(log).join("\n"), options).lines, clean(trace));
}

test("a mapping keeps its address, and later calls name it", () => {
  check(
    `mmap(NULL, 65536, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     mprotect(0x7f0000002000, 4096, PROT_READ) = 0
     munmap(0x7f0000000000, 65536) = 0`,
    `m1 = mmap(64K, rw, at=0x7f0000000000)
     mprotect(m1[2], 4K, r)
     munmap(m1)`,
  );
});

test("a length that is no whole number of pages stays as the program gave it", () => {
  check(
    "mmap(NULL, 50371, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
    "m1 = mmap(50371, r, at=0x7f0000000000)",
  );
});

test("MAP_FIXED replaces and says so; a place that is taken unseen is taken with fixed", () => {
  check(
    `mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     mmap(0x7f0000000000, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000`,
    `m1 = mmap(8K, r, at=0x7f0000000000)
     m2 = mmap(4K, none, private|anonymous|fixed, at=0x7f0000000000)
     m3 = mmap(4K, r, private|anonymous|fixed, at=0x7f0000001000)`,
  );
});

test("a loader's library is one file, mapped part by part", () => {
  check(
    `mmap(NULL, 1974096, PROT_READ, MAP_PRIVATE|MAP_DENYWRITE, 3, 0) = 0x7fb563b1f000
     mmap(0x7fb563b45000, 1400832, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x26000) = 0x7fb563b45000
     mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7fb563b1e000`,
    `f3 = file(1928K, cached=yes)
     m1 = mmap(1974096, r, private, fd=f3, at=0x7fb563b1f000)
     m2 = mmap(1368K, rx, private|fixed, fd=f3, offset=0x26000, at=0x7fb563b45000)
     f3_2 = file(4K, cached=yes)
     m3 = mmap(4K, r, private, fd=f3_2, at=0x7fb563b1e000)`,
  );
});

test("a file that is mapped beyond what was known of it grows", () => {
  check(
    `mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 5, 0) = 0x7f0000000000
     mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 5, 0x1000) = 0x7f0000002000`,
    `f5 = file(4K, cached=yes)
     m1 = mmap(4K, rw, shared, fd=f5, at=0x7f0000000000)
     ftruncate(f5, 12K)
     m2 = mmap(8K, rw, shared, fd=f5, offset=0x1000, at=0x7f0000002000)`,
  );
});

test("with -y a file has its name, and two descriptors of one path share it", () => {
  check(
    `mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3</usr/lib/libc.so.6>, 0) = 0x7f0000000000
     mmap(NULL, 4096, PROT_READ, MAP_SHARED, 9</usr/lib/libc.so.6>, 0) = 0x7f0000002000
     mmap(NULL, 32, PROT_READ, MAP_SHARED, 5</dev/shm/sem.x>, 0) = 0x7f0000004000`,
    `libc_so_6 = file(4K, cached=yes)
     m1 = mmap(4K, r, shared, fd=libc_so_6, at=0x7f0000000000)
     m2 = mmap(4K, r, shared, fd=libc_so_6, at=0x7f0000002000)
     sem_x = memfd(4K)
     m3 = mmap(32, r, shared, fd=sem_x, at=0x7f0000004000)`,
  );
});

test("a log of every call tells the files' names and sizes", () => {
  check(
    `openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3
     newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=50371, ...}, AT_EMPTY_PATH) = 0
     mmap(NULL, 50371, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f0000000000
     close(3) = 0
     memfd_create("scratch", MFD_CLOEXEC) = 3
     ftruncate(3, 8192) = 0
     mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = 0x7f0000010000`,
    `ld_so_cache = file(50371, cached=yes)
     m1 = mmap(50371, r, private, fd=ld_so_cache, at=0x7f0000000000)
     memfd_scratch = memfd(0)
     ftruncate(memfd_scratch, 8K)
     m2 = mmap(8K, rw, shared, fd=memfd_scratch, at=0x7f0000010000)`,
  );
});

test("/dev/zero mapped private is anonymous memory", () => {
  check(
    "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3</dev/zero>, 0) = 0x7f0000000000",
    "m1 = mmap(4K, r, at=0x7f0000000000)",
  );
});

test("a mapping that execve made is supplied when a call needs it", () => {
  check(
    `execve("/bin/true", ["true"], 0x7ffd /* 6 vars */) = 0
     mprotect(0x559d93c01000, 4096, PROT_READ) = 0`,
    `execve()
     seg1 = mmap(4K, rw, private|anonymous|fixed_noreplace, at=0x559d93c01000)
     mprotect(seg1, 4K, r)`,
  );
});

test("the heap starts at the first break; asking again is no operation", () => {
  check(
    `brk(NULL) = 0x55dc0193e000
     brk(NULL) = 0x55dc0193e000
     brk(0x55dc0195f000) = 0x55dc0195f000
     mprotect(0x55dc0193e000, 4096, PROT_READ) = 0
     brk(0x1000) = 0x55dc0195f000
     brk(0x95dc0195f000) = 0x55dc0195f000
     brk(0x55dc1195f000) = 0x55dc0195f000`,
    `brk(0x55dc0193e000)
     brk(0x55dc0195f000)
     mprotect(0x55dc0193e000, 4K, r)
     brk(0x1000)
     brk(0x95dc0195f000) -> ENOMEM
     # a break refused for a cause the language cannot express: brk(0x55dc1195f000) = 0x55dc0195f000`,
  );
});

test("a moved mapping goes where the log's kernel moved it", () => {
  check(
    `mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     mremap(0x7f0000000000, 16384, 32768, MREMAP_MAYMOVE) = 0x7f0000100000
     mremap(0x7f0000100000, 32768, 8192, 0) = 0x7f0000100000
     mremap(0x7f0000100000, 8192, 8192, MREMAP_MAYMOVE|MREMAP_DONTUNMAP) = 0x7f0000200000
     munmap(0x7f0000100000, 8192) = 0`,
    `m1 = mmap(16K, rw, at=0x7f0000000000)
     m2 = mremap(m1, 16K, 32K, maymove|fixed, to=0x7f0000100000)
     mremap(m2, 32K, 8K)
     m3 = mremap(m2, 8K, 8K, maymove|fixed|dontunmap, to=0x7f0000200000)
     munmap(m2, 8K)`,
  );
});

test("mremap of size 0 maps shared pages a second time", () => {
  check(
    `mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     mremap(0x7f0000000000, 0, 8192, MREMAP_MAYMOVE) = 0x7f0000100000
     mprotect(0x7f0000000000, 8192, PROT_READ) = 0`,
    `shared1 = mmap(8K, rw, shared|anonymous, at=0x7f0000000000)
     m1 = mremap(shared1, 0, 8K, maymove|fixed, to=0x7f0000100000)
     mprotect(shared1, 8K, r)`,
  );
});

test("a failure stays with its errno when the trace can have its cause", () => {
  check(
    `mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     munmap(0x7f0000000001, 4096) = -1 EINVAL (Invalid argument)
     mprotect(0x20000, 4096, PROT_READ) = -1 ENOMEM (Cannot allocate memory)
     mmap(0x7f0000001000, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0) = -1 EEXIST (File exists)
     mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0) = -1 EBADF (Bad file descriptor)
     mmap(NULL, 0, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 EINVAL (Invalid argument)
     madvise(0x7f0000000000, 12288, MADV_DONTNEED) = -1 ENOMEM (Cannot allocate memory)
     mremap(0x10000, 4096, 8192, MREMAP_MAYMOVE) = -1 EFAULT (Bad address)`,
    `m1 = mmap(8K, rw, at=0x7f0000000000)
     munmap(m1 + 1, 4K) -> EINVAL
     mprotect(0x20000, 4K, r) -> ENOMEM
     mmap(4K, r, private|anonymous|fixed_noreplace, at=0x7f0000001000) -> EEXIST
     mmap(4K, r, private) -> EBADF
     mmap(0, r) -> EINVAL
     madvise(m1, 12K, dontneed) -> ENOMEM
     mremap(0x10000, 4K, 8K, maymove) -> EFAULT`,
  );
});

test("a failure of a limit is a comment with its errno, and is counted", () => {
  const log = "mmap(NULL, 33554432, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 ENOMEM (Cannot allocate memory)";
  check(log, `# fails for a cause the language cannot express: ${log}`);
  assert.deepEqual([...imported(log).report.failuresAsComments], [["mmap ENOMEM", 1]]);
});

test("what is not simulated is a comment, counted by kind", () => {
  const log = `mmap(NULL, 65536, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
    madvise(0x7f0000000000, 4096, MADV_FREE) = 0
    madvise(0x7f0000000000, 4096, 0x66 /* MADV_??? */) = 0`;
  const simulated = new Set(
    [...SIMULATED].filter((name) => name !== "madvise free" && name !== "madvise guard_install"),
  );
  check(
    log,
    `m1 = mmap(64K, rw, at=0x7f0000000000)
     # not simulated: madvise(0x7f0000000000, 4096, MADV_FREE) = 0
     # not simulated: madvise(0x7f0000000000, 4096, 0x66 /* MADV_??? */) = 0`,
    { simulated },
  );
  const { report } = imported(log.replace(/\n +/g, "\n"), { simulated });
  assert.deepEqual(
    [...report.comments],
    [
      ["madvise MADV_FREE (not simulated)", 1],
      ["madvise 0x66 (not simulated)", 1],
    ],
  );
  assert.deepEqual([report.succeeded, report.asOperations, report.notSimulated], [3, 1, 2]);
});

test("an operation that a later version simulates is written as soon as the caller says so", () => {
  check(
    `mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     madvise(0x7f0000000000, 4096, MADV_FREE) = 0`,
    `m1 = mmap(4K, rw, at=0x7f0000000000)
     madvise(m1, 4K, free)`,
    { simulated: new Set([...SIMULATED, "madvise free"]) },
  );
});

test("a mapping of huge pages is kept as a plain one", () => {
  check(
    "mmap(NULL, 2097152, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0) = 0x7f0000200000",
    `# not simulated: mmap(NULL, 2097152, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0) = 0x7f0000200000
     m1 = mmap(2M, rw, at=0x7f0000200000)`,
    { simulated: new Set([...SIMULATED].filter((name) => name !== "mmap hugetlb")) },
  );
});

test("huge pages of the pool are mapped as such, and cannot be split", () => {
  check(
    `mmap(NULL, 4194304, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, -1, 0) = 0x7f0000200000
     munmap(0x7f0000201000, 4096) = -1 EINVAL (Invalid argument)
     munmap(0x7f0000400000, 2097152) = 0`,
    `m1 = mmap(4M, rw, private|anonymous|hugetlb, at=0x7f0000200000)
     munmap(m1[1], 4K) -> EINVAL
     munmap(m1 + 2M, 2M)`,
  );
});

test("huge pages of another size than the simulated machine has become a plain mapping", () => {
  check(
    "mmap(NULL, 1073741824, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|30<<MAP_HUGE_SHIFT, -1, 0) = 0x7f0000000000",
    `# not simulated: mmap(NULL, 1073741824, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|30<<MAP_HUGE_SHIFT, -1, 0) = 0x7f0000000000
     m1 = mmap(1G, rw, at=0x7f0000000000)`,
  );
});

test("a memfd of huge pages is one of huge pages", () => {
  check(
    `memfd_create("x", MFD_CLOEXEC|MFD_HUGETLB) = 3
     ftruncate(3, 2097152) = 0
     mmap(NULL, 2097152, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = 0x7f0000200000`,
    `memfd_x = memfd(0, hugetlb=yes)
     ftruncate(memfd_x, 2M)
     m1 = mmap(2M, rw, shared|fixed_noreplace, fd=memfd_x, at=0x7f0000200000)`,
  );
});

test("raw and verbose flags read like names", () => {
  const trace = `m1 = mmap(8K, rw, private|anonymous|populate, at=0x7f0000000000)
    madvise(m1, 8K, dontneed)`;
  check(`mmap(NULL, 8192, 0x3, 0x8022, -1, 0) = 0x7f0000000000\nmadvise(0x7f0000000000, 8192, 0x4) = 0`, trace);
  check(
    `mmap(NULL, 8192, 0x3 /* PROT_READ|PROT_WRITE */, 0x8022 /* MAP_PRIVATE|MAP_ANONYMOUS|MAP_POPULATE */, -1, 0) = 0x7f0000000000
     madvise(0x7f0000000000, 8192, 0x4 /* MADV_DONTNEED */) = 0`,
    trace,
  );
});

test("mlockall is the mlock of each mapping, and of each later one", () => {
  check(
    `mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000002000
     mlockall(MCL_CURRENT|MCL_FUTURE) = 0
     mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000004000
     munlockall() = 0`,
    `m1 = mmap(4K, r, at=0x7f0000000000)
     m2 = mmap(4K, none, at=0x7f0000002000)
     mlock(m1, 4K)
     m3 = mmap(4K, r, at=0x7f0000004000)
     mlock(m3, 4K)
     munlock(m1, 4K)
     munlock(m3, 4K)`,
  );
});

test("--touch writes to the first page, or to all, of what can be written to", () => {
  const log = `mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
    mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = 0x7f0000100000
    mprotect(0x7f0000101000, 4096, PROT_READ|PROT_WRITE) = 0`;
  const first = `m1 = mmap(8K, rw, at=0x7f0000000000)
    write(m1)
    stack1 = mmap(8K, none, at=0x7f0000100000)
    mprotect(stack1[1], 4K, rw)
    write(stack1[1])`;
  check(log, first, { touch: "first" });
  check(log, first.replace("write(m1)", "write(m1, 0, 8K)").replace("write(stack1[1])", "write(stack1[1], 0, 4K)"), {
    touch: "all",
  });
});

test("remap_file_pages is the mmap that the kernel makes of it", () => {
  check(
    `mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = 0x7f0000000000
     remap_file_pages(0x7f0000000000, 8192, PROT_NONE, 4, MAP_FILE) = 0`,
    `f3 = file(32K, cached=yes)
     m1 = mmap(32K, rw, shared, fd=f3, at=0x7f0000000000)
     m2 = mmap(8K, rw, shared|fixed|populate, fd=f3, offset=0x4000, at=0x7f0000000000)`,
  );
});

test("vmsplice and process_vm_readv are the references they are", () => {
  check(
    `10 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     10 vmsplice(4, [{iov_base=0x7f0000000000, iov_len=4096}], 1, 0) = 4096
     10 clone(child_stack=NULL, flags=SIGCHLD) = 11
     11 process_vm_readv(10, [{iov_base=0x7ffd1000, iov_len=16}], 1, [{iov_base=0x7f0000001000, iov_len=16}], 1, 0) = 16`,
    `m1 = mmap(8K, rw, at=0x7f0000000000)
     pipe1 = vmsplice(m1, 4K)
     pid_11 = fork()
     pid_11: process_vm_readv(main, m1[1], 16)`,
  );
});

test("what is no line of strace is reported with its number; nothing else is lost", () => {
  const { report, lines } = imported("hello\nbrk(NULL) = 0x55dc0193e000\n\n\x07bell");
  assert.deepEqual(report.unreadable, [
    { file: "log", line: 1, text: "hello" },
    { file: "log", line: 4, text: "·bell" },
  ]);
  assert.deepEqual(lines, ["brk(0x55dc0193e000)"]);
});

test("a log without a single line of strace is an error", () => {
  assert.match(imported("nothing\nhere\n").error ?? "", /no line of strace/);
  assert.match(imported("").error ?? "", /no line of strace/);
  assert.equal(imported("brk(NULL) = 0x1000").error, undefined);
});

test("each line carries its source, and the header what was counted", () => {
  const { text } = imported("1 brk(NULL) = 0x55dc0193e000\n1 exit_group(0) = ?", { files: ["a.strace"] });
  assert.match(text, /^# Imported from a\.strace\.$/m);
  assert.match(text, /^brk\(0x55dc0193e000\) {2,}# a\.strace:1$/m);
  assert.match(text, /^exit\(\) {2,}# a\.strace:2$/m);
  assert.match(text, /^# operations: brk 1, exit 1$/m);
  assert.match(text, /^kernel 6\.18$/m);
});
