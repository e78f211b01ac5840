// Each operation that is a call: which one, with which arguments.

import type { Expr } from "../../lang/program.ts";
import { adviceOf, flagsOf, protOf } from "./constants.ts";
import { address, arg, byteOf, bytesOf, type Called, type Line, length, named, size, words } from "./line.ts";
import { refuse } from "./refusal.ts";
import { bare, bytesLiteral } from "./text.ts";
import { constant } from "./value.ts";

type Translate = (line: Line) => Called;

// Where the result goes, unless nobody reads it.
function target(line: Line): string | undefined {
  const { target: symbol } = line.statement;
  return symbol !== undefined && line.frame.read.has(symbol) ? line.frame.place(symbol) : undefined;
}

function file(line: Line, index: number): string {
  return line.frame.variable(named(line, index), line.by);
}

function range(name: string): Translate {
  return (line) => ({ code: `${name}(${bare(address(line, 0))}, ${length(line, 1)})` });
}

function mmap(line: Line): Called {
  const { frame } = line;
  const flags = words(line, 2)?.words ?? (arg(line, 2) === undefined ? ["private", "anonymous"] : []);
  if (flags.includes("hugetlb")) needPool(line);
  const prot = words(line, 1)?.bits ?? 3;
  const at = arg(line, 5);
  const bytes = size(line, 0);
  const spaced = !frame.program.machine.some(({ key, value }) => key === "layout" && value === "kernel");
  const where = at !== undefined ? bare(address(line, 5)) : spaced ? `place(${bytes})` : "NULL";
  const fd = arg(line, 3) === undefined ? "-1" : file(line, 3);
  if (arg(line, 3) !== undefined && flags.includes("private")) frame.privateFiles = true;
  const fixed = at === undefined ? undefined : constant(at);
  if (!spaced || (fixed !== undefined && (fixed < 1n << 44n || fixed > 0x54ffffffffffn))) frame.scattered = true;
  return {
    target: target(line),
    gives: "address",
    code: `mmap(${where}, ${bytes}, ${protOf(prot)}, ${flagsOf("mmap", flags, frame)}, ${fd}, ${size(line, 4)})`,
  };
}

function mremap(line: Line): Called {
  const flags = words(line, 3)?.words ?? [];
  const to = arg(line, 4) === undefined ? "" : `, ${bare(address(line, 4))}`;
  if (flags.includes("maymove") && to === "") line.frame.scattered = true;
  return {
    target: target(line),
    gives: "address",
    code: `mremap(${bare(address(line, 0))}, ${size(line, 1)}, ${size(line, 2)}, ${flagsOf("mremap", flags, line.frame)}${to})`,
  };
}

function madvise(line: Line): Called {
  const word = words(line, 2)?.words[0] ?? refuse("the advice is missing");
  const { frame } = line;
  if (word === "hugepage" || word === "collapse") needThp(line);
  if (word === "pageout" && line.statement.expected?.errno === undefined) needSwap(line);
  return { code: `madvise(${bare(address(line, 0))}, ${length(line, 1)}, ${adviceOf(word, frame)})` };
}

// With `machine thp=never` the program itself has none.
function needThp({ frame }: Line): void {
  frame.hugePages = true;
  if (!frame.program.machine.some(({ key, value }) => key === "thp" && value === "never"))
    frame.requirements.set("thp_is_madvise()", "transparent huge pages are not set to madvise");
}

function swapout(line: Line): Called {
  needSwap(line);
  return { code: `madvise(${bare(address(line, 0))}, ${length(line, 1)}, ${adviceOf("pageout", line.frame)})` };
}

function needSwap({ frame }: Line): void {
  frame.requirements.set(`swap_is_on()`, "there is no swap");
}

function needRoot({ frame }: Line, file: string): void {
  frame.requirements.set(`!access("${file}", W_OK)`, `${file} cannot be written to`);
}

function needPool({ frame }: Line): void {
  frame.hugetlb = true;
  frame.requirements.set(`!access("${POOL}", W_OK)`, "the pool of huge pages cannot be set");
}

function needRing({ frame }: Line): void {
  frame.requirements.set("has_io_uring()", "there is no io_uring");
}

const POOL = "/proc/sys/vm/nr_hugepages";

// A pin by vmsplice: a reference and no more.
function pipe(line: Line): Called {
  const { target: symbol } = line.statement;
  if (symbol !== undefined) line.frame.pins.set(symbol, { kind: "pipe", owner: line.by });
  return { target: target(line), code: `into_pipe(${bare(address(line, 0))}, ${length(line, 1)})` };
}

function ring(line: Line): Called {
  needRing(line);
  const { target: symbol } = line.statement;
  if (symbol === undefined) return refuse("the pin needs a name");
  if (line.frame.shared.has(symbol)) refuse("only the process that registered the buffers can use them");
  line.frame.pins.set(symbol, { kind: "ring", owner: line.by });
  line.frame.rings.add(symbol);
  return {
    code: `ring_register(&${line.frame.place(symbol)}, ${bare(address(line, 0))}, ${length(line, 1)})`,
  };
}

function getUserPages(line: Line): Called {
  const flags = words(line, 2)?.words ?? [];
  const strange = flags.find((flag) => flag !== "fast");
  if (strange !== undefined) refuse(`a program cannot bring about get_user_pages() with \`${strange}\``);
  return pipe(line);
}

function pinUserPages(line: Line): Called {
  const flags = words(line, 2)?.words ?? [];
  const fits = flags.includes("write") && flags.includes("longterm") && flags.every((flag) => GUP.includes(flag));
  if (!fits) refuse("a program can bring about pin_user_pages() with `write|longterm` alone, by io_uring");
  return ring(line);
}

const GUP = ["write", "longterm", "fast"];

function release(line: Line): Called {
  const symbol = named(line, 0);
  const pin = line.frame.pins.get(symbol) ?? refuse("nothing holds the pin any more");
  line.frame.pins.delete(symbol);
  if (pin.kind === "pipe") return { code: `close(${line.frame.variable(symbol, line.by)})` };
  return { code: `ring_release(&${line.frame.variable(symbol, pin.owner)})`, by: pin.owner };
}

function tee(line: Line): Called {
  const symbol = named(line, 0);
  const { target: second } = line.statement;
  if (line.frame.pins.get(symbol)?.kind !== "pipe") refuse("tee(2) takes what a pipe holds");
  if (second !== undefined) line.frame.pins.set(second, { kind: "pipe", owner: line.by });
  return { target: target(line), code: `tee_pipe(${line.frame.variable(symbol, line.by)})` };
}

function dmaWrite(line: Line): Called {
  const symbol = named(line, 0);
  const pin = line.frame.pins.get(symbol);
  if (pin?.kind !== "ring") return refuse("only a device that io_uring stands for can write here");
  if (!line.frame.living.includes(pin.owner)) refuse("the process of the device has ended");
  const bytes = bytesOf(arg(line, 1)) ?? byte(arg(line, 1));
  const where = line.frame.variable(symbol, pin.owner);
  return {
    code: `ring_write(&${where}, ${bytesLiteral(bytes)}, ${bytes.length})`,
    by: pin.owner,
    gives: "truth",
  };
}

function byte(expr: Expr | undefined): Uint8Array {
  const value = expr && constant(expr);
  return value !== undefined && value < 256n ? Uint8Array.of(Number(value)) : refuse("the byte must be given");
}

function newFile(line: Line): Called {
  const cached = words(line, 1)?.words[0] === "yes";
  if (!cached) line.frame.requirements.set("has_usual_readahead()", "read_ahead_kb of the disk of /var/tmp is not 128");
  return { target: target(line), code: `make_file(${size(line, 0)}, ${cached})` };
}

function newMemfd(line: Line): Called {
  const huge = words(line, 1)?.words[0] === "yes";
  if (huge) needPool(line);
  return { target: target(line), code: `make_memfd(${size(line, 0)}, ${huge ? "MFD_HUGETLB" : "0"})` };
}

function otherMemory(line: Line): Called {
  const process = line.frame.process(named(line, 0));
  return { code: `read_other(${process}, ${bare(address(line, 1))}, ${length(line, 2)})` };
}

function migrate(line: Line): Called {
  line.frame.requirements.set('!access("/sys/devices/system/node/node1", F_OK)', "there is one NUMA node only");
  line.frame.requirements.set("!geteuid()", "moving pages that others map needs root");
  return {
    code: `move_to_other_node(${bare(address(line, 0))}, ${length(line, 1)})`,
    gives: "truth",
  };
}

function proc(file: string, text: string): Translate {
  return (line) => {
    needRoot(line, file);
    return { code: `write_text("${file}", "${text}")`, gives: "truth" };
  };
}

function ksmScan(line: Line): Called {
  needRoot(line, "/sys/kernel/mm/ksm/run");
  return { code: `ksm_scan()`, gives: "truth" };
}

function splitFolio(line: Line): Called {
  line.frame.requirements.set(
    "can_split_folios()",
    "split_huge_pages of debugfs cannot be written to, or is older than 5.13",
  );
  return { code: `split_folio(${bare(address(line, 0))})`, gives: "truth" };
}

function drain(): Called {
  return { code: "drain_lru()", gives: "truth" };
}

export const CALLS: Readonly<Record<string, Translate>> = {
  mmap,
  mremap,
  madvise,
  munmap: range("munmap"),
  mlock: range("mlock"),
  munlock: range("munlock"),
  mprotect: (line) => ({
    code: `mprotect(${bare(address(line, 0))}, ${length(line, 1)}, ${protOf(words(line, 2)?.bits ?? 0)})`,
  }),
  msync: (line) => ({ code: `msync(${bare(address(line, 0))}, ${length(line, 1)}, MS_SYNC)` }),
  file: newFile,
  memfd: newMemfd,
  close: (line) => ({ code: `close(${file(line, 0)})` }),
  ftruncate: (line) => ({ code: `ftruncate(${file(line, 0)}, ${size(line, 1)})` }),
  fallocate(line) {
    line.frame.includes.add("fcntl.h");
    const mode = flagsOf("fallocate", words(line, 1)?.words ?? [], line.frame);
    return { code: `fallocate(${file(line, 0)}, ${mode}, ${size(line, 2)}, ${size(line, 3)})` };
  },
  get_user_pages: getUserPages,
  pin_user_pages: pinUserPages,
  vmsplice: pipe,
  io_uring_register: ring,
  release,
  tee,
  dma_write: dmaWrite,
  process_vm_readv: otherMemory,
  ptrace_poke: (line) => ({
    code: `poke(${line.frame.process(named(line, 0))}, ${bare(address(line, 1))}, ${byteOf(line, 2)})`,
  }),
  swapout,
  migrate,
  ksm_scan: ksmScan,
  split_folio: splitFolio,
  compact: proc("/proc/sys/vm/compact_memory", "1"),
  drop_caches: proc("/proc/sys/vm/drop_caches", "1"),
  clear_refs({ frame }) {
    frame.requirements.set("has_soft_dirty()", "the kernel has no soft-dirty bits");
    return { code: `write_text("/proc/self/clear_refs", "4")`, gives: "truth" };
  },
  lru_add_drain: drain,
  writeback: (line) => ({ code: `fsync(${file(line, 0)})` }),
};
