// Which system call is translated by which function, and which calls do nothing to an address space?

import { failed } from "./failing.ts";
import { descriptors, ftruncate, memfdCreate, vectors } from "./life.ts";
import { mmap, mremap, remapFilePages } from "./mapping.ts";
import type { Process } from "./process.ts";
import { brk, madvise, mlock, mlockall, mprotect, msync, munlockall, munmap } from "./range.ts";
import { type Call, comment, NO_EFFECT, NOT_SIMULATED, type Translation, type Verdict } from "./translation.ts";

type Translate = (t: Translation, process: Process, call: Call) => Verdict;

const notSimulated: Translate = () => comment(NOT_SIMULATED);
const noEffect: Translate = () => NO_EFFECT;

/** Births, execve and exits are not here: replay.ts handles them, since they change whose a line is. */
const CALLS: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ["mmap", mmap],
  ["mmap2", mmap],
  ["old_mmap", mmap],
  ["munmap", munmap],
  ["mprotect", mprotect],
  ["pkey_mprotect", mprotect],
  ["mremap", mremap],
  ["remap_file_pages", remapFilePages],
  ["madvise", madvise],
  ["brk", brk],
  ["mlock", mlock],
  ["mlock2", mlock],
  ["munlock", mlock],
  ["mlockall", mlockall],
  ["munlockall", munlockall],
  ["msync", msync],
  ["memfd_create", memfdCreate],
  ["ftruncate", ftruncate],
  ["ftruncate64", ftruncate],
  ["vmsplice", vectors],
  ["process_vm_readv", vectors],
  ["open", descriptors],
  ["openat", descriptors],
  ["creat", descriptors],
  ["fstat", descriptors],
  ["newfstatat", descriptors],
  ["close", descriptors],
  ["dup", descriptors],
  ["dup2", descriptors],
  ["dup3", descriptors],
  // They change memory, but the log does not tell enough, or the language has no word for it.
  ["shmat", () => comment("the log does not tell the size")],
  ["shmdt", () => comment("the log does not tell the size")],
  ["mseal", notSimulated],
  ["syscall_0x1ce", notSimulated],
  ["fallocate", notSimulated],
  ["process_madvise", notSimulated],
  ["process_vm_writev", notSimulated],
  ["userfaultfd", notSimulated],
  ["mbind", notSimulated],
  ["migrate_pages", notSimulated],
  ["move_pages", notSimulated],
  ["set_mempolicy_home_node", notSimulated],
  ["map_shadow_stack", notSimulated],
  ["mincore", noEffect],
]);

/** Whether a call is one that the trace is made of, so that its arguments are worth reading. */
export const isTranslated = (name: string): boolean => CALLS.has(name);

/** Translates a call that has returned, and says what became of it. */
export function translate(t: Translation, process: Process, call: Call): void {
  const { tally } = t;
  if (call.result.errno !== "") {
    failure(t, process, call);
    return;
  }
  if (Number.isNaN(call.result.value)) {
    tally.add(tally.dropped, "calls without a result");
    return;
  }
  const verdict = CALLS.get(call.name)!(t, process, call);
  if (verdict.kind === "no effect") {
    tally.add(tally.withoutEffect, call.name);
    return;
  }
  tally.succeeded++;
  if (verdict.kind === "operation") tally.asOperations++;
  else asComment(t, call, verdict.reason);
}

function failure(t: Translation, process: Process, call: Call): void {
  const { tally } = t;
  const { errno } = call.result;
  if (CALLS.get(call.name) === descriptors || CALLS.get(call.name) === noEffect) {
    tally.add(tally.withoutEffect, call.name);
    return;
  }
  if (failed(t, process, call)) {
    tally.add(tally.failuresKept, errno);
    return;
  }
  tally.add(tally.failuresAsComments, `${call.name} ${errno}`);
  t.writer.comment(`fails for a cause the language cannot express: ${shortened(call.text)}`, call.source);
}

/** A successful call that is no operation. */
function asComment(t: Translation, call: Call, reason: string): void {
  t.tally.add(t.tally.comments, `${kindOf(call)} (${reason})`);
  if (reason === NOT_SIMULATED) t.tally.notSimulated++;
  if (call.name.startsWith("mmap") && reason === NOT_SIMULATED) return; // written before its plain mapping
  t.writer.comment(`${reason}: ${shortened(call.text)}`, call.source);
}

/** The kind a comment is counted by: an advice is a kind of its own. */
function kindOf(call: Call): string {
  if (call.name !== "madvise" || call.args[2] === undefined) return call.name;
  return `madvise ${call.args[2].replace(/[^A-Za-z0-9_].*$/, "")}`;
}

const SHOWN = 200;

const shortened = (text: string): string => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);
