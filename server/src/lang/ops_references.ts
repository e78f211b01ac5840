// References from outside the page tables: who reads or writes memory without a page-table entry of its own.

import type { Errno } from "../mm/abi.ts";
import type { Model } from "../mm/model.ts";
import {
  dma_write,
  get_user_pages,
  io_uring_register,
  o_direct_read,
  o_direct_write,
  pin_user_pages,
  process_vm_readv,
  ptrace_poke,
  release,
  tee,
  vmsplice,
} from "../mm/syscalls.ts";
import { type Arguments, addr, done, length, made, operation, optional, required } from "./op.ts";
import { GUP_FLAGS } from "./op_words.ts";
import type { OpResult, OpSpec, Param } from "./ops.ts";

const group = "References from outside the page tables";
const flags = optional("flags", { kind: "flags", words: GUP_FLAGS }, "", "What the reference is for.");
const pin = required("pin", { kind: "pin" }, "The pin, as an operation of this group returned it.");
const target = required("target", { kind: "process" }, "The process whose memory it is.");
const value: Param = required("value", { kind: "value" }, "A byte, or a string.");
const FAULTS: readonly [Errno, string] = [
  "EFAULT",
  "The first page cannot be had: no mapping, no permission, or a special mapping.",
];
const EMPTY: readonly [Errno, string] = ["EINVAL", "length 0."];

// FOLL_PIN counts as 1024 references from 5.7 on.
const pins = (model: Model): boolean => model.pinBias > 1;
const pinsDirectly = (model: Model): boolean => model.oDirectPins && pins(model);

export const REFERENCE_OPS: readonly OpSpec[] = [
  operation({
    name: "get_user_pages",
    group,
    params: [addr, length, flags],
    result: "pin",
    errnos: [
      FAULTS,
      ["EINVAL", "length 0, or `longterm`, which is for pins alone."],
      ["ENOMEM", "The refcount is used up."],
    ],
    doc: "Takes plain references (`FOLL_GET`): refcount + 1 for each page, faulting pages in as the flags ask. Fork and copy-on-write do not know such a reference for a pin: after fork it may be left with the other process's page. A later page that cannot be had makes the pin shorter.\n\n`__get_user_pages()`, mm/gup.c; mm-semantics §4.3, §4.7.",
    example: "g = get_user_pages(p, 4K, write)",
    perform: (a) => made(get_user_pages(a.k, a.task, a.number(0), a.number(1), a.words(2).bits), "pin"),
  }),
  operation({
    name: "pin_user_pages",
    group,
    pins,
    params: [addr, length, flags],
    result: "pin",
    errnos: [FAULTS, EMPTY, ["ENOMEM", "The refcount is used up."]],
    doc: "Pins pages for a device (`FOLL_PIN`): refcount + 1024 for each small folio, and the address space is marked (`has_pinned`). Fork then copies such pages for the child (5.9), and from 5.19 on a pinned anonymous page is always exclusive: a read-only pin of a shared one unshares it first. The machine has neither ZONE_MOVABLE nor CMA, so that `longterm` moves no page to another frame.\n\n`__get_user_pages()`, `check_and_migrate_movable_pages()`, mm/gup.c; mm-semantics §4.4, §4.7.",
    example: "d = pin_user_pages(p, 4K, write|longterm)",
    perform: (a) => made(pin_user_pages(a.k, a.task, a.number(0), a.number(1), a.words(2).bits), "pin"),
  }),
  operation({
    name: "release",
    group,
    params: [pin],
    doc: "Gives the references back: put_page() or unpin_user_page() for each page, whoever took them. A page that nobody else holds is freed. Releasing twice does nothing.\n\n`gup_put_folio()`, mm/gup.c; mm-semantics §4.8.",
    example: "release(pipe)",
    perform: (a) => done(release(a.k, a.row(0))),
  }),
  operation({
    name: "vmsplice",
    group,
    params: [addr, length],
    result: "pin",
    errnos: [FAULTS, EMPTY],
    doc: "Puts the pages themselves into a pipe: read-only `FOLL_GET`, refcount + 1 each, in every release. What the pipe's reader sees is the page, so a write that reuses it in place leaks (5.7), and one that copies does not (5.9 and later).\n\n`vmsplice_to_pipe()`, fs/splice.c; mm-semantics §4.1, §13 bug 1.",
    example: "child: pipe = vmsplice(secret, 4K)",
    perform: (a) => made(vmsplice(a.k, a.task, a.number(0), a.number(1)), "pin"),
  }),
  operation({
    name: "io_uring_register",
    group,
    pins,
    params: [addr, length],
    result: "pin",
    since: "5.1",
    errno: "ENOSYS",
    errnos: [
      FAULTS,
      ["EFAULT", "length 0, or more than 1G."],
      ["EINVAL", "Mappings of different files, up to 6.1."],
      ["EOPNOTSUPP", "A mapping of an ordinary file, up to 6.1; the pages were pinned, and so copied, before."],
    ],
    doc: "Registers a fixed buffer: `FOLL_PIN|FOLL_LONGTERM|FOLL_WRITE` of all pages or none. It is released when its process exits.\n\n`io_sqe_buffer_register()`, io_uring/rsrc.c; mm-semantics §4.1.",
    example: "b = io_uring_register(p, 4K)",
    perform: (a) => made(io_uring_register(a.k, a.task, a.number(0), a.number(1)), "pin"),
  }),
  operation({
    name: "o_direct_read",
    group,
    pins: pinsDirectly,
    params: [addr, length],
    result: "pin",
    errnos: [FAULTS, EMPTY],
    doc: "Begins a read(2) with O_DIRECT: a device is going to write the memory, so the pages are taken for writing. `FOLL_GET` in older releases, `FOLL_PIN` from 6.5 on. `dma_write` is the device at work, `release` the end.\n\n`bio_iov_iter_get_pages()`, block/bio.c; mm-semantics §4.1.",
    example: "d = o_direct_read(p, 4K)",
    perform: (a) => made(o_direct_read(a.k, a.task, a.number(0), a.number(1)), "pin"),
  }),
  operation({
    name: "o_direct_write",
    group,
    pins: pinsDirectly,
    params: [addr, length],
    result: "pin",
    errnos: [FAULTS, EMPTY],
    doc: "Begins a write(2) with O_DIRECT: a device is going to read the memory. As `o_direct_read`, but read-only.\n\n`bio_iov_iter_get_pages()`, block/bio.c; mm-semantics §4.1.",
    example: "d = o_direct_write(p, 4K)",
    perform: (a) => made(o_direct_write(a.k, a.task, a.number(0), a.number(1)), "pin"),
  }),
  operation({
    name: "process_vm_readv",
    group,
    pins,
    params: [target, addr, length],
    errnos: [FAULTS, ["ESRCH", "The target has no memory any more."]],
    doc: "Reads another process's memory: a read-only `FOLL_PIN` for the length of the call, which leaves no reference behind. From 5.19 on it unshares what the target shares.\n\n`process_vm_rw_single_vec()`, mm/process_vm_access.c; mm-semantics §4.1, measured correction 6.",
    example: "process_vm_readv(child, p, 4K)",
    perform: (a) => done(process_vm_readv(a.k, a.task, a.row(0), a.number(1), a.number(2))),
  }),
  operation({
    name: "ptrace_poke",
    group,
    params: [target, required("addr", { kind: "address" }, "Where."), value],
    errnos: [
      ["EIO", "No page can be had there."],
      ["ESRCH", "The target has no memory any more."],
    ],
    doc: "A debugger writes one byte into another process (`FOLL_FORCE|FOLL_WRITE`): copy-on-write is broken, protection is not asked. The entry stays write-protected where the mapping is read-only.\n\n`__access_remote_vm()`, mm/memory.c; mm-semantics §4.6.",
    example: "ptrace_poke(child, p, 204)",
    perform: poke,
  }),
  operation({
    name: "dma_write",
    group,
    params: [pin, value],
    doc: "The device writes through the pin: into the very pages that were taken, whatever the page tables say by now. No fault, no counter.\n\nThe bus, not the kernel; mm-semantics §13 bugs 3, 4 and 6.",
    example: 'dma_write(d, "DMA")',
    perform: dma,
  }),
  operation({
    name: "tee",
    group,
    params: [pin],
    result: "pin",
    errnos: [["EFAULT", "The refcount is used up (5.1 and later check)."]],
    doc: "Takes one more reference to the same pages, as tee(2) does for a second pipe.\n\n`link_pipe()`, `pipe_buf_get()`, fs/splice.c; mm-semantics §4.7.",
    example: "second = tee(pipe)",
    perform: (a) => released(a, 0) ?? made(tee(a.k, a.row(0)), "pin"),
  }),
];

function poke(a: Arguments): OpResult {
  const byte = byteOf(a, 2);
  if (typeof byte !== "number") return byte;
  return done(ptrace_poke(a.k, a.task, a.row(0), a.number(1), byte));
}

function byteOf(a: Arguments, param: number): number | OpResult {
  const bytes = a.bytes(param);
  const byte = bytes === undefined ? Number(a.number(param)) : bytes.length === 1 ? bytes[0] : 256;
  return byte < 256
    ? byte
    : { fault: { param, code: "bad-value", message: "one byte is written at a time: 0 to 255" } };
}

function dma(a: Arguments): OpResult {
  const gone = released(a, 0);
  if (gone) return gone;
  const bytes = a.bytes(1);
  if (bytes !== undefined) return done(dma_write(a.k, a.row(0), bytes));
  const byte = byteOf(a, 1);
  return typeof byte === "number" ? done(dma_write(a.k, a.row(0), Uint8Array.of(byte))) : byte;
}

// Nobody can use a pin that was released.
function released(a: Arguments, param: number): OpResult | undefined {
  if (a.k.w.pin.live.data[a.row(param)] === 1) return undefined;
  return { fault: { param, code: "bad-value", message: "the pin was released before" } };
}
