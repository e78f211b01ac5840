// How do processes begin, change and end in the trace: fork, vfork, clone, execve, exit?

import { CLONE, HUGE_PAGE, MFD } from "./abi.ts";
import { exact, field, flags, hugePageSize, number, quoted } from "./call.ts";
import { address, range, type Source } from "./emit.ts";
import { detach, identifier, size } from "./names.ts";
import type { Process } from "./process.ts";
import { Space } from "./space.ts";
import { type Call, comment, DONE, NO_EFFECT, NOT_SIMULATED, type Translation, type Verdict } from "./translation.ts";

/** The calls that make a new process or thread. */
export const BIRTHS: ReadonlySet<string> = new Set(["fork", "vfork", "clone", "clone2", "clone3"]);

export interface Birth {
  readonly thread: boolean;
  readonly sharesMemory: boolean;
  readonly sharesFiles: boolean;
  /** The parent waits until the child execs or exits. */
  readonly waits: boolean;
}

/** What kind of child a call makes. The text may still lack its end, since the flags come first. */
export function birthOf(name: string, text: string): Birth {
  if (name === "fork" || name === "vfork") {
    const waits = name === "vfork";
    return { thread: false, sharesMemory: waits, sharesFiles: false, waits };
  }
  const { bits } = flags(field(`{${text}`, "flags") ?? field(text, "flags") ?? "", CLONE);
  return {
    thread: (bits & CLONE.CLONE_THREAD!) !== 0,
    sharesMemory: (bits & CLONE.CLONE_VM!) !== 0,
    sharesFiles: (bits & CLONE.CLONE_FILES!) !== 0,
    waits: (bits & CLONE.CLONE_VFORK!) !== 0,
  };
}

/** A child comes into the trace; `program` is what it will exec, if the log is known to say so. */
export function bear(
  t: Translation,
  parent: Process,
  birth: Birth,
  pid: number,
  program: string | undefined,
  source: Source,
): void {
  if (birth.thread) {
    t.tally.threads++;
    t.processes.bind(pid, parent);
    return;
  }
  const child: Process = {
    name: t.names.unique(identifier(program ?? (parent.program || `pid_${pid}`))),
    program: parent.program,
    space: birth.sharesMemory ? parent.space : parent.space.fork(),
    files: birth.sharesFiles ? parent.files : { open: new Map(parent.files.open) },
    threads: new Set(),
    pid,
    alive: true,
    faulted: false,
  };
  t.processes.add(child);
  t.tally.processes++;
  const operation = birth.waits && birth.sharesMemory ? "vfork" : birth.sharesMemory ? "clone" : "fork";
  t.writer.paragraph();
  const text = `${child.name} = ${operation}(${operation === "clone" ? "vm" : ""})`;
  t.operation(parent, operation, text, source);
}

/** A process that the log does not bear: the first is `main`. */
export function appear(
  t: Translation,
  pid: number,
  comm: string | undefined,
  program: string | undefined,
  source: Source,
): Process {
  const first = t.tally.processes === 0;
  const process: Process = {
    name: first ? "main" : t.names.unique(identifier(program ?? comm ?? `pid_${pid}`)),
    program: detach(program ?? comm ?? ""),
    space: new Space(),
    files: { open: new Map() },
    threads: new Set(),
    pid,
    alive: true,
    faulted: false,
  };
  // The children of `main` are called after its program, so that the program's plain name would mislead.
  if (first && process.program !== "") t.names.unique(identifier(process.program));
  t.processes.add(process);
  t.tally.processes++;
  if (!first) {
    t.tally.add(t.tally.supplied, "processes");
    t.writer.declaration(`process ${process.name}`, source, "the log does not show its birth");
  }
  return process;
}

/** A successful execve: all memory is dropped. What the kernel maps then is not in the log. */
export function execve(t: Translation, process: Process, call: Call): void {
  const program = quoted(call.args[call.name === "execveat" ? 1 : 0]);
  if (program !== undefined) process.program = detach(program);
  t.writer.paragraph();
  t.operation(process, "execve", "execve()", call.source, program ?? "");
  process.space = new Space();
  const open = new Map(process.files.open);
  for (const [fd, file] of open) if (file.closeOnExec || !file.seen) open.delete(fd);
  process.files = { open };
}

/** The end of a process. Later lines of its threads say nothing more about memory. */
export function exit(t: Translation, process: Process, source: Source, note = ""): void {
  if (!process.alive) return;
  t.operation(process, "exit", "exit()", source, note);
  t.processes.died(process);
}

/** Calls on descriptors, which only a log of more than %memory,%process has. */
export function descriptors(_t: Translation, process: Process, call: Call): Verdict {
  const { open } = process.files;
  const fd = number(call.args[0]);
  switch (call.name) {
    case "openat":
    case "open":
    case "creat": {
      const at = call.name === "openat" ? 1 : 0;
      const path = detach(quoted(call.args[at]) ?? "");
      const closeOnExec = call.args[at + 1]?.includes("O_CLOEXEC") ?? false;
      const memory = path.startsWith("/dev/shm/");
      open.set(call.result.value, { file: undefined, path, size: undefined, seen: true, closeOnExec, memory });
      return NO_EFFECT;
    }
    case "fstat":
    case "newfstatat": {
      const file = open.get(fd);
      const bytes = number(field(call.args.find((arg) => arg.startsWith("{")) ?? "", "st_size"));
      const regular = call.args.some((arg) => arg.includes("S_IFREG"));
      const itself = call.name === "fstat" || call.args[1] === '""';
      if (file !== undefined && file.file === undefined && regular && itself && exact(bytes)) {
        open.set(fd, { ...file, size: bytes });
      }
      return NO_EFFECT;
    }
    case "close":
      open.delete(fd);
      return NO_EFFECT;
    case "dup":
    case "dup2":
    case "dup3": {
      const file = open.get(fd);
      if (file === undefined) open.delete(call.result.value);
      else open.set(call.result.value, file);
      return NO_EFFECT;
    }
    default:
      return NO_EFFECT;
  }
}

export function memfdCreate(t: Translation, process: Process, call: Call): Verdict {
  const how = flags(call.args[1], MFD).bits;
  const huge = (how & MFD.MFD_HUGETLB!) !== 0;
  if (huge && (hugePageSize(call.args[1]) ?? HUGE_PAGE) !== HUGE_PAGE) return comment(NOT_SIMULATED);
  const closeOnExec = (how & MFD.MFD_CLOEXEC!) !== 0;
  const name = detach(quoted(call.args[0]) ?? "");
  const file = t.files.memfd(process.files, call.result.value, name, closeOnExec, huge);
  t.operation(process, "memfd", `${file.name} = memfd(0${huge ? ", hugetlb=yes" : ""})`, call.source);
  return DONE;
}

/** ftruncate() of a file that the trace has; of another one it is only remembered. */
export function ftruncate(t: Translation, process: Process, call: Call): Verdict {
  const fd = number(call.args[0]);
  const bytes = number(call.args[1]);
  if (!exact(bytes)) return comment("unreadable address or length");
  const open = process.files.open.get(fd);
  if (open?.file === undefined) {
    if (open !== undefined) process.files.open.set(fd, { ...open, size: bytes });
    return NO_EFFECT;
  }
  open.file.size = bytes;
  open.file.sizeKnown = true;
  t.operation(process, "ftruncate", `ftruncate(${open.file.name}, ${size(bytes)})`, call.source);
  return DONE;
}

/** vmsplice() and process_vm_readv() of each buffer in the vector. */
export function vectors(t: Translation, process: Process, call: Call): Verdict {
  const remote = call.name === "process_vm_readv";
  const target = remote ? t.processes.of(number(call.args[0])) : process;
  const operation = remote ? "process_vm_readv" : "vmsplice";
  if (target === undefined || !target.alive) return comment("of a process that the log does not show");
  if (!t.simulates(operation)) return comment(NOT_SIMULATED);
  const vector = call.args[remote ? 3 : 1] ?? "";
  let written = 0;
  for (const part of vector.split("{").slice(1, 1025)) {
    const at = number(field(`{${part}`, "iov_base"));
    const length = number(field(`{${part}`, "iov_len"));
    if (!exact(at) || !exact(length) || length === 0) continue;
    if (!t.supply(target, at, at + length, call.source, `needed by the ${call.name} below`)) break;
    const what = range(target.space, at, length);
    if (remote) {
      const buffer = `${address(target.space, at)}, ${size(length)}`;
      t.operation(process, operation, `process_vm_readv(${target.name}, ${buffer})`, call.source);
    } else t.operation(process, operation, `${t.names.numbered("pipe")} = vmsplice(${what})`, call.source);
    written++;
  }
  return written > 0 ? DONE : comment("unreadable address or length");
}
