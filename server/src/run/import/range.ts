// How do the calls on a range of addresses come into the trace: munmap, mprotect, madvise, mlock, msync, brk?
//
// A call that succeeded had mappings under all of its range (but for munmap), so what the shadow lacks there is supplied first.

import { ADVICE, HUGE_PAGE, MCL, MS, PROT, pageUp, TASK_SIZE } from "./abi.ts";
import { exact, flags, number } from "./call.ts";
import { address, range, type Source } from "./emit.ts";
import { lock } from "./mapping.ts";
import { hex, protection, size } from "./names.ts";
import type { Process } from "./process.ts";
import { type Area, plainArea } from "./space.ts";
import {
  type Call,
  comment,
  DONE,
  NO_EFFECT,
  NOT_SIMULATED,
  pages,
  type Translation,
  type Verdict,
} from "./translation.ts";

const CROWDED = comment("more than 65530 mappings");
const UNREADABLE = comment("unreadable address or length");

export function munmap(t: Translation, process: Process, call: Call): Verdict {
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  if (!exact(at) || !exact(length)) return UNREADABLE;
  t.operation(process, "munmap", `munmap(${range(process.space, at, length)})`, call.source);
  process.space.unmap(at, at + pageUp(length));
  return DONE;
}

export function mprotect(t: Translation, process: Process, call: Call): Verdict {
  const { space } = process;
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  const prot = flags(call.args[2], PROT);
  if (!exact(at) || !exact(length)) return UNREADABLE;
  if (prot.bits & ~7 || prot.unknown) return comment(NOT_SIMULATED);
  if (call.name === "pkey_mprotect" && number(call.args[3]) !== -1) return comment(NOT_SIMULATED);
  const { start, end } = pages(at, length);
  if (t.crowded(space) || !t.supply(process, start, end, call.source, "needed by the mprotect below")) return CROWDED;
  const text = `mprotect(${address(space, at)}, ${size(length)}, ${protection(prot.bits)})`;
  t.operation(process, "mprotect", text, call.source);
  space.change(start, end, (area) => ({ ...area, prot: prot.bits }));
  t.doubt(space, start, end);
  t.touchArea(process, start, end, call.source);
  return DONE;
}

export function madvise(t: Translation, process: Process, call: Call): Verdict {
  const { space } = process;
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  if (!exact(at) || !exact(length)) return UNREADABLE;
  const word = adviceWord(call.args[2]);
  if (word === undefined || !t.simulates(`madvise ${word}`)) return comment(NOT_SIMULATED);
  const { start, end } = pages(at, length);
  if (t.crowded(space) || !t.supply(process, start, end, call.source, "needed by the madvise below")) return CROWDED;
  if (word.startsWith("populate")) populated(t, process, start, end, call.source);
  if (word === "collapse") collapsed(t, process, start, end, call.source);
  t.operation(process, "madvise", `madvise(${address(space, at)}, ${size(length)}, ${word})`, call.source);
  if (word === "populate_write") space.change(start, end, (area) => ({ ...area, touched: true }));
  advised(process, start, end, word);
  return DONE;
}

/** What became a huge page had pages before: where memory is anonymous and its own, a write to each stands for them. */
function collapsed(t: Translation, process: Process, start: number, end: number, source: Source): void {
  for (let at = Math.ceil(start / HUGE_PAGE) * HUGE_PAGE; at + HUGE_PAGE <= end; at += HUGE_PAGE) {
    const [area] = process.space.within(at, at + 1);
    if (area === undefined || area.file !== undefined || area.shared || (area.prot & 2) === 0) continue;
    t.access(process, `write(${address(process.space, at)})`, 1, source, "collapse");
    process.space.change(area.start, area.end, (part) => ({ ...part, touched: true }));
  }
}

/** What an advice changes in the shadow. */
export function advised(process: Process, start: number, end: number, word: string): void {
  if (word === "dontfork") process.space.change(start, end, (area) => ({ ...area, dontfork: true }));
  if (word === "dofork") process.space.change(start, end, (area) => ({ ...area, dontfork: false }));
}

function populated(t: Translation, process: Process, start: number, end: number, source: string): void {
  for (const area of process.space.within(start, end)) t.growFile(process, area, start, end, source);
  t.present += end - start;
}

/** The language's word for an advice; undefined when it has none, as for MADV_SEQUENTIAL. */
export function adviceWord(argument: string | undefined): string | undefined {
  const value = flags(argument, ADVICE_VALUES);
  if (value.unknown) return undefined;
  const word = ADVICE.find((advice) => advice.value === value.bits)?.word;
  return word === "" ? undefined : word;
}

const ADVICE_VALUES: Readonly<Record<string, number>> = Object.fromEntries(ADVICE.map((a) => [a.name, a.value]));

export function mlock(t: Translation, process: Process, call: Call): Verdict {
  const { space } = process;
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  if (!exact(at) || !exact(length)) return UNREADABLE;
  if (call.name === "mlock2" && number(call.args[2]) !== 0) return comment(NOT_SIMULATED);
  const { start, end } = pages(at, length);
  const why = `needed by the ${call.name} below`;
  if (t.crowded(space) || !t.supply(process, start, end, call.source, why)) return CROWDED;
  const locks = call.name !== "munlock";
  if (locks) populated(t, process, start, end, call.source);
  const operation = locks ? "mlock" : "munlock";
  t.operation(process, operation, `${operation}(${range(space, at, length)})`, call.source);
  space.change(start, end, (area) => ({ ...area, locked: locks, touched: area.touched || locks }));
  return DONE;
}

/** mlockall() is the mlock() of each mapping; MCL_FUTURE that of each later one too. */
export function mlockall(t: Translation, process: Process, call: Call): Verdict {
  const how = flags(call.args[0], MCL).bits;
  if (how & MCL.MCL_ONFAULT!) return comment(NOT_SIMULATED);
  if (how & MCL.MCL_CURRENT!) lock(t, process, 0, Number.MAX_SAFE_INTEGER, call.source);
  process.space.lockFuture = (how & MCL.MCL_FUTURE!) !== 0;
  return DONE;
}

export function munlockall(t: Translation, process: Process, call: Call): Verdict {
  const { space } = process;
  space.lockFuture = false;
  for (const area of [...space.all()]) {
    if (!area.locked) continue;
    const text = `munlock(${address(space, area.start)}, ${size(area.end - area.start)})`;
    t.operation(process, "munlock", text, call.source);
    space.change(area.start, area.end, (part) => ({ ...part, locked: false }));
  }
  return DONE;
}

/** MS_ASYNC has done nothing since 2.6.19; only MS_SYNC writes back. */
export function msync(t: Translation, process: Process, call: Call): Verdict {
  const { space } = process;
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  if (!exact(at) || !exact(length)) return UNREADABLE;
  if ((flags(call.args[2], MS).bits & MS.MS_SYNC!) === 0) return NO_EFFECT;
  const { start, end } = pages(at, length);
  if (t.crowded(space) || !t.supply(process, start, end, call.source, "needed by the msync below")) return CROWDED;
  t.operation(process, "msync", `msync(${range(space, at, length)})`, call.source);
  return DONE;
}

/**
 * The first break that the log shows is where the heap starts. brk() tells a refusal by the old break; the language's brk
 * comes to ENOMEM when the heap does not reach what was asked for.
 */
export function brk(t: Translation, process: Process, call: Call): Verdict {
  const { space } = process;
  const asked = number(call.args[0]);
  const now = call.result.value;
  if (!exact(now) || Number.isNaN(asked)) return UNREADABLE;
  if (asked !== 0 && asked !== now) return refused(t, process, asked, call);
  if (asked === 0 && space.brkStart !== undefined && now === space.brk) return NO_EFFECT;
  if (space.brkStart === undefined) space.brkStart = space.brk = now;
  if (now < space.brkStart) return comment("of a heap that began before the log");
  const before = pageUp(space.brk);
  const after = pageUp(now);
  space.brk = now;
  t.operation(process, "brk", `brk(${hex(now)})`, call.source);
  if (after < before) space.unmap(after, before);
  if (after > before) {
    space.add(heap(space.at(before - 1), before, after, space.brkStart));
    if (space.lockFuture) lock(t, process, before, after, call.source);
    t.touchArea(process, before, after, call.source);
  }
  return DONE;
}

/** Below its start the heap cannot end, and it stays; above, the trace must show what is in the way. */
function refused(t: Translation, process: Process, asked: number, call: Call): Verdict {
  const { brkStart, brk: end } = process.space;
  if (brkStart === undefined || !exact(asked))
    return comment("a break refused for a cause the language cannot express");
  const blocked = asked > TASK_SIZE || process.space.overlaps(pageUp(end), pageUp(asked));
  if (asked >= brkStart && !blocked) return comment("a break refused for a cause the language cannot express");
  t.operation(process, "brk", `brk(${hex(asked)})${asked < brkStart ? "" : " -> ENOMEM"}`, call.source);
  return DONE;
}

/** The heap's area grown to a new end. */
function heap(last: Area | undefined, before: number, after: number, start: number): Area {
  if (last !== undefined && last.start >= start && last.name === undefined && last.prot === 3)
    return { ...last, end: after };
  return plainArea(before, after, undefined);
}
