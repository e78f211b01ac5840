// Files, and what stands behind mappings of them.

import type { Errno } from "../mm/abi.ts";
import {
  create_file,
  memfd_create,
  open_device,
  refpage_create,
  sys_close,
  sys_fallocate,
  sys_ftruncate,
} from "../mm/syscalls.ts";
import { type Arguments, done, made, operation, optional, required, SIZE } from "./op.ts";
import { CACHED, DEVICE_KINDS, FALLOCATE_MODES, HUGETLB } from "./op_words.ts";
import type { OpResult, OpSpec } from "./ops.ts";

const group = "Files";
const fd = required("fd", { kind: "file" }, "The file.");
const CLOSED: readonly [Errno, string] = ["EBADF", "The file is closed."];

export const FILE_OPS: readonly OpSpec[] = [
  operation({
    name: "file",
    group,
    params: [
      required("size", SIZE, "Bytes; the last page may be partial. All are zero."),
      optional("cached", { kind: "word", words: CACHED }, "no", "Whether its pages are in the page cache already."),
    ],
    result: "file",
    errnos: [["EFBIG", "More than 2^63 - 1 bytes."]],
    doc: "Opens a new file of zeroes on an ordinary filesystem. Its pages live in the page cache, with one reference each from it; a first touch of an uncached page is `major`. A shared writable mapping faults at the first write of each page, so that writeback knows what is dirty.\n\n`filemap_fault()`, mm/filemap.c; mm-semantics §2.3.",
    example: "f = file(16K, cached=yes)",
    perform: (a) => opened(a, create_file(a.k, a.task, a.number(0), a.words(1).bits === 1)),
  }),
  operation({
    name: "memfd",
    group,
    params: [
      required("size", SIZE, "Bytes. Pages are allocated when they are touched."),
      optional("hugetlb", { kind: "word", words: HUGETLB }, "no", "Huge pages of the pool."),
    ],
    result: "file",
    errnos: [["EINVAL", "More than 2^63 - 1 bytes, or with `hugetlb=yes` no whole number of huge pages."]],
    doc: "Makes shared memory with a descriptor (`memfd_create`, then `ftruncate`). Its pages are shmem: counted in `rss_shmem`, mapped writable already by a read of a shared mapping. With `hugetlb=yes` they are huge pages of the pool, counted in `hugetlb`; a mapping reserves them.\n\n`memfd_create()`, mm/memfd.c; `shmem_fault()`, mm/shmem.c; `hugetlb_fault()`, mm/hugetlb.c; mm-semantics §2.3, §2.10.",
    example: "m = memfd(8K)",
    perform: (a) => opened(a, memfd_create(a.k, a.task, a.number(0), a.words(1).bits === 1)),
  }),
  operation({
    name: "refpage_create",
    group,
    params: [
      required("content", { kind: "string" }, "A power of two of bytes, up to the page size; repeated over the page."),
      optional("flags", SIZE, "0", "Must be 0."),
    ],
    result: "file",
    only: ["refpage-v2", "refpage-per-mapping"],
    errno: "ENOSYS",
    errnos: [
      ["EINVAL", "flags other than 0, or a content whose length is no power of two or is larger than a page."],
      ["ENOSYS", "No release has this call."],
    ],
    doc: "Makes a file that stands for one reference page: reads of a private mapping of it map that page without counting, writes copy it. Proposed in 2020 and 2021, never merged. mm-semantics §8.2.",
    example: 'r = refpage_create("\\xaa")',
    perform: (a) => opened(a, refpage_create(a.k, a.task, a.bytes(0) ?? new Uint8Array(0), a.number(1))),
  }),
  operation({
    name: "device",
    group,
    params: [
      required("kind", { kind: "word", words: DEVICE_KINDS }, "How the driver maps its pages."),
      required("size", SIZE, "Bytes of device memory."),
    ],
    result: "file",
    errnos: [
      ["EFBIG", "More than 2^63 - 1 bytes."],
      ["ENOMEM", "The driver has not that many frames in a row."],
    ],
    doc: "Opens a device whose driver maps its own pages into user space. The driver has allocated them and holds one reference to each, until the last descriptor and the last mapping are gone. `pfnmap` and `insert_page` map all pages at mmap, `insert_mixed` maps each at its first fault. A mapping larger than the device is refused: EINVAL from `pfnmap`, ENXIO from `insert_page`; of `insert_mixed` it is SIGBUS to touch what lies past the end.\n\n`remap_pfn_range()`, `vm_insert_page()`, `vmf_insert_mixed()`, mm/memory.c; mm-semantics §6.4.",
    example: "d = device(pfnmap, 16K)",
    perform: (a) => opened(a, open_device(a.k, a.task, a.words(0).bits, a.number(1))),
  }),
  operation({
    name: "close",
    group,
    params: [fd],
    errnos: [CLOSED],
    doc: "Closes the descriptor. Mappings keep the file; a memfd that neither a descriptor nor a mapping refers to gives its pages back.\n\n`close()`, fs/open.c.",
    example: "close(f)",
    perform: (a) => done(sys_close(a.k, a.task, a.row(0))),
  }),
  operation({
    name: "ftruncate",
    group,
    params: [fd, required("size", SIZE, "The file's length from now on, in bytes.")],
    errnos: [CLOSED, ["EINVAL", "More than 2^63 - 1 bytes, or of a hugetlb file no whole number of huge pages."]],
    doc: "Sets the file's length. Pages past the new end leave the page cache and every mapping, private copies included: the next touch there is SIGBUS.\n\n`truncate_pagecache()`, mm/truncate.c; mm-semantics §2.3.",
    example: "ftruncate(f, 4K)",
    perform: (a) => done(sys_ftruncate(a.k, a.task, a.row(0), a.number(1))),
  }),
  operation({
    name: "fallocate",
    group,
    params: [
      fd,
      required("mode", { kind: "flags", words: FALLOCATE_MODES }, "What is done; 0 allocates."),
      required("offset", SIZE, "Where in the file, in bytes."),
      required("length", SIZE, "Bytes."),
    ],
    errnos: [
      [
        "EINVAL",
        "A negative or empty range, modes that do not go together, or a range to take out or put in that is not of whole pages inside of the file.",
      ],
      ["EOPNOTSUPP", "A memfd knows `keep_size` and `punch_hole` alone, and a hole needs `keep_size`."],
      ["EFBIG", "The file would be larger than 2^63 - 1 bytes."],
      ["ENOMEM", "Memory is used up (a memfd's pages are allocated at once)."],
      ["ENOSPC", "The pool has no huge page left for a hugetlb file."],
      CLOSED,
    ],
    doc: "Allocates a range of the file, takes it out or puts one in. A hole drops the pages of the range from the page cache and from every mapping, but leaves private copies that were made; the next touch finds zeroes. What is only a part of a page is zeroed.\n\n`vfs_fallocate()`, fs/open.c; `shmem_fallocate()`, mm/shmem.c; `truncate_pagecache_range()`, mm/truncate.c.",
    example: "fallocate(m, keep_size|punch_hole, 0, 4K)",
    perform: (a) =>
      done(sys_fallocate(a.k, a.task, a.row(0), a.words(1).bits, { offset: a.number(2), length: a.number(3) })),
  }),
];

// The file keeps the name that the line gives it, for whoever shows it.
function opened(a: Arguments, result: number | Errno): OpResult {
  if (typeof result === "number") a.k.side.fileNames[result] = a.name === "" ? `file ${result}` : a.name;
  return made(result, "file");
}
