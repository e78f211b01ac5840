// Random sequences of system calls on a small machine: what the properties of the engine are tried on.
//
// A call names processes, mappings and pins by number; a number is taken modulo what exists, so that every sequence is
// a valid one and a shrunk one still makes sense.

import fc from "fast-check";
import {
  FOLL_FORCE,
  FOLL_LONGTERM,
  FOLL_WRITE,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_MAYMOVE,
} from "../../server/src/mm/abi.ts";
import { INSERT_MIXED_DEVICE, INSERT_PAGE_DEVICE, PFNMAP_DEVICE } from "../../server/src/mm/device.ts";
import { Kernel } from "../../server/src/mm/kernel.ts";
import { DEFAULT_MACHINE, type Machine } from "../../server/src/mm/machine.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { livePins, liveTasks, mmOf, vmasOf } from "../../server/src/mm/observe.ts";
import * as sys from "../../server/src/mm/syscalls.ts";

export interface Call {
  readonly op: (typeof OPS)[number];
  readonly task: number;
  readonly place: number;
  readonly page: number;
  readonly pages: number;
  readonly choice: number;
}

const OPS = [
  "mmap",
  "munmap",
  "mprotect",
  "mremap",
  "madvise",
  "read",
  "write",
  "write",
  "fork",
  "clone",
  "exec",
  "exit",
  "get",
  "pin",
  "vmsplice",
  "io_uring",
  "tee",
  "release",
  "dma",
  "readv",
  "direct",
  "poke",
  "truncate",
  "close",
  "drop",
  "writeback",
  "brk",
  "mlock",
  "clear_refs",
  "mergeable",
  "ksm",
  "reclaim",
  "fallocate",
  "drain",
  "swapout",
  "swapout",
  "swapoff",
  "migrate",
] as const;

export const calls = fc.array(
  fc.record({
    op: fc.constantFrom(...OPS),
    task: fc.nat(7),
    place: fc.nat(15),
    page: fc.nat(9),
    pages: fc.integer({ min: 1, max: 8 }),
    choice: fc.nat(63),
  }),
  { minLength: 1, maxLength: 60, size: "max" },
);

// A process with anonymous memory, a shared memfd and a private file. Memory is short on purpose, so that sequences
// meet allocation failures too.
export function smallMachine(model: Model, settings: Partial<Machine> = {}, journal = true): Kernel {
  const machine = { ...DEFAULT_MACHINE, memory: 2 ** 18 * 2, swap: 2 ** 17, ksm_zero_pages: true, ...settings };
  const k = new Kernel(model, machine, { journal });
  sys.boot(k);
  const main = sys.new_task(k, "main");
  const call = { op: "mmap", task: 0, place: 0, page: 9, pages: 8 } as const;
  for (const choice of [4, 9, 16]) mmap(k, main, { ...call, choice }, 3, 8n * PAGE, 0n);
  return k;
}

const PAGE = 4096n;
const DEVICES = [PFNMAP_DEVICE, INSERT_PAGE_DEVICE, INSERT_MIXED_DEVICE];
const PROTS = [3, 3, 3, 1, 0, 5];
const ADVICE = [
  "dontneed",
  "populate_read",
  "populate_write",
  "dontfork",
  "dofork",
  "wipeonfork",
  "keeponfork",
  "willneed",
  "cold",
  "pageout",
  "free",
  "unmergeable",
  "guard_install",
  "guard_remove",
  "remove",
];

const FALLOCATE = [0, 1, 3, 8, 16, 32];

// Makes one call. The kernel's refusals are as good as its successes here.
export function make(k: Kernel, call: Call): void {
  k.outcome = 0;
  const tasks = liveTasks(k);
  if (tasks.length === 0) {
    sys.new_task(k, "again");
    return;
  }
  const task = tasks[call.task % tasks.length];
  // The process that asks is told from the one that is killed for it.
  k.current = task;
  k.killed = [];
  const other = tasks[call.choice % tasks.length];
  const files = k.rows(k.w.file);
  const file = files === 0 ? -1 : call.place % files;
  const pins = livePins(k);
  const pin = pins.length === 0 ? -1 : pins[call.place % pins.length];
  const vmas = vmasOf(k, mmOf(k, task));
  const start = vmas.length === 0 ? 0 : k.w.vma.start.data[vmas[call.place % vmas.length]];
  const addr = (BigInt(start) + BigInt(call.page)) * PAGE;
  const length = BigInt(call.pages) * PAGE;
  const prot = PROTS[call.choice % PROTS.length];
  const gup = [0, FOLL_WRITE, FOLL_LONGTERM, FOLL_FORCE | FOLL_WRITE][call.choice % 4];
  switch (call.op) {
    case "mmap":
      mmap(k, task, call, prot, length, addr);
      return;
    case "swapout":
      sys.swapout(k, task, addr, length);
      return;
    case "migrate":
      sys.do_pages_move(k, task, addr, length);
      return;
    case "swapoff":
      if (call.choice === 0) sys.sys_swapoff(k);
      return;
    case "munmap":
      sys.sys_munmap(k, task, addr, length);
      return;
    case "mprotect":
      sys.sys_mprotect(k, task, addr, length, prot);
      return;
    case "mremap":
      sys.sys_mremap(k, task, addr, length, BigInt(1 + (call.choice % 8)) * PAGE, MREMAP_MAYMOVE, undefined);
      return;
    case "madvise":
      sys.sys_madvise(k, task, addr, length, ADVICE[call.choice % ADVICE.length]);
      return;
    case "read":
      sys.user_read(k, task, addr, length);
      return;
    case "write":
      sys.user_write(k, task, addr, { byte: call.choice, length });
      return;
    case "fork":
      if (tasks.length < 6) sys.sys_fork(k, task, "child");
      return;
    case "clone":
      if (tasks.length < 6) sys.sys_clone(k, task, "thread", true);
      return;
    case "exec":
      if (call.choice % 4 === 0) sys.sys_execve(k, task);
      return;
    case "exit":
      if (call.choice % 2 === 0) sys.sys_exit(k, task);
      return;
    case "get":
      sys.get_user_pages(k, task, addr, length, gup);
      return;
    case "pin":
      sys.pin_user_pages(k, task, addr, length, gup);
      return;
    case "vmsplice":
      sys.vmsplice(k, task, addr, length);
      return;
    case "io_uring":
      sys.io_uring_register(k, task, addr, length);
      return;
    case "direct":
      if (call.choice % 2 === 0) sys.o_direct_read(k, task, addr, length);
      else sys.o_direct_write(k, task, addr, length);
      return;
    case "tee":
      if (pin >= 0) sys.tee(k, pin);
      return;
    case "release":
      if (pin >= 0) sys.release(k, pin);
      return;
    case "dma":
      if (pin >= 0) sys.dma_write(k, pin, Uint8Array.of(call.choice, 1, 2));
      return;
    case "readv":
      sys.process_vm_readv(k, task, other, addr, length);
      return;
    case "poke":
      sys.ptrace_poke(k, task, other, addr, call.choice);
      return;
    case "truncate":
      if (file >= 0) sys.sys_ftruncate(k, task, file, BigInt(call.choice) * 1000n);
      return;
    case "close":
      if (file >= 0) sys.sys_close(k, task, file);
      return;
    case "drop":
      sys.drop_caches(k);
      return;
    case "writeback":
      if (file >= 0) sys.writeback(k, file);
      return;
    case "clear_refs":
      sys.clear_refs_write(k, task);
      return;
    case "brk":
      sys.sys_brk(k, task, 0x5555_5556_0000n + BigInt(call.choice) * 1000n);
      return;
    case "mergeable":
      sys.sys_madvise(k, task, BigInt(start) * PAGE, length, "mergeable");
      return;
    case "ksm":
      sys.ksm_do_scan(k);
      return;
    case "reclaim":
      sys.reclaim(k, call.choice);
      return;
    case "drain":
      sys.lru_add_drain(k);
      return;
    case "fallocate": {
      const mode = FALLOCATE[call.choice % FALLOCATE.length];
      if (file >= 0) sys.sys_fallocate(k, task, file, mode, { offset: BigInt(call.page) * 2048n, length: length / 2n });
      return;
    }
    case "mlock":
      if (call.choice % 2 === 0) sys.sys_mlock(k, task, addr, length);
      else sys.sys_munlock(k, task, addr, length);
  }
}

function mmap(k: Kernel, task: number, call: Call, prot: number, length: bigint, near: bigint): void {
  const shared = call.choice & 1 ? MAP_SHARED : MAP_PRIVATE;
  const at = call.choice & 2 ? near : undefined;
  const map = (flags: number, file: number | undefined) =>
    sys.sys_mmap(k, task, { length, prot, flags, file, offset: 0n, at });
  if (call.choice & 4) {
    map(shared | MAP_ANONYMOUS, undefined);
    return;
  }
  if (call.choice & 32) {
    const device = sys.open_device(k, task, DEVICES[(call.choice >> 3) % DEVICES.length], length);
    if (typeof device === "number") map(shared, device);
    return;
  }
  const size = BigInt(call.page) * 2000n;
  const file =
    call.choice & 8 ? sys.memfd_create(k, task, size, false) : sys.create_file(k, task, size, (call.choice & 16) !== 0);
  if (typeof file === "number") map(shared, file);
}
