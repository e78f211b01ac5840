// An operation of a trace as the line that the guest gets: its name there and its arguments, evaluated.
//
//   mmap 0x200000000000 4096 3 34 - 0          addresses are hexadecimal, all other numbers decimal, `-` = not given
//
// What user space cannot cause on a real kernel is no line but the reason why.

import type { Arguments } from "../../lang/op.ts";
import type { Value } from "../../lang/value.ts";
import {
  FOLL_LONGTERM,
  FOLL_WRITE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PIN_KINDS,
} from "../../mm/abi.ts";
import { mmOf, vmasOf } from "../../mm/observe.ts";

export interface Done {
  readonly a: Arguments;
  // What the simulated operation came to, and whether it waited for the disk.
  readonly value: Value | undefined;
  readonly major: boolean;
  // A number for what it should have made and did not: no row of the simulated world has it.
  readonly spare: number;
}

export interface Unsendable {
  readonly reason: string;
}

type Wire = string | Unsendable;

// `NAME ARG…` of an operation.
export function wireOf(name: string, done: Done): Wire {
  const write = WIRE[name];
  return write ? write(done) : { reason: `user space cannot cause \`${name}\`` };
}

function at(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}

// addr, length.
function range(name: string): (done: Done) => Wire {
  return ({ a }) => `${name} ${at(a.number(0))} ${a.number(1)}`;
}

function plain(name: string): () => Wire {
  return () => name;
}

// A file, process or pin that the operation makes, by its row.
function made({ value, spare }: Done): number {
  if (typeof value === "object" && value !== null) {
    if (value.kind === "process") return value.task;
    if (value.kind === "file") return value.file;
    if (value.kind === "pin") return value.pin;
  }
  return spare;
}

function pinning(name: string): (done: Done) => Wire {
  return (done) => `${name} ${made(done)} ${at(done.a.number(0))} ${done.a.number(1)}`;
}

const IN_FLIGHT = "no program can keep direct I/O waiting, so that nobody sees the reference";

const WIRE: Readonly<Record<string, ((done: Done) => Wire) | undefined>> = {
  mmap,
  munmap: range("munmap"),
  mprotect: ({ a }) => `mprotect ${at(a.number(0))} ${a.number(1)} ${a.words(2).bits}`,
  mremap,
  madvise: ({ a }) => `madvise ${at(a.number(0))} ${a.number(1)} ${a.words(2).words[0]}`,
  brk: ({ a }) => `brk ${at(a.number(0))}`,
  mlock: range("mlock"),
  munlock: range("munlock"),
  msync: range("msync"),
  read: range("read"),
  write,
  file: (done) => `file ${made(done)} ${done.a.number(0)} ${done.a.words(1).bits}`,
  memfd: (done) => `memfd ${made(done)} ${done.a.number(0)} ${done.a.words(1).bits}`,
  refpage_create: () => ({ reason: "no release has `refpage_create`" }),
  device: () => ({ reason: "a device takes a driver of its own in the kernel" }),
  close: ({ a }) => `close ${a.row(0)}`,
  ftruncate: ({ a }) => `ftruncate ${a.row(0)} ${a.number(1)}`,
  fallocate: ({ a }) => `fallocate ${a.row(0)} ${a.words(1).bits} ${a.number(2)} ${a.number(3)}`,
  fork: (done) => `fork ${made(done)}`,
  vfork: (done) => `vfork ${made(done)}`,
  clone: (done) => `clone ${made(done)} ${done.a.words(0).bits}`,
  execve: plain("execve"),
  exit: plain("exit"),
  vmsplice: pinning("vmsplice"),
  io_uring_register: pinning("io_uring_register"),
  get_user_pages,
  pin_user_pages,
  o_direct_read: () => ({ reason: IN_FLIGHT }),
  o_direct_write: () => ({ reason: IN_FLIGHT }),
  process_vm_readv: ({ a }) => `process_vm_readv ${a.row(0)} ${at(a.number(1))} ${a.number(2)}`,
  ptrace_poke: ({ a }) => `ptrace_poke ${a.row(0)} ${at(a.number(1))} ${bytesOf(a, 2)}`,
  release: ({ a }) => `release ${a.row(0)}`,
  dma_write: (done) => {
    const { a } = done;
    if (kindOf(a) !== "io_uring" && kindOf(a) !== "pin_user_pages") {
      return { reason: "only io_uring's buffers can be written through from user space" };
    }
    return `dma_write ${a.row(0)} 0 ${bytesOf(a, 1)}`;
  },
  tee: (done) =>
    kindOf(done.a) === "io_uring" || kindOf(done.a) === "pin_user_pages"
      ? { reason: "only a pipe can be tee'd" }
      : `tee ${made(done)} ${done.a.row(0)}`,
  swapout: range("swapout"),
  migrate: range("migrate"),
  reclaim: () => ({ reason: "pages of the whole machine compete for staying, those of other programs too" }),
  compact: () => ({ reason: "which pages compaction moves depends on the rest of the machine's memory" }),
  ksm_scan: plain("ksm_scan"),
  lru_add_drain: plain("lru_add_drain"),
  writeback: ({ a }) => `writeback ${a.row(0)}`,
  drop_caches: plain("drop_caches"),
  clear_refs: plain("clear_refs"),
  swapoff: plain("swapoff"),
  split_folio: ({ a }) => `split_folio ${at(a.number(0))}`,
  split_pmd: ({ a }) => `split_pmd ${at(a.number(0))}`,
  deferred_split_scan: plain("deferred_split_scan"),
  khugepaged: ({ a }) => `khugepaged ${at(a.number(0))}`,
};

function get_user_pages(done: Done): Wire {
  if (done.a.words(2).bits !== 0) {
    return { reason: "user space has only vmsplice() for FOLL_GET, which takes none of these flags" };
  }
  if (done.a.k.machine.lru_batch) {
    return { reason: "vmsplice() takes its reference without the lock, and moves no page from one list to another" };
  }
  if (done.major) return { reason: "vmsplice() gives up the lock while it waits for the disk, and tries again" };
  return pinning("vmsplice")(done);
}

function pin_user_pages(done: Done): Wire {
  const { a } = done;
  if (a.words(2).bits !== (FOLL_WRITE | FOLL_LONGTERM)) {
    return { reason: "user space has only io_uring's buffers for FOLL_PIN, which are `write|longterm`" };
  }
  if (a.k.model.ioUringRefusesFiles && touchesFile(a)) {
    return { reason: "io_uring's buffers take no mapping of a file in this release" };
  }
  return pinning("io_uring_register")(done);
}

function touchesFile(a: Arguments): boolean {
  const { k, task } = a;
  const from = Number(a.number(0)) / k.pageSize;
  const to = from + Number(a.number(1)) / k.pageSize;
  const { start, end, file } = k.w.vma;
  return vmasOf(k, mmOf(k, task)).some((row) => start.data[row] < to && from < end.data[row] && file.data[row] !== 0);
}

function kindOf(a: Arguments): string {
  return PIN_KINDS[a.k.w.pin.kind.data[a.row(0)]] ?? "";
}

// Where the simulated call put it; a call that failed is made as the trace wrote it. A place of the simulation's own choice
// is asked for as a fixed one: for a hint the kernel wants room around it, where it aligns large mappings.
function mmap({ a, value }: Done): Wire {
  const { bits } = a.words(2);
  const fixed = (bits & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0;
  const hint = a.has(5) ? a.number(5) : 0n;
  const place = addressOf(value);
  const chosen = !fixed && place !== undefined && place !== hint;
  const fd = a.has(3) && (bits & MAP_ANONYMOUS) === 0 ? String(a.row(3)) : "-";
  const asked = chosen ? `${at(place)} ${a.number(0)} ${a.words(1).bits} ${bits | MAP_FIXED_NOREPLACE}` : undefined;
  return `mmap ${asked ?? `${at(hint)} ${a.number(0)} ${a.words(1).bits} ${bits}`} ${fd} ${a.number(4)}`;
}

// A mapping that the simulation moved to a place of its choice is moved there.
function mremap({ a, value }: Done): Wire {
  const { bits } = a.words(3);
  const from = a.number(0);
  const to = addressOf(value);
  const moved = to !== undefined && to !== from && (bits & MREMAP_FIXED) === 0 && (bits & MREMAP_MAYMOVE) !== 0;
  const flags = moved ? bits | MREMAP_FIXED : bits;
  const place = moved ? to : a.has(4) && bits & (MREMAP_FIXED | MREMAP_DONTUNMAP) ? a.number(4) : 0n;
  return `mremap ${at(from)} ${a.number(1)} ${a.number(2)} ${flags} ${at(place)}`;
}

function addressOf(value: Value | undefined): bigint | undefined {
  return typeof value === "object" && value?.kind === "address" ? value.at : undefined;
}

function write({ a }: Done): Wire {
  const bytes = a.bytes(1);
  const length = bytes ? BigInt(bytes.length) : a.has(2) ? a.number(2) : 1n;
  return `write ${at(a.number(0))} ${length} ${bytesOf(a, 1)}`;
}

// A string's bytes or the one byte, as hexadecimal digits.
function bytesOf(a: Arguments, param: number): string {
  const bytes = a.bytes(param) ?? Uint8Array.of(Number(a.number(param)));
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return text === "" ? "-" : text;
}
