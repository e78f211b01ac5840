// How do mmap, mremap and remap_file_pages come into the trace, at the addresses that the log's kernel chose?
//
// `at=` without a flag is a hint that is honoured where nothing is mapped; where the shadow of the address space says that
// something is, the line says `fixed`. A hint for a file's mapping of a huge page or more wants room around it, so there it
// is `fixed_noreplace`.

import { HUGE_PAGE, MAP, MAP_TYPE, MREMAP, PROT, pageUp } from "./abi.ts";
import { exact, flags, hugePageSize, number, pathOf } from "./call.ts";
import { address } from "./emit.ts";
import { offsetText } from "./files.ts";
import { hex, protection, size } from "./names.ts";
import type { Process } from "./process.ts";
import { type Area, type MappedFile, mergeable, type Name, plainArea } from "./space.ts";
import { type Call, comment, DONE, NOT_SIMULATED, type Translation, type Verdict } from "./translation.ts";

/** A successful mmap or mmap2; old_mmap's structure is printed by strace as the same six arguments. */
export function mmap(t: Translation, process: Process, call: Call): Verdict {
  const { space } = process;
  const length = number(call.args[1]);
  const prot = flags(call.args[2], PROT).bits & 7;
  const how = flags(call.args[3], MAP).bits;
  const offset = number(call.args[5]);
  const at = call.result.value;
  if (!exact(at) || !exact(length) || !exact(offset) || at % 4096 !== 0) return comment("unreadable address or length");
  if (t.crowded(space)) return comment("more than 65530 mappings");
  const shared = (how & MAP_TYPE) !== MAP.MAP_PRIVATE;
  const hidden = hiddenFlags(t, how, call.args[3]);
  if (hidden !== 0) t.writer.comment(`${NOT_SIMULATED}: ${call.text.slice(0, 200)}`, call.source);

  const file = (how & MAP.MAP_ANONYMOUS!) === 0 ? mappedFile(t, process, call, how, prot, offset, length) : undefined;
  const huge = file?.huge ?? (how & ~hidden & MAP.MAP_HUGETLB!) !== 0;
  const bytes = huge ? Math.ceil(length / HUGE_PAGE) * HUGE_PAGE : pageUp(length);
  if (huge) t.hugePages += bytes / HUGE_PAGE;
  // A private mapping of /dev/zero is anonymous memory.
  let words = (file === undefined ? how | MAP.MAP_ANONYMOUS! : how) & ~hidden;
  let note = "";
  if ((how & MAP.MAP_FIXED!) === 0 && space.overlaps(at, at + bytes)) {
    words = (words & ~MAP.MAP_FIXED_NOREPLACE!) | MAP.MAP_FIXED!;
    note = "in place of a mapping whose end the log does not show";
    t.tally.add(t.tally.supplied, "ends of mappings");
  }
  const stem = (how & MAP.MAP_STACK!) !== 0 ? "stack" : shared && file === undefined ? "shared" : "m";
  const name = t.name(stem, at, length);
  const text = mmapText(name.text, length, prot, words, file, offset, at);
  if (hidden !== 0) note = `a plain mapping in its place${note === "" ? "" : `; ${note}`}`;
  t.operation(process, "mmap", text, call.source, note);
  space.add({
    ...plainArea(at, at + bytes, name),
    prot,
    shared,
    file,
    offset,
    growsdown: (words & MAP.MAP_GROWSDOWN!) !== 0,
    huge: huge ? "pages" : (hidden & MAP.MAP_HUGETLB!) !== 0 && "stand-in",
    touched: (how & MAP.MAP_POPULATE!) !== 0,
  });
  t.doubt(space, at, at + bytes);
  if ((how & MAP.MAP_POPULATE!) !== 0) t.present += bytes;
  if ((how & MAP.MAP_LOCKED!) !== 0 || space.lockFuture) lock(t, process, at, at + bytes, call.source);
  t.touchArea(process, at, at + bytes, call.source);
  return hidden === 0 ? DONE : comment(NOT_SIMULATED);
}

/** The flags that make another kind of mapping, which this version does not simulate: of huge pages those of another size. */
function hiddenFlags(t: Translation, how: number, argument: string | undefined): number {
  let hidden = 0;
  if (!t.simulates("mmap hugetlb") || (hugePageSize(argument) ?? HUGE_PAGE) !== HUGE_PAGE)
    hidden |= how & MAP.MAP_HUGETLB!;
  if (!t.simulates("mmap growsdown")) hidden |= how & MAP.MAP_GROWSDOWN!;
  return hidden;
}

/** mlock() of what a flag of another call locks: all that is accessible and has its pages. */
export function lock(t: Translation, process: Process, start: number, end: number, source: string): void {
  for (const area of process.space.within(start, end)) {
    if ((area.prot & 3) === 0 || area.locked) continue;
    if (area.file !== undefined && area.offset + (area.end - area.start) > pageUp(area.file.size)) continue;
    const from = Math.max(start, area.start);
    const to = Math.min(end, area.end);
    t.operation(process, "mlock", `mlock(${address(process.space, from)}, ${size(to - from)})`, source);
    t.present += to - from;
    process.space.change(from, to, (part) => ({ ...part, locked: true, touched: true }));
  }
}

function mappedFile(
  t: Translation,
  process: Process,
  call: Call,
  how: number,
  prot: number,
  offset: number,
  length: number,
): MappedFile | undefined {
  const argument = call.args[4]!;
  const fd = number(argument);
  const path = pathOf(argument) ?? process.files.open.get(fd)?.path;
  const shared = (how & MAP_TYPE) !== MAP.MAP_PRIVATE;
  if (path === "/dev/zero" && !shared) return undefined;
  const found = t.files.mapped(process.files, {
    fd,
    path: pathOf(argument),
    shared,
    writable: (prot & 2) !== 0,
    fixed: (how & MAP.MAP_FIXED!) !== 0,
    offset,
    length,
  });
  t.before(process, found.before, "files and their sizes", call.source);
  return found.file;
}

/** The order of the words is that of the language's manual; the default is left out. */
export function mmapText(
  name: string | undefined,
  length: number,
  prot: number,
  how: number,
  file: MappedFile | undefined,
  offset: number,
  at: number | undefined,
): string {
  const words: string[] = [];
  const type = how & MAP_TYPE;
  if (type === MAP.MAP_PRIVATE) words.push("private");
  else if (type !== 0) words.push("shared");
  if (file === undefined && how & MAP.MAP_ANONYMOUS!) words.push("anonymous");
  const hinted = (how & MAP.MAP_FIXED!) === 0 && at !== undefined;
  if (how & MAP.MAP_FIXED_NOREPLACE! || (hinted && file !== undefined && length >= HUGE_PAGE))
    words.push("fixed_noreplace");
  else if (how & MAP.MAP_FIXED!) words.push("fixed");
  if (how & MAP.MAP_POPULATE!) words.push("populate");
  if (how & MAP.MAP_NORESERVE!) words.push("noreserve");
  if (how & MAP.MAP_GROWSDOWN!) words.push("growsdown");
  if (how & MAP.MAP_HUGETLB!) words.push("hugetlb");
  const args = [size(length), protection(prot)];
  const text = words.join("|");
  if (text !== "private|anonymous") args.push(text);
  if (file !== undefined) {
    args.push(`fd=${file.name}`);
    if (offset !== 0) args.push(`offset=${offsetText(offset)}`);
  }
  if (at !== undefined) args.push(`at=${hex(at)}`);
  return `${name === undefined ? "" : `${name} = `}mmap(${args.join(", ")})`;
}

/** A successful mremap. Where the kernel moved the mapping, the new place is asked for with `fixed`. */
export function mremap(t: Translation, process: Process, call: Call): Verdict {
  const { space } = process;
  const from = number(call.args[0]);
  const oldLength = number(call.args[1]);
  const newLength = number(call.args[2]);
  const how = flags(call.args[3], MREMAP).bits;
  const to = call.result.value;
  if (![from, oldLength, newLength, to].every(exact)) return comment("unreadable address or length");
  if (t.crowded(space)) return comment("more than 65530 mappings");
  const source = { start: from, end: from + Math.max(4096, pageUp(oldLength)) };
  if (!t.supply(process, source.start, source.end, call.source, "needed by the mremap below")) {
    return comment("more than 65530 mappings");
  }
  const parts = space.within(source.start, source.end);
  const target = to + pageUp(newLength);
  const whole = parts.every((part, i) => i === 0 || mergeable(parts[i - 1]!, part));
  if (!whole || (parts.length > 1 && parts.some((part) => part.doubtful))) {
    return instead(t, process, call, source, { start: to, end: target });
  }
  const area = parts[0]!;
  const moved = to !== from;
  const keep = oldLength === 0 || (how & MREMAP.MREMAP_DONTUNMAP!) !== 0;
  const words = remapWords(moved ? how | MREMAP.MREMAP_MAYMOVE! | MREMAP.MREMAP_FIXED! : how & ~MREMAP.MREMAP_FIXED!);
  const name: Name | undefined = moved ? t.name("m", to, newLength) : undefined;
  const args = [address(space, from), size(oldLength), size(newLength)];
  if (words !== "") args.push(words);
  if (moved) args.push(`to=${hex(to)}`);
  const fileEnd = area.offset + (from - area.start) + pageUp(newLength);
  if (area.file !== undefined) t.before(process, t.files.grow(area.file, fileEnd), "file sizes", call.source);
  t.operation(
    process,
    "mremap",
    `${name === undefined ? "" : `${name.text} = `}mremap(${args.join(", ")})`,
    call.source,
  );
  if (oldLength === 0) space.add(copyOf(area, from, to, target, name));
  else space.move(from, pageUp(oldLength), to, pageUp(newLength), keep, name);
  return DONE;
}

/** mremap of size 0 makes a second mapping of the same shared pages. */
function copyOf(area: Area, from: number, start: number, end: number, name: Name | undefined): Area {
  return { ...area, start, end, offset: area.offset + (from - area.start), name };
}

/** The log's kernel saw one mapping where the shadow sees several: the outcome is kept, not the pages. */
function instead(
  t: Translation,
  process: Process,
  call: Call,
  from: { start: number; end: number },
  to: { start: number; end: number },
): Verdict {
  const { space } = process;
  t.operation(process, "munmap", `munmap(${address(space, from.start)}, ${size(from.end - from.start)})`, call.source);
  space.unmap(from.start, from.end);
  const name = t.name("m", to.start, to.end - to.start);
  const text = mmapText(
    name.text,
    name.length,
    3,
    MAP.MAP_PRIVATE! | MAP.MAP_ANONYMOUS! | MAP.MAP_FIXED!,
    undefined,
    0,
    to.start,
  );
  t.operation(process, "mmap", text, call.source, "what mremap left");
  space.add(plainArea(to.start, to.end, name));
  return comment("mremap of what the log shows as several mappings");
}

export function remapWords(how: number): string {
  const words: string[] = [];
  if (how & MREMAP.MREMAP_MAYMOVE!) words.push("maymove");
  if (how & MREMAP.MREMAP_FIXED!) words.push("fixed");
  if (how & MREMAP.MREMAP_DONTUNMAP!) words.push("dontunmap");
  return words.join("|");
}

/**
 * remap_file_pages() has been mmap(MAP_SHARED|MAP_FIXED|MAP_POPULATE) of the same file since 4.0 (mm/mmap.c), and is
 * written as that. Of shared anonymous memory there is no file to name.
 */
export function remapFilePages(t: Translation, process: Process, call: Call): Verdict {
  const start = number(call.args[0]);
  const length = pageUp(number(call.args[1]));
  const offset = number(call.args[3]) * 4096;
  const area = exact(start) ? process.space.at(start) : undefined;
  if (area === undefined || !exact(length) || !exact(offset)) return comment("of a mapping that the log does not show");
  if (area.file === undefined || !area.shared) return comment("of memory without a file");
  t.before(process, t.files.grow(area.file, offset + length), "file sizes", call.source);
  const name = t.name("m", start, length);
  const how = MAP.MAP_SHARED! | MAP.MAP_FIXED! | MAP.MAP_POPULATE!;
  t.operation(
    process,
    "mmap",
    mmapText(name.text, length, area.prot, how, area.file, offset, start),
    call.source,
    "remap_file_pages",
  );
  process.space.add({ ...area, start, end: start + length, offset, name, touched: true });
  return DONE;
}
