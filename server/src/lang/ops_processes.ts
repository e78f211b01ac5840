// Processes: made, replaced, ended.

import { sys_clone, sys_execve, sys_exit, sys_fork, sys_vfork } from "../mm/syscalls.ts";
import { type Arguments, done, made, operation, required } from "./op.ts";
import { CLONE_FLAGS } from "./op_words.ts";
import type { OpSpec } from "./ops.ts";

const group = "Processes";

export const PROCESS_OPS: readonly OpSpec[] = [
  operation({
    name: "fork",
    group,
    params: [],
    result: "process",
    errnos: [["ENOMEM", "No memory for page tables, or for copies of pinned pages."]],
    doc: "Makes a child with a copy of the address space. Private pages are shared: refcount + 1, mapcount + 1, exclusive cleared, both entries write-protected, so that the next write of either copies or reuses. From 5.9 on pages that the parent may have pinned are copied for the child at once. Memory that was only read has no anon_vma and is not copied: the child faults again.\n\n`copy_page_range()`, mm/memory.c; `dup_mmap()`, kernel/fork.c; mm-semantics §3.",
    example: "child = fork()",
    perform: (a) => made(sys_fork(a.k, a.task, childName(a)), "process"),
  }),
  operation({
    name: "vfork",
    group,
    params: [],
    result: "process",
    errnos: [["ENOMEM", "No memory."]],
    doc: "Makes a child in the parent's own address space (`CLONE_VM|CLONE_VFORK`): nothing is copied, both see every change. That the parent waits is not modelled; the trace's order is the order.\n\n`kernel_clone()`, kernel/fork.c.",
    example: "child = vfork()",
    perform: (a) => made(sys_vfork(a.k, a.task, childName(a)), "process"),
  }),
  operation({
    name: "clone",
    group,
    params: [required("flags", { kind: "flags", words: CLONE_FLAGS }, "`vm` shares the address space; 0 is a fork.")],
    result: "process",
    errnos: [["ENOMEM", "No memory."]],
    doc: "Makes a process: with `vm` in the caller's address space (a thread's memory), without it as `fork()` does.\n\n`kernel_clone()`, kernel/fork.c.",
    example: "thread = clone(vm)",
    perform: (a) => made(sys_clone(a.k, a.task, childName(a), a.words(0).words.includes("vm")), "process"),
  }),
  operation({
    name: "execve",
    group,
    params: [],
    errnos: [["ENOMEM", "No memory for a page table."]],
    doc: "Replaces the address space by an empty one. The old one is undone when nobody else uses it. What the loader maps is up to the trace.\n\n`exec_mmap()`, fs/exec.c.",
    example: "child: execve()",
    perform: (a) => done(sys_execve(a.k, a.task)),
  }),
  operation({
    name: "exit",
    group,
    params: [],
    doc: "Ends the process: all mappings go, with each page's mapcount - 1 and refcount - 1, and `io_uring_register`'s pins are released. Pipes and devices keep what they hold.\n\n`do_exit()`, kernel/exit.c; `exit_mmap()`, mm/mmap.c; mm-semantics §5.1.",
    example: "child: exit()",
    perform: (a) => done(sys_exit(a.k, a.task)),
  }),
];

// A child that no line names is called after its parent.
function childName(a: Arguments): string {
  return a.name === "" ? `${a.k.side.taskNames[a.task]}-child` : a.name;
}
