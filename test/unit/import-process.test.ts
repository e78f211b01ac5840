import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./imported.ts";

/** The trace of a log, line by line, without sources. */
function check(log: string, trace: string): void {
  const clean = (text: string): string[] =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  assert.deepEqual(imported(clean(log).join("\n")).lines, clean(trace));
}

const FORK = "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD";
const THREAD = "clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD, exit_signal=0}";
const MAP = "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0";

test("a fork is a clone without CLONE_VM; the child knows its parent's mappings", () => {
  check(
    `7 ${MAP}) = 0x7f0000000000
     7 ${FORK}, child_tidptr=0x7f00) = 8
     8 munmap(0x7f0000000000, 4096) = 0
     8 exit_group(0) = ?
     8 +++ exited with 0 +++`,
    `m1 = mmap(4K, rw, at=0x7f0000000000)
     pid_8 = fork()
     pid_8: munmap(m1)
     pid_8: exit()`,
  );
});

test("a child that has lines before its birth returns is born where the birth began", () => {
  check(
    `7 execve("/bin/sh", ["sh"], 0x7f /* 1 var */) = 0
     7 ${FORK} <unfinished ...>
     8 ${MAP}) = 0x7f0000000000
     7 <... clone resumed>, child_tidptr=0x7f00) = 8`,
    `execve()
     sh_2 = fork()
     sh_2: m1 = mmap(4K, rw, at=0x7f0000000000)`,
  );
});

test("of two births in flight, the line on which one returns tells whose child it is", () => {
  check(
    `7 execve("/bin/make", ["make"], 0x7f /* 1 var */) = 0
     7 ${FORK}) = 8
     7 ${FORK} <unfinished ...>
     8 ${FORK} <unfinished ...>
     10 exit_group(0) = ?
     7 <... clone resumed>) = 9
     8 <... clone resumed>) = 10`,
    `execve()
     make_2 = fork()
     make_3 = fork()
     make_2: make_4 = fork()
     make_4: exit()`,
  );
});

test("a process is called after the program that it execs", () => {
  check(
    `7 execve("/usr/bin/gcc", ["gcc"], 0x7f /* 1 var */) = 0
     7 vfork( <unfinished ...>
     8 execve("/usr/lib/gcc/cc1", ["cc1"], 0x7f /* 1 var */ <unfinished ...>
     7 <... vfork resumed>) = 8
     7 ${MAP}) = 0x7f0000000000
     8 <... execve resumed>) = 0
     8 ${MAP}) = 0x7f0000000000`,
    `execve()
     cc1 = vfork()
     cc1: execve()
     m1 = mmap(4K, rw, at=0x7f0000000000)
     cc1: m2 = mmap(4K, rw, at=0x7f0000000000)`,
  );
});

test("posix_spawn's clone3 with CLONE_VFORK is a vfork; CLONE_VM alone is a clone that shares memory", () => {
  check(
    `7 clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7f00}, 88) = 8
     8 exit_group(0) = ?
     7 clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_FS|SIGCHLD) = 9
     9 ${MAP}) = 0x7f0000000000
     7 munmap(0x7f0000000000, 4096) = 0`,
    `pid_8 = vfork()
     pid_8: exit()
     pid_9 = clone(vm)
     pid_9: m1 = mmap(4K, rw, at=0x7f0000000000)
     munmap(m1)`,
  );
});

test("raw flags of clone tell the same", () => {
  check("7 clone(child_stack=NULL, flags=0x1200000|17, child_tidptr=0x7f00) = 8", "pid_8 = fork()");
});

test("what a thread does is its process's, and a thread's exit ends no process", () => {
  check(
    `7 ${THREAD} => {parent_tid=[8]}, 88) = 8
     8 ${MAP}) = 0x7f0000000000
     8 exit(0) = ?
     8 +++ exited with 0 +++
     7 munmap(0x7f0000000000, 4096) = 0
     7 exit(0) = ?`,
    `m1 = mmap(4K, rw, at=0x7f0000000000)
     munmap(m1)
     exit()`,
  );
});

test("exit_group of a thread ends the process; what the others were doing is counted", () => {
  const log = `7 ${THREAD} => {parent_tid=[8]}, 88) = 8
7 ${MAP} <unfinished ...>
8 exit_group(0) = ?
7 <... mmap resumed>) = ?
8 +++ exited with 0 +++
7 +++ exited with 0 +++`;
  check(log, "exit()");
  assert.deepEqual([...imported(log).report.dropped], [["calls of a process that has ended", 1]]);
});

test("an execve of a thread leaves the process with one, under its first id", () => {
  check(
    `7 ${THREAD} => {parent_tid=[8]}, 88) = 8
     7 pause( <unfinished ...>
     8 execve("/bin/true", ["true"], 0x7f /* 1 var */ <pid changed to 7 ...>
     7 +++ superseded by execve in pid 8 +++
     7 <... execve resumed>) = 0
     7 exit_group(0) = ?`,
    `execve()
     exit()`,
  );
});

test("memory given to one thread was freed by the call of another that has not returned yet", () => {
  check(
    `7 ${MAP}) = 0x7f0000000000
     7 ${THREAD} => {parent_tid=[8]}, 88) = 8
     7 munmap(0x7f0000000000, 4096 <unfinished ...>
     8 ${MAP}) = 0x7f0000000000
     7 <... munmap resumed>) = 0
     8 mprotect(0x7f0000000000, 4096, PROT_READ) = 0`,
    `m1 = mmap(4K, rw, at=0x7f0000000000)
     munmap(m1)
     m2 = mmap(4K, rw, at=0x7f0000000000)
     mprotect(m2, 4K, r)`,
  );
});

test("a process that nobody bears is declared", () => {
  check(
    `7 ${MAP}) = 0x7f0000000000
     9 ${MAP}) = 0x7f0000000000`,
    `m1 = mmap(4K, rw, at=0x7f0000000000)
     process pid_9
     pid_9: m2 = mmap(4K, rw, at=0x7f0000000000)`,
  );
});

test("a pid that is used again is another process", () => {
  check(
    `7 ${FORK}) = 8
     8 exit_group(0) = ?
     7 ${FORK}) = 8
     8 ${MAP}) = 0x7f0000000000`,
    `pid_8 = fork()
     pid_8: exit()
     pid_8_2 = fork()
     pid_8_2: m1 = mmap(4K, rw, at=0x7f0000000000)`,
  );
});

test("a death by SIGSEGV is the access that was not mapped, then the exit", () => {
  check(
    `7 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---
     7 +++ killed by SIGSEGV +++`,
    `read(0x10) -> SIGSEGV
     exit()`,
  );
});

test("an access that was not allowed is a write where reading is, else a read; a handler lets the process go on", () => {
  check(
    `7 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
     7 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=0x7f0000000008} ---
     7 mprotect(0x7f0000000000, 4096, PROT_NONE) = 0
     7 --- SIGSEGV {si_signo=11, si_code=0x2, si_addr=0x7f0000000000} ---
     7 munmap(0x7f0000000000, 4096) = 0`,
    `m1 = mmap(4K, r, at=0x7f0000000000)
     write(m1 + 8) -> SIGSEGV
     mprotect(m1, 4K, none)
     read(m1) -> SIGSEGV
     munmap(m1)`,
  );
});

test("SIGBUS tells where a file ends when the log does not", () => {
  check(
    `7 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = 0x7f0000000000
     7 --- SIGBUS {si_signo=SIGBUS, si_code=BUS_ADRERR, si_addr=0x7f0000001000} ---
     7 +++ killed by SIGBUS +++`,
    `f3 = file(8K, cached=yes)
     m1 = mmap(8K, rw, shared, fd=f3, at=0x7f0000000000)
     ftruncate(f3, 4K)
     read(m1[1]) -> SIGBUS
     exit()`,
  );
});

test("another death is an exit that says so", () => {
  assert.match(
    imported("7 brk(NULL) = 0x1000\n7 +++ killed by SIGKILL +++").text,
    /^exit\(\) {2,}# log:2 killed by SIGKILL$/m,
  );
});

test("a failing execve changes nothing and keeps its errno as a comment", () => {
  const { lines, report } = imported(
    '7 execve("/no", ["no"], 0x7f /* 1 var */) = -1 ENOENT (No such file or directory)',
  );
  assert.match(lines[0]!, /^# .*execve\("\/no".*ENOENT/);
  assert.deepEqual([...report.failuresAsComments], [["execve ENOENT", 1]]);
});

test("a notice that cut a line in two does no harm", () => {
  check(
    `execve("/bin/sh", ["sh"], 0x7f /* 1 var */) = 0
     ${FORK}strace: Process 8 attached
     , child_tidptr=0x7f00) = 8
     [pid 7] ${MAP}, -1, 0strace: Process 9 attached
     ) = 0x7f0000000000`.replace("0, -1, 0", "0"),
    `execve()
     sh_2 = fork()
     m1 = mmap(4K, rw, at=0x7f0000000000)`,
  );
});

test("lines without a pid are the first process's while it is alone, and of whoever is left", () => {
  check(
    `${MAP}) = 0x7f0000000000
     ${FORK}) = 8
     [pid 7] munmap(0x7f0000000000, 4096) = 0
     [pid 7] exit_group(0) = ?
     [pid 7] +++ exited with 0 +++
     munmap(0x7f0000000000, 4096) = 0
     exit_group(0) = ?`,
    `m1 = mmap(4K, rw, at=0x7f0000000000)
     pid_8 = fork()
     munmap(m1)
     exit()
     pid_8: munmap(m1)
     pid_8: exit()`,
  );
});
