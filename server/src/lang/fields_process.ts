// Fields of a process, a pin and a file. A dead process has no address space: its sizes are 0.

import type { Kernel } from "../mm/kernel.ts";
import { cachedPages, mmOf } from "../mm/observe.ts";
import { smaps, smaps_precise } from "../mm/smaps.ts";
import type { Field } from "../mm/world.ts";
import type { FieldSpec } from "./fields.ts";
import { joined, number, rowOf, textAt, truth } from "./read.ts";
import type { Value } from "./value.ts";

type Rest = Omit<FieldSpec, "of" | "name" | "simulated" | "read">;

const MM = "struct mm_struct";
const MM_TYPES = "include/linux/mm_types.h";
const TASK_MMU = "fs/proc/task_mmu.c";

function task(name: string, rest: Rest, read: (k: Kernel, row: number) => Value): FieldSpec {
  return { of: "process", name, simulated: true, ...rest, read: (k, value) => read(k, rowOf(value)) };
}

// Something that the address space has, 0 without one.
function space(name: string, rest: Rest, read: (k: Kernel, mm: number) => bigint): FieldSpec {
  return task(name, rest, (k, row) => (mmOf(k, row) < 0 ? 0n : read(k, mmOf(k, row))));
}

function counter(name: string, field: (k: Kernel) => Field, doc: string, source: string): FieldSpec {
  return space(name, { type: "counter", unit: "pages", doc, source }, (k, mm) => number(field(k).data[mm]));
}

export const PROCESS_FIELDS: readonly FieldSpec[] = [
  task(
    "alive",
    {
      type: "truth",
      doc: "The process runs: it has neither exited nor died of a signal.",
      source: "struct task_struct.exit_state, include/linux/sched.h",
    },
    (k, row) => truth(k.w.task.alive.data[row] === 1),
  ),
  space(
    "rss",
    {
      type: "counter",
      unit: "pages",
      doc: "Resident pages: `rss_anon + rss_file + rss_shmem`. The zero page, special mappings and hugetlb are not in it.",
      source: "get_mm_rss(), include/linux/mm.h",
    },
    (k, mm) => number(k.w.mm.rss_anon.data[mm] + k.w.mm.rss_file.data[mm] + k.w.mm.rss_shmem.data[mm]),
  ),
  counter(
    "rss_anon",
    (k) => k.w.mm.rss_anon,
    "Anonymous pages that are mapped (RssAnon of /proc/PID/status).",
    `MM_ANONPAGES, ${MM_TYPES}`,
  ),
  counter(
    "rss_file",
    (k) => k.w.mm.rss_file,
    "Pages of ordinary files that are mapped (RssFile).",
    `MM_FILEPAGES, ${MM_TYPES}`,
  ),
  counter(
    "rss_shmem",
    (k) => k.w.mm.rss_shmem,
    "Pages of shared memory that are mapped (RssShmem).",
    `MM_SHMEMPAGES, ${MM_TYPES}`,
  ),
  counter("swap", (k) => k.w.mm.rss_swap, "Entries that name a swap slot (VmSwap).", `MM_SWAPENTS, ${MM_TYPES}`),
  space(
    "pss",
    {
      type: "number",
      unit: "bytes",
      doc: "Proportional set size as smaps of this release adds it up: each page divided by its mapcount, or with `machine page_mapcount=off` by the average of its folio. mm-semantics §11.4.",
      source: `smaps_account(), ${TASK_MMU}`,
    },
    (k, mm) => number(smaps(k, mm).pss),
  ),
  space(
    "uss",
    {
      type: "number",
      unit: "pages",
      doc: "Pages that this process alone maps (Private_Clean + Private_Dirty of smaps); with `machine page_mapcount=off` none of a large folio that others may map. mm-semantics §11.4.",
      source: `smaps_account(), ${TASK_MMU}`,
    },
    (k, mm) => number(smaps(k, mm).uss),
  ),
  space(
    "vmas",
    { type: "counter", doc: "VMAs of the address space.", source: `${MM}.map_count, ${MM_TYPES}` },
    (k, mm) => number(k.w.mm.map_count.data[mm]),
  ),
  task(
    "minor_faults",
    {
      type: "counter",
      doc: "Faults that needed no I/O and were not tried again, those of get_user_pages included.",
      source: "struct task_struct.min_flt, include/linux/sched.h",
    },
    (k, row) => number(k.w.task.min_flt.data[row]),
  ),
  task(
    "major_faults",
    {
      type: "counter",
      doc: "Faults that waited for a disk; from 5.9 on also those that the kernel had to try again for another reason.",
      source: "struct task_struct.maj_flt, include/linux/sched.h",
    },
    (k, row) => number(k.w.task.maj_flt.data[row]),
  ),
  space(
    "page_tables",
    {
      type: "number",
      unit: "bytes",
      doc: "Memory of the page tables below the top one (VmPTE).",
      source: `mm_pgtables_bytes(), include/linux/mm.h`,
    },
    (k, mm) => number(k.w.mm.pgtables_bytes.data[mm]),
  ),
  space(
    "has_pinned",
    {
      type: "truth",
      doc: "A page of this address space was pinned (`FOLL_PIN`) once; it stays set, a child starts without. Fork then looks for pinned pages to copy. mm-semantics §3.3.",
      source: `MMF_HAS_PINNED, include/linux/sched/coredump.h (${MM}.has_pinned before 5.14)`,
      since: "5.9",
    },
    (k, mm) => truth(k.w.mm.has_pinned.data[mm] !== 0),
  ),
  space(
    "hugetlb",
    {
      type: "counter",
      unit: "pages",
      doc: "Base pages of hugetlb folios that are mapped; not in `rss`. mm-semantics §2.10.",
      source: `${MM}.hugetlb_usage, ${MM_TYPES}`,
    },
    (k, mm) => number(k.w.mm.hugetlb_usage.data[mm]),
  ),
  space(
    "pss_precise",
    {
      type: "number",
      unit: "bytes",
      doc: "What `pss` would be with a mapcount for every page of a large folio; another number than `pss` only with `machine page_mapcount=off`.",
      source: `smaps_account(), ${TASK_MMU}`,
    },
    (k, mm) => number(smaps_precise(k, mm).pss),
  ),
];

function pin(name: string, rest: Rest, read: (k: Kernel, row: number) => Value): FieldSpec {
  return { of: "pin", name, simulated: true, ...rest, read: (k, value) => read(k, rowOf(value)) };
}

export const PIN_FIELDS: readonly FieldSpec[] = [
  pin(
    "pages",
    {
      type: "number",
      unit: "pages",
      doc: "Pages that the pin holds. Fewer than asked for when a later page could not be had.",
      source: "__get_user_pages(), mm/gup.c",
    },
    (k, row) => number(k.side.pinPages[row].length),
  ),
  pin(
    "data",
    {
      type: "bytes",
      doc: "What the device, or the reader of the pipe, sees now: the pinned bytes up to the first zero byte.",
      source: "struct pipe_buffer, struct bio_vec",
    },
    pinData,
  ),
];

function pinData(k: Kernel, row: number): Value {
  const pages = k.side.pinPages[row];
  let left = k.side.pinLengths[row];
  let offset = k.side.pinOffsets[row];
  const pieces = Array.from(pages, (pfn) => {
    const room = Math.min(left, k.pageSize - offset);
    const { bytes } = textAt(k, pfn, offset);
    left -= room;
    offset = 0;
    return { bytes: bytes.subarray(0, room), ended: bytes.length < room || left === 0 };
  });
  return pieces.length === 0 ? "" : joined(pieces);
}

function file(name: string, rest: Rest, read: (k: Kernel, row: number) => Value): FieldSpec {
  return { of: "file", name, simulated: true, ...rest, read: (k, value) => read(k, rowOf(value)) };
}

export const FILE_FIELDS: readonly FieldSpec[] = [
  file(
    "size",
    { type: "number", unit: "bytes", doc: "The file's length.", source: "i_size_read(), include/linux/fs.h" },
    (k, row) => number(k.w.file.size.data[row]),
  ),
  file(
    "cached",
    {
      type: "counter",
      unit: "pages",
      doc: "Pages of the file that are in the page cache.",
      source: "struct address_space.nrpages, include/linux/fs.h",
    },
    (k, row) => number(cachedPages(k, row).length),
  ),
];
