// Which accesses does the log let the trace make: deaths and handled faults from signals, page faults from perf?

import { MAP, pageDown, pageUp, TASK_SIZE } from "./abi.ts";
import { exact, field, number } from "./call.ts";
import { address, type Source } from "./emit.ts";
import type { PageFault } from "./faults.ts";
import { mmapText } from "./mapping.ts";
import { hex, size } from "./names.ts";
import type { Process } from "./process.ts";
import { type Area, plainArea } from "./space.ts";
import type { Translation } from "./translation.ts";

/**
 * `--- SIGSEGV {si_code=SEGV_ACCERR, si_addr=0x…} ---` as the access that raised it. True when a line could be written.
 * Whether it was a read or a write the log does not say: a write where reading is allowed, else a read.
 */
export function signal(t: Translation, process: Process, name: string, fields: string, source: Source): boolean {
  const at = number(field(fields, "si_addr"));
  const code = (field(fields, "si_code") ?? "").split(" ", 1)[0]!;
  if (Number.isNaN(at)) return false;
  const written = name === "SIGSEGV" ? segv(t, process, at, code, source) : bus(t, process, at, code, source);
  if (!written) t.writer.comment(`${name} at ${hex(at)} (${code}) cannot be had from what the log shows`, source);
  return written;
}

function segv(t: Translation, process: Process, at: number, code: string, source: Source): boolean {
  if (!exact(at) || at >= TASK_SIZE) return false;
  const absent = code === "SEGV_MAPERR" || code === "0x1";
  if (!absent && code !== "SEGV_ACCERR" && code !== "0x2") return false;
  let area = process.space.at(at);
  if (absent) {
    if (area !== undefined || process.space.above(at)?.growsdown) return false;
    expectSignal(t, process, `read(${hex(at)})`, "SIGSEGV", source);
    return true;
  }
  if (area === undefined) area = forbidden(t, process, at, source);
  if ((area.prot & 2) !== 0) return false;
  expectSignal(t, process, `${area.prot & 1 ? "write" : "read"}(${address(process.space, at)})`, "SIGSEGV", source);
  return true;
}

/** An access that was not allowed tells of a mapping; what allows nothing answers to reads and writes alike. */
function forbidden(t: Translation, process: Process, at: number, source: Source): Area {
  const start = pageDown(at);
  const name = t.name("seg", start, 4096);
  const how = MAP.MAP_PRIVATE! | MAP.MAP_ANONYMOUS! | MAP.MAP_FIXED_NOREPLACE!;
  t.tally.add(t.tally.supplied, "plain mappings");
  t.writer.operation(
    process,
    mmapText(name.text, 4096, 0, how, undefined, 0, start),
    source,
    "not in the log: told by the fault",
  );
  const area: Area = { ...plainArea(start, start + 4096, name), prot: 0 };
  process.space.add(area);
  return area;
}

/** SIGBUS is an access past the end of a file; where the log does not know the end, the signal tells it. */
function bus(t: Translation, process: Process, at: number, code: string, source: Source): boolean {
  const area = exact(at) ? process.space.at(at) : undefined;
  if ((code !== "BUS_ADRERR" && code !== "0x2") || area?.file === undefined || (area.prot & 1) === 0) return false;
  const page = pageDown(at) - area.start + area.offset;
  if (page < pageUp(area.file.size)) {
    area.file.size = page;
    t.tally.add(t.tally.supplied, "file sizes");
    t.writer.operation(
      process,
      `ftruncate(${area.file.name}, ${size(page)})`,
      source,
      "the fault below tells where the file ends",
    );
  }
  expectSignal(t, process, `read(${address(process.space, at)})`, "SIGBUS", source);
  return true;
}

function expectSignal(t: Translation, process: Process, text: string, name: string, source: Source): void {
  t.access(process, `${text} -> ${name}`, 0, source, "signal");
  process.faulted = true;
}

/** A page fault of `perf script` as the access of its page. */
export function pageFault(t: Translation, process: Process, fault: PageFault, source: Source): void {
  const why = accessOf(t, process, fault, source);
  if (why !== undefined) t.tally.drop(`page faults ${why}`);
}

/** Writes the access; else says what kind of fault it is that cannot be written. */
function accessOf(t: Translation, process: Process, fault: PageFault, source: Source): string | undefined {
  const { space } = process;
  const at = pageDown(fault.address);
  if (!exact(fault.address) || at >= TASK_SIZE) return "of addresses outside of user space";
  if (t.crowded(space) || !t.supply(process, at, at + 4096, source, "touched by the fault below")) {
    return "beyond 65530 mappings";
  }
  const area = space.at(at)!;
  const write = (fault.write ?? true) && (area.prot & 2) !== 0;
  if (!write && (area.prot & 5) === 0) return "that the mapping does not allow";
  t.growFile(process, area, at, at + 4096, source);
  const past = area.file !== undefined && at - area.start + area.offset >= pageUp(area.file.size);
  if (past) return "past the end of the file";
  t.access(process, `${write ? "write" : "read"}(${address(space, at)})`, 4096, source, "page fault");
  if (!area.touched) space.change(area.start, area.end, (part) => ({ ...part, touched: true }));
  return undefined;
}
