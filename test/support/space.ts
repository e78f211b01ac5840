// An address space to try system calls on: `space("6.12")` boots a machine with one process, `maps()` shows what is mapped.

import * as abi from "../../server/src/mm/abi.ts";
import { flagNames, VM_EXEC, VM_READ, VM_SHARED, VM_WRITE, VMA_FLAG_NAMES } from "../../server/src/mm/flags.ts";
import { Kernel } from "../../server/src/mm/kernel.ts";
import { DEFAULT_MACHINE, type Machine } from "../../server/src/mm/machine.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import * as sys from "../../server/src/mm/syscalls.ts";

export const K = 1024n;
export const PAGE = 4n * K;
// Where the tests put their mappings.
export const HERE = 0x300000000000n;

const WORDS: Readonly<Record<string, number>> = {
  private: abi.MAP_PRIVATE,
  shared: abi.MAP_SHARED,
  anonymous: abi.MAP_ANONYMOUS,
  fixed: abi.MAP_FIXED,
  fixed_noreplace: abi.MAP_FIXED_NOREPLACE,
  noreserve: abi.MAP_NORESERVE,
  growsdown: abi.MAP_GROWSDOWN,
  populate: abi.MAP_POPULATE,
  maymove: abi.MREMAP_MAYMOVE,
  move_fixed: abi.MREMAP_FIXED,
  dontunmap: abi.MREMAP_DONTUNMAP,
};

export function prot(letters: string): number {
  return (letters.includes("r") ? 1 : 0) | (letters.includes("w") ? 2 : 0) | (letters.includes("x") ? 4 : 0);
}

function bits(words: string): number {
  return words === "" ? 0 : words.split("|").reduce((all, word) => all | WORDS[word], 0);
}

export interface Space {
  readonly k: Kernel;
  readonly task: number;
  mmap(
    length: bigint,
    letters?: string,
    flags?: string,
    more?: { fd?: number; offset?: bigint; at?: bigint },
  ): bigint | string;
  munmap(addr: bigint, length: bigint): number | string;
  mprotect(addr: bigint, length: bigint, letters: string): number | string;
  mremap(addr: bigint, oldLength: bigint, newLength: bigint, flags?: string, to?: bigint): bigint | string;
  madvise(addr: bigint, length: bigint, advice: string): number | string;
  mlock(addr: bigint, length: bigint): number | string;
  munlock(addr: bigint, length: bigint): number | string;
  msync(addr: bigint, length: bigint): number | string;
  brk(addr: bigint): bigint | string;
  write(addr: bigint, text?: string): void;
  read(addr: bigint): void;
  fork(): Space;
  file(size: bigint, cached?: boolean): number;
  memfd(size: bigint, hugetlb?: boolean): number;
  // The VMAs, one a line: first page past HERE, pages, rights as /proc/PID/maps, and the flags that tell more.
  maps(): string;
  vmas(): number;
}

export function space(model = "7.2", machine: Partial<Machine> = {}): Space {
  const release = [...MODELS.values()].find(({ name }) => name === model);
  if (!release) throw new Error(`no model ${model}`);
  const k = new Kernel(release, { ...DEFAULT_MACHINE, ...machine });
  sys.boot(k);
  return spaceOf(k, sys.new_task(k, "main"));
}

function spaceOf(k: Kernel, task: number): Space {
  const mm = () => k.w.task.mm.data[task] - 1;
  return {
    k,
    task,
    mmap: (length, letters = "rw", flags = "private|anonymous", more = {}) =>
      sys.sys_mmap(k, task, {
        length,
        prot: prot(letters),
        flags: bits(flags),
        file: more.fd,
        offset: more.offset ?? 0n,
        at: more.at,
      }),
    munmap: (addr, length) => sys.sys_munmap(k, task, addr, length),
    mprotect: (addr, length, letters) => sys.sys_mprotect(k, task, addr, length, prot(letters)),
    mremap: (addr, oldLength, newLength, flags = "", to) =>
      sys.sys_mremap(k, task, addr, oldLength, newLength, bits(flags), to),
    madvise: (addr, length, advice) => sys.sys_madvise(k, task, addr, length, advice),
    mlock: (addr, length) => sys.sys_mlock(k, task, addr, length),
    munlock: (addr, length) => sys.sys_munlock(k, task, addr, length),
    msync: (addr, length) => sys.sys_msync(k, task, addr, length),
    brk: (addr) => sys.sys_brk(k, task, addr),
    write(addr, text = "x") {
      k.outcome = 0;
      sys.user_write(k, task, addr, new TextEncoder().encode(text));
    },
    read(addr) {
      k.outcome = 0;
      sys.user_read(k, task, addr, 1n);
    },
    fork() {
      const child = sys.sys_fork(k, task, "child");
      if (typeof child === "string") throw new Error(child);
      return spaceOf(k, child);
    },
    file: (size, cached = false) => row(sys.create_file(k, task, size, cached)),
    memfd: (size, hugetlb = false) => row(sys.memfd_create(k, task, size, hugetlb)),
    maps: () =>
      k.vmas
        .of(mm())
        .map((vma) => line(k, vma))
        .join("\n"),
    vmas: () => k.w.mm.map_count.data[mm()],
  };
}

function row(result: number | string): number {
  if (typeof result === "string") throw new Error(result);
  return result;
}

const TOLD = ["locked", "dontfork", "wipeonfork", "growsdown"];

function line(k: Kernel, vma: number): string {
  const { start, end, flags } = k.w.vma;
  const first = start.data[vma] - Number(HERE / BigInt(k.pageSize));
  const has = flags.data[vma];
  const rights = `${has & VM_READ ? "r" : "-"}${has & VM_WRITE ? "w" : "-"}${has & VM_EXEC ? "x" : "-"}`;
  const more = flagNames(VMA_FLAG_NAMES, has).filter((name) => TOLD.includes(name));
  return [first, end.data[vma] - start.data[vma], `${rights}${has & VM_SHARED ? "s" : "p"}`, ...more].join(" ");
}
