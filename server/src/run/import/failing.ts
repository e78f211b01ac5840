// Can the trace say why a call failed?
//
// A failure is kept with `-> ERRNO` when the shadow of the address space shows its cause: a hole, an odd address, a length of 0,
// a place that is taken. Where the cause is something that the language has no word for (a limit, a seal, the rights of a
// descriptor), the call becomes a comment with its errno.

import { HUGE_PAGE, MAP, MAP_TYPE, MREMAP, PROT, pageUp, TASK_SIZE } from "./abi.ts";
import { exact, flags, number } from "./call.ts";
import { address } from "./emit.ts";
import { mmapText, remapWords } from "./mapping.ts";
import { hex, protection, size } from "./names.ts";
import type { Process } from "./process.ts";
import { adviceWord, advised } from "./range.ts";
import { mergeable, type Space } from "./space.ts";
import { type Call, pages, type Translation } from "./translation.ts";

/** Writes a failed call with its errno, if the language can express it. */
export function failed(t: Translation, process: Process, call: Call): boolean {
  const text = kept(t, process, call);
  if (text === undefined) return false;
  t.operation(process, text.slice(0, text.indexOf("(")), `${text} -> ${call.result.errno}`, call.source);
  return true;
}

function kept(t: Translation, process: Process, call: Call): string | undefined {
  switch (call.name) {
    case "mmap":
    case "mmap2":
      return failedMmap(process.space, call);
    case "munmap":
      return call.result.errno === "EINVAL" ? failedRange(process.space, call, "munmap") : undefined;
    case "mprotect":
      return failedMprotect(process.space, call);
    case "mremap":
      return failedMremap(process.space, call);
    case "madvise":
      return failedMadvise(t, process, call);
    case "mlock":
    case "munlock":
      return failedRange(process.space, call, call.name);
    case "msync":
      return call.result.errno === "ENOMEM" ? failedRange(process.space, call, "msync") : undefined;
    default:
      return undefined;
  }
}

const misaligned = (n: number): boolean => n % 4096 !== 0;

function failedMmap(space: Space, call: Call): string | undefined {
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  const prot = flags(call.args[2], PROT);
  const { bits } = flags(call.args[3], MAP);
  const fd = number(call.args[4]);
  const offset = number(call.args[5]);
  if (!exact(at) || !exact(length) || prot.unknown || prot.bits & ~7) return undefined;
  const anonymous = (bits & MAP.MAP_ANONYMOUS!) !== 0;
  const fixed = (bits & (MAP.MAP_FIXED! | MAP.MAP_FIXED_NOREPLACE!)) !== 0;
  const type = bits & MAP_TYPE;
  const text = (): string => mmapText(undefined, length, prot.bits, bits, undefined, offset, at === 0 ? undefined : at);
  switch (call.result.errno) {
    case "EINVAL":
      return (anonymous || fd === -1) && (length === 0 || (fixed && misaligned(at)) || type === 0) ? text() : undefined;
    case "EBADF":
      return !anonymous && fd === -1 && length > 0 ? text() : undefined;
    case "EEXIST":
      return bits & MAP.MAP_FIXED_NOREPLACE! && space.overlaps(at, at + pageUp(length)) ? text() : undefined;
    case "ENOMEM":
      return anonymous && length > TASK_SIZE && (bits & MAP.MAP_HUGETLB!) === 0 ? text() : undefined;
    default:
      return undefined;
  }
}

/** Calls on (addr, length) that fail for an odd address, a length of 0 (munmap) or a hole. */
function failedRange(space: Space, call: Call, name: string): string | undefined {
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  if (!exact(at) || !exact(length)) return undefined;
  const text = `${name}(${address(space, at)}, ${size(length)})`;
  if (call.result.errno === "EINVAL") {
    return name === "munmap" && (misaligned(at) || length === 0 || splitsHugePage(space, at, length))
      ? text
      : undefined;
  }
  if (call.result.errno !== "ENOMEM" || name === "munmap") return undefined;
  const { start, end } = pages(at, length);
  const hole = space.holes(start, end)[0];
  if (hole === undefined) return undefined;
  if (name === "mlock") space.change(start, hole.start, (area) => ({ ...area, locked: true }));
  if (name === "munlock") space.change(start, hole.start, (area) => ({ ...area, locked: false }));
  return text;
}

/** Whether a range begins or ends within a huge page of hugetlb. */
function splitsHugePage(space: Space, at: number, length: number): boolean {
  const { start, end } = pages(at, length);
  const inside = (address: number): boolean =>
    address % HUGE_PAGE !== 0 &&
    space.within(address, address + 1).some((area) => area.huge === "pages" && area.start < address);
  return inside(start) || inside(end);
}

function failedMprotect(space: Space, call: Call): string | undefined {
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  const prot = flags(call.args[2], PROT);
  if (!exact(at) || !exact(length) || prot.unknown || prot.bits & ~7) return undefined;
  const text = `mprotect(${address(space, at)}, ${size(length)}, ${protection(prot.bits)})`;
  if (call.result.errno === "EINVAL") return misaligned(at) || splitsHugePage(space, at, length) ? text : undefined;
  if (call.result.errno !== "ENOMEM") return undefined;
  const { start, end } = pages(at, length);
  const hole = space.holes(start, end)[0];
  if (hole === undefined) return undefined;
  // What lies before the hole has been changed when the kernel finds it.
  space.change(start, hole.start, (area) => ({ ...area, prot: prot.bits }));
  return text;
}

function failedMremap(space: Space, call: Call): string | undefined {
  const from = number(call.args[0]);
  const oldLength = number(call.args[1]);
  const newLength = number(call.args[2]);
  const how = flags(call.args[3], MREMAP);
  const to = number(call.args[4]);
  if (![from, oldLength, newLength].every(exact) || how.unknown) return undefined;
  const args = [address(space, from), size(oldLength), size(newLength)];
  const words = remapWords(how.bits);
  if (words !== "") args.push(words);
  if (exact(to)) args.push(`to=${hex(to)}`);
  const text = `mremap(${args.join(", ")})`;
  const parts = space.within(from, from + pageUp(oldLength));
  const whole = space.holes(from, from + Math.max(4096, pageUp(oldLength))).length === 0;
  const single = parts.every((part, i) => i === 0 || mergeable(parts[i - 1]!, part));
  const end = from + pageUp(oldLength);
  switch (call.result.errno) {
    case "EINVAL": {
      const alone = (how.bits & MREMAP.MREMAP_FIXED!) !== 0 && (how.bits & MREMAP.MREMAP_MAYMOVE!) === 0;
      return misaligned(from) || newLength === 0 || alone ? text : undefined;
    }
    case "EFAULT":
      // The first page must be mapped, and what is to grow must be one mapping.
      return space.at(from) === undefined || (!single && newLength > oldLength) ? text : undefined;
    case "ENOMEM": {
      const stays = (how.bits & MREMAP.MREMAP_MAYMOVE!) === 0 && newLength > oldLength && whole && single;
      const blocked = space.overlaps(end, from + pageUp(newLength)) || from + newLength > TASK_SIZE;
      return stays && blocked ? text : undefined;
    }
    default:
      return undefined;
  }
}

function failedMadvise(t: Translation, process: Process, call: Call): string | undefined {
  const { space } = process;
  const at = number(call.args[0]);
  const length = number(call.args[1]);
  const word = adviceWord(call.args[2]);
  if (!exact(at) || !exact(length) || word === undefined || !t.simulates(`madvise ${word}`)) return undefined;
  const text = `madvise(${address(space, at)}, ${size(length)}, ${word})`;
  const { start, end } = pages(at, length);
  const parts = space.within(start, end);
  const holes = space.holes(start, end).length > 0;
  switch (call.result.errno) {
    case "EINVAL": {
      if (misaligned(at)) return text;
      if (word === "dontneed" && parts.some((area) => area.locked)) return text;
      const needed = word === "populate_write" ? 2 : word === "populate_read" ? 1 : 0;
      return needed !== 0 && !holes && parts.some((area) => (area.prot & needed) === 0) ? text : undefined;
    }
    case "ENOMEM":
      if (!holes) return undefined;
      // The parts that are mapped have been advised all the same.
      advised(process, start, end, word);
      return text;
    default:
      return undefined;
  }
}
