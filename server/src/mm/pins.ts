// References that outlive the call that took them, by their users' names: pipes, rings, devices.
// mm-semantics §4.1; LANGUAGE.md, "References from outside the page tables".

import {
  type Errno,
  FOLL_FAST_ONLY,
  FOLL_FORCE,
  FOLL_GET,
  FOLL_LONGTERM,
  FOLL_PIN,
  FOLL_TOUCH,
  FOLL_UNLOCKABLE,
  FOLL_WRITE,
  PIN_KINDS,
  type PinKind,
} from "./abi.ts";
import { page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { __get_user_pages, gup_put_folio, try_grab_folio } from "./gup.ts";
import { is_file_hugepages } from "./hugetlbfs.ts";
import type { Kernel } from "./kernel.ts";
import { NO_PAGE } from "./page_alloc.ts";
import { each_folio_run, each_pinned_folio, io_check_coalesce_buffer } from "./pin_folios.ts";
import { refused } from "./refused.ts";
import { lock_mm_and_find_vma } from "./stack.ts";
import { mmget, mmput } from "./tasks.ts";
import { folio_mark_dirty, is_shmem } from "./vm_ops.ts";
import { is_cow_mapping } from "./vma.ts";

const LONGTERM_WITHOUT_PIN = condition("(gup_flags & FOLL_LONGTERM) && !(gup_flags & FOLL_PIN)", "flags");
const TOO_LONG = condition("len > SZ_1T", "len");
const OTHER_FILE = condition("vma->vm_file != file", "");
const NO_LENGTH = condition("!len", "len");

const SZ_1G = 2n ** 30n;
const SZ_1T = 2n ** 40n;
const IO_URING: PinKind = "io_uring";
const O_DIRECT_READ: PinKind = "O_DIRECT read";

// get_user_pages_fast() and pin_user_pages_fast() may give up the lock while a fault waits, and mark no page dirty.
function gup_flags(flags: number): number {
  return flags & FOLL_FAST_ONLY ? flags | FOLL_UNLOCKABLE : flags;
}

// get_user_pages(): FOLL_GET, refcount + 1 for each page. Fewer pages than asked for is a success. FOLL_LONGTERM needs
// FOLL_PIN from 5.10 on. Mirrors is_valid_gup_args(), mm/gup.c, 6.12 (is_valid_gup_flags() before 6.3).
export function get_user_pages(k: Kernel, task: number, addr: bigint, length: bigint, flags: number): number | Errno {
  if (flags & FOLL_LONGTERM && k.model.longtermNeedsPin) return refused(k, LONGTERM_WITHOUT_PIN, flags);
  const touch = flags & FOLL_FAST_ONLY ? 0 : FOLL_TOUCH;
  return take(k, task, "get_user_pages", addr, length, (gup_flags(flags) & ~FOLL_PIN) | FOLL_GET | touch);
}

// pin_user_pages(): FOLL_PIN, refcount + 1024 for each small folio, and the mm is marked for fork.
export function pin_user_pages(k: Kernel, task: number, addr: bigint, length: bigint, flags: number): number | Errno {
  return take(k, task, "pin_user_pages", addr, length, (gup_flags(flags) & ~FOLL_GET) | FOLL_PIN);
}

// vmsplice(2) into a pipe: read-only FOLL_GET in every release. Mirrors vmsplice_to_pipe(), fs/splice.c.
export const vmsplice = kernelFunction(
  "vmsplice_to_pipe",
  "fs/splice.c",
  (k: Kernel, task: number, addr: bigint, length: bigint) =>
    take(k, task, "vmsplice", addr, length, FOLL_GET | FOLL_FAST_ONLY | FOLL_UNLOCKABLE),
);

// IORING_REGISTER_BUFFERS: FOLL_PIN|FOLL_LONGTERM|FOLL_WRITE, all pages or none. Up to 6.1 mappings of ordinary files
// are refused, after the pages were pinned and so copied. Mirrors io_sqe_buffer_register(), io_uring/rsrc.c.
export const io_uring_register = kernelFunction(
  "io_sqe_buffer_register",
  "io_uring/rsrc.c",
  (k: Kernel, task: number, addr: bigint, length: bigint): number | Errno => {
    // io_buffer_validate(): neither nothing nor more than 1 GiB (io_validate_user_buf_range() of 7.2: 1 TiB).
    if (length === 0n) return "EFAULT";
    if (k.model.ioUringTakesTebibyte ? length > SZ_1T : length > SZ_1G) {
      return k.model.ioUringTakesTebibyte ? refused(k, TOO_LONG, Number(length)) : "EFAULT";
    }
    const flags = FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE;
    const pin = take(k, task, IO_URING, addr, length, flags);
    if (typeof pin === "string") return pin;
    const { start, pages } = page_range(k, addr, length);
    if (k.side.pinPages[pin].length < pages) {
      release(k, pin);
      return "EFAULT";
    }
    const error = k.model.ioUringRefusesFiles ? refuse_files(k, task, start, pages) : 0;
    if (error !== 0) release(k, pin);
    else if (io_check_coalesce_buffer(k, k.side.pinPages[pin])) io_coalesce_buffer(k, pin);
    return error || pin;
  },
);

// The references to each run of a folio's pages are given back but for one, which goes on pinning all of the folio. Mirrors
// io_do_coalesce_buffer(), io_uring/rsrc.c, 6.12.
const io_coalesce_buffer = kernelFunction("io_do_coalesce_buffer", "io_uring/rsrc.c", (k: Kernel, pin: number) => {
  each_folio_run(k, k.side.pinPages[pin], (folio, pages) => {
    if (pages > 1) gup_put_folio(k, folio, k.w.pin.flags.data[pin], pages - 1);
  });
  k.set(k.w.pin.coalesced, pin, 1);
});

function refuse_files(k: Kernel, task: number, start: number, pages: number): 0 | Errno {
  const { vma } = k.w;
  const mm = k.w.task.mm.data[task] - 1;
  const first = vma.file.data[k.vmas.lookup(mm, start)];
  for (let vpn = start; vpn < start + pages; vpn++) {
    const file = vma.file.data[k.vmas.lookup(mm, vpn)];
    if (file !== first) return refused(k, OTHER_FILE, 0);
    if (file !== 0 && !is_shmem(k, file - 1) && !is_file_hugepages(k, file - 1)) return "EOPNOTSUPP";
  }
  return 0;
}

// read(2) with O_DIRECT: the device will write the memory, so its pages get dirty at once and again at the end.
// FOLL_GET, from 6.5 on FOLL_PIN. Mirrors bio_iov_iter_get_pages() and bio_set_pages_dirty(), block/bio.c.
export const o_direct_read = kernelFunction(
  "bio_iov_iter_get_pages",
  "block/bio.c",
  (k: Kernel, task: number, addr: bigint, length: bigint): number | Errno => {
    const pin = take(k, task, O_DIRECT_READ, addr, length, bio_flags(k) | FOLL_WRITE);
    if (typeof pin === "number") bio_set_pages_dirty(k, pin);
    return pin;
  },
);

// write(2) with O_DIRECT: the device reads the memory. Mirrors bio_iov_iter_get_pages(), block/bio.c.
export const o_direct_write = kernelFunction(
  "bio_iov_iter_get_pages",
  "block/bio.c",
  (k: Kernel, task: number, addr: bigint, length: bigint): number | Errno =>
    take(k, task, "O_DIRECT write", addr, length, bio_flags(k)),
);

function bio_set_pages_dirty(k: Kernel, pin: number): void {
  each_pinned_folio(k, k.side.pinPages[pin], false, (folio) => folio_mark_dirty(k, folio));
}

function bio_flags(k: Kernel): number {
  return (k.model.oDirectPins ? FOLL_PIN : FOLL_GET) | FOLL_FAST_ONLY | FOLL_UNLOCKABLE;
}

function page_range(k: Kernel, addr: bigint, length: bigint): { start: number; pages: number } {
  const size = BigInt(k.pageSize);
  const start = addr / size;
  return { start: Number(start), pages: Number((addr + length + size - 1n) / size - start) };
}

function take(k: Kernel, task: number, kind: PinKind, addr: bigint, length: bigint, flags: number): number | Errno {
  if (length === 0n) return refused(k, NO_LENGTH, 0);
  if (addr + length > BigInt(k.geometry.taskPages) * BigInt(k.pageSize)) return "EFAULT";
  const { start, pages } = page_range(k, addr, length);
  const got = __get_user_pages(k, task, k.w.task.mm.data[task] - 1, start, pages, flags);
  if (typeof got === "string") return got;
  const offset = Number(addr % BigInt(k.pageSize));
  const reached = Math.min(Number(length), got.length * k.pageSize - offset);
  return hold(k, task, kind, flags & ~FOLL_FAST_ONLY, { pages: got, start, offset, length: reached });
}

interface Held {
  readonly pages: ArrayLike<number>;
  readonly start: number;
  readonly offset: number;
  readonly length: number;
  // The address space that the pages were taken from, where it is not the one that the process has now.
  readonly mm?: number;
}

function is_private(k: Kernel, mm: number, vpn: number): boolean {
  const vma = k.vmas.lookup(mm, vpn);
  return vma >= 0 && is_cow_mapping(k.w.vma.flags.data[vma]);
}

function hold(k: Kernel, task: number, kind: PinKind, flags: number, held: Held): number {
  const { pin } = k.w;
  const row = k.create(pin);
  k.side.pinPages[row] = Float64Array.from(held.pages);
  const mm = held.mm ?? k.w.task.mm.data[task] - 1;
  k.side.pinSpaces[row] = mm;
  k.side.pinStarts[row] = held.start;
  k.side.pinPrivate[row] =
    flags & FOLL_LONGTERM ? Array.from(held.pages, (_, i) => is_private(k, mm, held.start + i)) : [];
  k.side.pinOffsets[row] = held.offset;
  k.side.pinLengths[row] = held.length;
  k.set(pin.kind, row, PIN_KINDS.indexOf(kind));
  k.set(pin.owner, row, task + 1);
  k.set(pin.flags, row, flags);
  k.set(pin.live, row, 1);
  return row;
}

// One more reference to the same pages, as tee(2) takes them for a second pipe: as many as can be had, and EFAULT when
// that is none. Mirrors link_pipe(), fs/splice.c, with pipe_buf_get(), include/linux/pipe_fs_i.h.
export const tee = kernelFunction("link_pipe", "fs/splice.c", (k: Kernel, pin: number): number | Errno => {
  const all = k.side.pinPages[pin];
  let got = 0;
  while (got < all.length && try_grab_folio(k, page_folio(k, all[got]), FOLL_GET, 1) === 0) got++;
  if (got === 0) return "EFAULT";
  const offset = k.side.pinOffsets[pin];
  return hold(k, k.w.pin.owner.data[pin] - 1, "tee", FOLL_GET, {
    pages: all.subarray(0, got),
    start: k.side.pinStarts[pin],
    offset,
    length: Math.min(k.side.pinLengths[pin], got * k.pageSize - offset),
    mm: k.side.pinSpaces[pin],
  });
});

// The references are given back. A pin that is released already stays so. What a device has read into memory is dirty,
// also if it was written back meanwhile (bio_check_pages_dirty(), block/bio.c).
export const release = kernelFunction("unpin_user_pages", "mm/gup.c", (k: Kernel, pin: number): 0 => {
  const { live, flags } = k.w.pin;
  if (live.data[pin] === 0) return 0;
  k.set(live, pin, 0);
  if (PIN_KINDS[k.w.pin.kind.data[pin]] === O_DIRECT_READ) {
    bio_set_pages_dirty(k, pin);
  }
  each_pinned_folio(k, k.side.pinPages[pin], k.w.pin.coalesced.data[pin] !== 0, (folio, refs) => {
    gup_put_folio(k, folio, flags.data[pin], refs);
  });
  return 0;
});

// A process is gone and its rings with it. Pipes and devices keep what they hold.
export function release_pins_of(k: Kernel, task: number): void {
  const { pin } = k.w;
  for (const row of k.live.pins.rows()) {
    if (pin.owner.data[row] === task + 1 && PIN_KINDS[pin.kind.data[row]] === IO_URING) release(k, row);
  }
}

// The device writes through the pin, whatever the page tables say by now. Bytes past the pinned range are lost.
export function dma_write(k: Kernel, pin: number, bytes: Uint8Array): 0 {
  const { content } = k.w.page;
  let offset = k.side.pinOffsets[pin];
  let done = 0;
  const length = Math.min(bytes.length, k.side.pinLengths[pin]);
  for (const pfn of k.side.pinPages[pin]) {
    if (done >= length) break;
    const part = bytes.subarray(done, done + Math.min(length - done, k.pageSize - offset));
    if (pfn !== NO_PAGE) k.set(content, pfn, k.contents.write(content.data[pfn], offset, part));
    done += part.length;
    offset = 0;
  }
  return 0;
}

// Another process reads the target's memory: a read-only FOLL_PIN for as long as the call lasts (mm-semantics, measured 6).
// Mirrors process_vm_rw_single_vec(), mm/process_vm_access.c.
export const process_vm_readv = kernelFunction(
  "process_vm_rw_single_vec",
  "mm/process_vm_access.c",
  (k: Kernel, task: number, target: number, addr: bigint, length: bigint): 0 | Errno => {
    const mm = k.w.task.mm.data[target] - 1;
    if (mm < 0) return "ESRCH";
    if (length === 0n) return 0;
    if (addr + length > BigInt(k.geometry.taskPages) * BigInt(k.pageSize)) return "EFAULT";
    const { start, pages } = page_range(k, addr, length);
    const counted = k.model.retriedFaultsAreMajor ? task : target;
    mmget(k, mm);
    const got = __get_user_pages(k, counted, mm, start, pages, FOLL_PIN | FOLL_UNLOCKABLE);
    if (typeof got !== "string") {
      each_pinned_folio(k, got, false, (folio, refs) => gup_put_folio(k, folio, FOLL_PIN, refs));
    }
    mmput(k, mm);
    return typeof got === "string" ? "EFAULT" : 0;
  },
);

// A debugger writes one byte, breaking COW but no protection: FOLL_FORCE|FOLL_WRITE for as long as the call lasts. A
// stack grows down to the address.
// Mirrors __access_remote_vm(), mm/memory.c; ptrace answers EIO where no page can be had.
export const ptrace_poke = kernelFunction(
  "__access_remote_vm",
  "mm/memory.c",
  (k: Kernel, task: number, target: number, addr: bigint, byte: number): 0 | Errno => {
    const mm = k.w.task.mm.data[target] - 1;
    if (mm < 0) return "ESRCH";
    if (addr >= BigInt(k.geometry.taskPages) * BigInt(k.pageSize)) return "EIO";
    const size = BigInt(k.pageSize);
    const vpn = Number(addr / size);
    const flags = FOLL_GET | FOLL_FORCE | FOLL_WRITE | FOLL_TOUCH;
    const counted = k.model.retriedFaultsAreMajor ? task : target;
    mmget(k, mm);
    if (!k.model.gupGrowsStacks) lock_mm_and_find_vma(k, mm, vpn);
    const got = __get_user_pages(k, counted, mm, vpn, 1, flags);
    if (typeof got === "string") {
      mmput(k, mm);
      return "EIO";
    }
    const { content } = k.w.page;
    k.set(content, got[0], k.contents.write(content.data[got[0]], Number(addr % size), Uint8Array.of(byte)));
    const folio = page_folio(k, got[0]);
    folio_mark_dirty(k, folio);
    gup_put_folio(k, folio, flags, 1);
    mmput(k, mm);
    return 0;
  },
);
