// Operations on the address space: mappings made, changed, moved and undone.

import { isErrno } from "../mm/abi.ts";
import {
  sys_brk,
  sys_madvise,
  sys_mlock,
  sys_mmap,
  sys_mprotect,
  sys_mremap,
  sys_msync,
  sys_munlock,
  sys_munmap,
} from "../mm/syscalls.ts";
import { PAGE_ALIGN } from "../mm/user_range.ts";
import { ADDRESS, type Arguments, addr, done, length, OFFSET, operation, optional, required, SIZE } from "./op.ts";
import { ADVICE, MAP_FLAGS, MREMAP_FLAGS } from "./op_words.ts";
import type { OpResult, OpSpec } from "./ops.ts";

const group = "Address space";
const NO_MAPPING = "Part of the range is not mapped; what comes before it is done.";
const UNALIGNED = "`addr` is not a multiple of the page size.";

export const ADDRESS_SPACE_OPS: readonly OpSpec[] = [
  operation({
    name: "mmap",
    group,
    params: [
      required("length", SIZE, "Bytes; rounded up to pages. 0 is EINVAL."),
      optional("prot", { kind: "prot" }, "rw", "What the mapping allows: letters of `rwx`, or `none`."),
      optional("flags", { kind: "flags", words: MAP_FLAGS }, "private|anonymous", "What kind of mapping it is."),
      optional("fd", { kind: "file" }, "", "The file, for a mapping that is not anonymous."),
      optional(
        "offset",
        OFFSET,
        "0",
        "Where in the file the mapping begins, with `refpage` the address of the reference page; a multiple of the page size.",
      ),
      optional("at", ADDRESS, "", "Where to map; a wish, unless `fixed` or `fixed_noreplace` is set."),
    ],
    result: "address",
    errnos: [
      [
        "EINVAL",
        "length 0; neither `private` nor `shared`, or both without a file (with one that is `MAP_SHARED_VALIDATE`); an address or offset that is not page-aligned.",
      ],
      ["ENOMEM", "No room in the address space, or more VMAs than `max_map_count`."],
      ["EEXIST", "`fixed_noreplace`, and something is mapped there."],
      ["EBADF", "Neither `anonymous` nor an open file."],
      ["EOVERFLOW", "The offset and length wrap around."],
      ["EACCES", "A shared mapping for writing of the file of `refpage_create`, which can only be read."],
    ],
    doc: "Makes a mapping. No page is allocated and no counter changes: pages come with the first touch (or at once with `populate`). With `fixed` what was mapped there is unmapped first, with all that this does to counters. A neighbour that is alike is merged with (mm-semantics §6.2).\n\n`do_mmap()`, mm/mmap.c; mm-semantics §6.1.",
    example: "p = mmap(16K, rw, private|anonymous)",
    perform: mmap,
  }),
  operation({
    name: "munmap",
    group,
    params: [addr, length],
    errnos: [
      ["EINVAL", "`addr` is not page-aligned, length 0, or the range leaves user space."],
      ["ENOMEM", "The hole would need one more VMA than `max_map_count`."],
    ],
    doc: "Removes the mappings of the range; a hole in the middle splits a VMA. Each page loses one mapping: mapcount - 1, refcount - 1, rss - 1, and is freed when nothing else holds it. A page that a pin holds stays with what it is. A range without a mapping is no error.\n\n`do_vmi_munmap()`, mm/vma.c (mm/mmap.c before 6.12); mm-semantics §5.1.",
    example: "munmap(p[1], 4K)",
    perform: (a) => done(sys_munmap(a.k, a.task, a.number(0), a.number(1))),
  }),
  operation({
    name: "mprotect",
    group,
    params: [addr, length, required("prot", { kind: "prot" }, "What the range allows from now on.")],
    errnos: [
      ["EINVAL", UNALIGNED],
      ["ENOMEM", `${NO_MAPPING} Or the split would make more VMAs than \`max_map_count\`.`],
      ["EACCES", "Writing to a shared mapping of a file that was not opened for writing."],
    ],
    doc: "Changes what the range allows, splitting and merging VMAs. Counters never change. Making private memory writable again makes an entry writable at once only where the page is exclusive (from 6.1 on, and dirty on 6.1); else the next write faults and finds out (`reuse` or `cow`).\n\n`mprotect_fixup()`, `can_change_pte_writable()`, mm/mprotect.c; mm-semantics §5.3.",
    example: "mprotect(p, 4K, r)",
    perform: (a) => done(sys_mprotect(a.k, a.task, a.number(0), a.number(1), a.words(2).bits)),
  }),
  operation({
    name: "mremap",
    group,
    params: [
      required("addr", ADDRESS, "The mapping to resize or move; page-aligned."),
      required("old_length", SIZE, "Its length so far, in bytes. 0 duplicates a shared mapping."),
      required("new_length", SIZE, "Its length from now on, in bytes."),
      optional("flags", { kind: "flags", words: MREMAP_FLAGS }, "", "Whether and how it may move."),
      optional("to", ADDRESS, "", "Where to, with `fixed`."),
    ],
    result: "address",
    errnos: [
      [
        "EINVAL",
        "Flags that do not go together, addresses that are not page-aligned, new_length 0, or ranges that overlap.",
      ],
      ["EFAULT", "The old range is not mapped, or not by one VMA."],
      ["ENOMEM", "It cannot grow in place and may not move, or there is no room."],
    ],
    doc: "Shrinks, grows or moves a mapping. Moving takes the entries along and changes no refcount, mapcount or rss; the VMA keeps its page offset, which decides what it may merge with later. Shrinking unmaps the tail. With `dontunmap` the old range stays, empty.\n\n`do_mremap()`, `move_page_tables()`, mm/mremap.c; mm-semantics §5.2.",
    example: "q = mremap(p, 8K, 8K, maymove|fixed, to=0x300000000000)",
    perform: mremap,
  }),
  operation({
    name: "madvise",
    group,
    params: [addr, length, required("advice", { kind: "word", words: ADVICE }, "What is advised.")],
    errnos: [
      ["EINVAL", "`addr` is not page-aligned, or this kernel or this mapping does not know the advice."],
      ["ENOMEM", NO_MAPPING],
      ["EFAULT", "populate: a page past the end of the file."],
    ],
    doc: "Tells the kernel what the memory is for. Some advice changes pages at once (`dontneed`, `populate_read`, `populate_write`), some how fork or reclaim treat the mapping, some nothing that can be counted.\n\n`do_madvise()`, mm/madvise.c; mm-semantics §5.1, §5.4, §5.5.",
    example: "madvise(p, 4K, dontneed)",
    perform: (a) => done(sys_madvise(a.k, a.task, a.number(0), a.number(1), a.words(2).words[0])),
  }),
  operation({
    name: "brk",
    group,
    params: [required("addr", ADDRESS, "Where the heap is to end.")],
    errnos: [["ENOMEM", "The heap cannot end there; it stays as it is. (The system call gives the old end.)"]],
    doc: "Moves the end of the heap, an anonymous private mapping. Growing allocates no page, shrinking unmaps.\n\n`brk()`, mm/mmap.c; mm-semantics §6.4.",
    example: "brk(0x555555580000)",
    // The system call answers with the end as it is; brk(3) makes an errno of one that is too low.
    perform: (a) => (sys_brk(a.k, a.task, a.number(0)) < a.number(0) ? { errno: "ENOMEM" } : {}),
  }),
  operation({
    name: "mlock",
    group,
    params: [addr, length],
    errnos: [
      ["ENOMEM", "Part of the range is not mapped, or a page cannot be faulted in."],
      ["EINVAL", "The range wraps around."],
    ],
    doc: "Locks the range: reclaim leaves it alone, `madvise(…, dontneed)` is refused. All pages are faulted in at once, private writable ones as by writes. No reference is taken.\n\n`do_mlock()`, mm/mlock.c; mm-semantics §5.5.",
    example: "mlock(p, 8K)",
    perform: (a) => done(sys_mlock(a.k, a.task, a.number(0), a.number(1))),
  }),
  operation({
    name: "munlock",
    group,
    params: [addr, length],
    errnos: [["ENOMEM", NO_MAPPING]],
    doc: "Undoes `mlock`: reclaim may take the pages again. The pages stay, and no counter changes.\n\n`munlock()`, mm/mlock.c; mm-semantics §5.5.",
    example: "munlock(p, 8K)",
    perform: (a) => done(sys_munlock(a.k, a.task, a.number(0), a.number(1))),
  }),
  operation({
    name: "msync",
    group,
    params: [addr, length],
    errnos: [
      ["EINVAL", UNALIGNED],
      ["ENOMEM", NO_MAPPING],
    ],
    doc: "Writes changed pages of shared file mappings to the disk (`MS_SYNC`): their entries become clean and write-protected, so that the next write faults. On other mappings it only checks the range.\n\n`msync()`, mm/msync.c.",
    example: "msync(p, 4K)",
    perform: (a) => done(sys_msync(a.k, a.task, a.number(0), a.number(1))),
  }),
];

function mmap(a: Arguments): OpResult {
  const size = a.number(0);
  const result = sys_mmap(a.k, a.task, {
    length: size,
    prot: a.words(1).bits,
    flags: a.words(2).bits,
    file: a.has(3) ? a.row(3) : undefined,
    offset: a.number(4),
    at: a.has(5) ? a.number(5) : undefined,
  });
  return mapped(a, result, size);
}

function mremap(a: Arguments): OpResult {
  const size = a.number(2);
  const to = a.has(4) ? a.number(4) : undefined;
  return mapped(a, sys_mremap(a.k, a.task, a.number(0), a.number(1), size, a.words(3).bits, to), size);
}

// The address, with the mapping as it was just made.
function mapped(a: Arguments, result: bigint | string, size: bigint): OpResult {
  if (isErrno(result)) return { errno: result };
  const at = result as bigint;
  return { value: { kind: "address", at, start: at, end: at + PAGE_ALIGN(a.k, size) } };
}
