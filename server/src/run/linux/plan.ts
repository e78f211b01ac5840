// From a recording to what a real kernel is told to do: one operation after the other, with evaluated arguments, and
// where the trace asks for what no real kernel can be made to do, the line and the reason.

import { evaluate } from "../../lang/evaluate.ts";
import { isFault, type Operation } from "../../lang/program.ts";
import type { Value } from "../../lang/value.ts";
import { large_folio } from "../../mm/folio.ts";
import { leafAt } from "../../mm/leaf.ts";
import { DEFAULT_MACHINE, type Machine } from "../../mm/machine.ts";
import { MAJOR, OOM } from "../../mm/outcome.ts";
import { free_pages } from "../../mm/page_alloc.ts";
import { PTE_PRESENT, pte_pfn } from "../../mm/pgtable.ts";
import { type ModelName, releaseOf } from "../../mm/releases.ts";
import type { Recording } from "../recording.ts";
import { NOT_DONE, signalName } from "../steps.ts";
import { wireOf } from "./wire.ts";

export interface Plan {
  // The settings of the machine, as they stand behind `trace ID`.
  readonly settings: string;
  readonly steps: readonly PlanStep[];
  // The first line that a real kernel cannot run: nothing behind it can be compared.
  readonly end: { readonly line: number; readonly reason: string } | undefined;
}

// Whose memory an operation touches, and how, as far as it tells how to read what changed.
export interface Access {
  // By the processor, page after page; or by the kernel for a call.
  readonly kind: "user" | "kernel";
  readonly worker: number;
  readonly write: boolean;
  readonly givesAddress: boolean;
  // Entries come to other addresses.
  readonly moves: boolean;
  // What the system call says and the language's operation does not: `swapout` passes over holes without a word.
  readonly unsaid: string | undefined;
}

export interface PlanStep {
  // Of the recording.
  readonly step: number;
  // 0-based.
  readonly line: number;
  // `process W`, or what follows the number of `op N`; undefined where nothing is to be sent.
  readonly send: string | undefined;
  readonly access: Access;
  readonly process: boolean;
  // Sent behind it: the worker dies of a signal that the trace does not expect.
  readonly afterwards: string | undefined;
  // Why nothing is sent, where the simulated call changed nothing either.
  readonly reason: string | undefined;
}

// Memory below which reclaim may begin: the real machine's is another amount, and other programs use it too.
const LEAST_FREE = 1 / 16;
// The guest keeps so many processes, pins and files of a trace; its numbers are the rows of the simulated world. The last
// ones stand for what a simulated call did not make, and a real one may.
const MOST_ROWS = 240;
const MOST_SLOTS = 256;
// Pages of the address spaces that a look shows; more would take the guest minutes.
const MOST_PAGES = 200_000;
// Each operation takes some milliseconds with its look.
const MOST_OPERATIONS = 50_000;

// Why no real kernel can run the trace as a whole; undefined when it can try.
export function refusal(model: string, machine: Machine): string | undefined {
  if (releaseOf(model as ModelName) === undefined) return `${model} is a proposal: no kernel was built of it`;
  if (machine.arch !== "x86_64") return `machine arch=${machine.arch}: the kernels are x86_64`;
  for (const key of ["refcount_bits", "mapcount_bits"] as const) {
    if (machine[key] !== DEFAULT_MACHINE[key]) return `machine ${key}=${machine[key]}: a real counter has 32 bits`;
  }
  if (!machine.page_mapcount) return "machine page_mapcount=off: Debian's kernels have CONFIG_PAGE_MAPCOUNT";
  return undefined;
}

// The recording's kernel is left at its end.
export function planOf(recording: Recording): Plan {
  const { steps, kernel: k, program } = recording;
  const planned: PlanStep[] = [];
  let end: Plan["end"];
  let spare = MOST_ROWS;
  for (let step = 0; step < steps.length && end === undefined; step++) {
    const statement = program.statements[steps.statement(step)];
    const line = statement.line;
    if (statement.kind === "process") {
      const value = steps.value(step);
      const row = typeof value === "object" && value?.kind === "process" ? value.task : undefined;
      if (row === undefined) end = { line, reason: "memory is used up here, and the real machine has another amount" };
      else planned.push({ ...NOTHING, step, line, send: `process ${row}`, process: true });
      continue;
    }
    if (statement.kind !== "operation") continue;
    if (planned.length >= MOST_OPERATIONS) {
      end = { line, reason: `more than ${MOST_OPERATIONS} operations: too many to look at after each` };
      continue;
    }
    k.seek(steps.start(step));
    const sent = operation(recording, step, statement, spare);
    if (steps.errno(step) !== undefined && spare < MOST_SLOTS - 1) spare++;
    k.seek(steps.end(step));
    const short = shortage(recording, step);
    if (typeof sent !== "string" && sent.ends) end = { line, reason: sent.reason };
    else if (short !== undefined) end = { line, reason: short };
    else {
      const [send, reason] = typeof sent === "string" ? [sent, undefined] : [undefined, sent.reason];
      const task = steps.task(step);
      const dies = recording.deaths.get(task) === step && signalName(steps.bits(step)) !== undefined;
      const access = accessOf(recording, step, statement);
      planned.push({ step, line, send, access, process: false, afterwards: dies ? `${task} exit` : undefined, reason });
    }
  }
  if (recording.limit && end === undefined) {
    end = { line: recording.limit.line, reason: `the simulated run stopped here: ${recording.limit.message}` };
  }
  k.seek(recording.length);
  return { settings: settingsOf(k.machine), steps: planned, end };
}

const NOTHING = {
  access: { kind: "kernel", worker: 0, write: false, givesAddress: false, moves: false, unsaid: undefined },
  process: false,
  afterwards: undefined,
  reason: undefined,
} as const;

// Calls that only read the memory; the others may write to it, and then copy what is shared.
const READS = new Set(["read", "vmsplice", "get_user_pages", "process_vm_readv"]);

function accessOf(recording: Recording, step: number, { op, args }: Operation): Access {
  const { steps, kernel } = recording;
  const env = recording.environment(step);
  const words = args.flatMap((arg) => {
    const value = arg === undefined ? null : evaluate(arg, env);
    return typeof value === "object" && value !== null && "kind" in value ? [value] : [];
  });
  const target = op.params.some(({ of }) => of.kind === "process")
    ? words.find((value) => value.kind === "process")
    : undefined;
  const unshares = words.some((value) => value.kind === "words" && value.words.includes("unmergeable"));
  return {
    kind: op.access ? "user" : "kernel",
    worker: target?.kind === "process" ? target.task : steps.task(step),
    write: !READS.has(op.name) && !(unshares && kernel.model.breakKsmUnshares),
    givesAddress: op.result === "address",
    unsaid: op.name === "swapout" ? "ENOMEM" : undefined,
    moves: op.name === "mremap",
  };
}

// `W NAME ARG…`.
function operation(
  recording: Recording,
  step: number,
  statement: Operation,
  spare: number,
): string | { readonly reason: string; readonly ends: boolean } {
  const { steps, kernel: k } = recording;
  const task = steps.task(step);
  if (steps.bits(step) & NOT_DONE) return { reason: notDone(recording, step, task), ends: true };
  const env = recording.environment(step);
  const args: (Value | undefined)[] = [];
  for (const arg of statement.args) {
    const value = arg === undefined ? undefined : evaluate(arg, env);
    if (isFault(value)) return { reason: value.message, ends: true };
    args.push(value);
  }
  const a = statement.op.given({ k, task, args, name: undefined });
  if (a === undefined) return { reason: "its arguments have no meaning", ends: true };
  if (statement.op.name === "split_folio" && orderDecides(recording, step)) {
    return { reason: "the guest's split_pmd changed the order in which the folio's mappings are visited", ends: true };
  }
  const errno = steps.errno(step);
  const major = (steps.kernelBits(step) & MAJOR) !== 0;
  const wire = wireOf(statement.op.name, { a, major, value: steps.value(step), spare });
  if (typeof wire === "string") return `${task} ${wire}`;
  // A call that was refused left everything as it was.
  return { reason: wire.reason, ends: errno === undefined };
}

// Where a folio split gives up after the first PMD (splitStopsAtFirstPmd), it matters whether PTEs come before it. A guest has
// nothing but VMAs that are parted and joined to split a PMD (server/guest, split_pmd), and these go to the end of the order.
function orderDecides({ steps, kernel: k, program }: Recording, step: number): boolean {
  if (!k.model.splitStopsAtFirstPmd) return false;
  if (!program.statements.some((one) => one.kind === "operation" && one.op.name === "split_pmd")) return false;
  const place = steps.place(step);
  if (place === undefined) return false;
  const { entry } = leafAt(k, place.mm, place.vpn);
  if ((entry & PTE_PRESENT) === 0) return false;
  const { _entire_mapcount, _large_mapcount } = k.w.folio;
  const folio = large_folio(k, pte_pfn(entry));
  if (folio < 0) return false;
  const pmds = _entire_mapcount.data[folio];
  return pmds > 0 && _large_mapcount.data[folio] > pmds;
}

function notDone({ kernel: k, deaths }: Recording, step: number, task: number): string {
  return (deaths.get(task) ?? step) < step
    ? `its process, ${k.side.taskNames[task]}, has ended`
    : "it is not done in the simulation either, whose run tells why";
}

function shortage(recording: Recording, step: number): string | undefined {
  const { kernel: k, steps } = recording;
  const { machine } = k;
  if ([k.w.task, k.w.pin, k.w.file].some((table) => k.rows(table) > MOST_ROWS)) {
    return `more than ${MOST_ROWS} processes, pins or files: the guest keeps no more`;
  }
  const statement = recording.program.statements[steps.statement(step)];
  const makes = statement.kind === "operation" && statement.op.result === "process";
  if (steps.kernelBits(step) & OOM || (makes && steps.errno(step) === "ENOMEM")) {
    return "memory is used up here, and the real machine has another amount";
  }
  if (free_pages(k) * k.pageSize < machine.memory * LEAST_FREE) {
    return `memory=${machine.memory} runs short here, and the real machine has another amount`;
  }
  if (machine.swap_device === "disk" && k.w.machine.swap_used.data[0] > 0) {
    return "machine swap_device=disk: the guest swaps to zram, a synchronous device";
  }
  const { mm } = k.w;
  let pages = 0;
  for (let row = 0; row < k.rows(mm); row++) {
    if (mm.users.data[row] > 0) pages += mm.rss_anon.data[row] + mm.rss_file.data[row] + mm.rss_shmem.data[row];
  }
  return pages > MOST_PAGES ? `more than ${MOST_PAGES} pages are mapped here: too many to look at` : undefined;
}

function settingsOf(machine: Machine): string {
  return [
    `lru_batch=${machine.lru_batch ? 1 : 0}`,
    `thp=${machine.thp}`,
    `swap=${machine.swap}`,
    `max_map_count=${machine.max_map_count}`,
    `fault_around=${machine.fault_around}`,
    `ksm_zero_pages=${machine.ksm_zero_pages ? 1 : 0}`,
    // A machine is booted with the default ones.
    ...(machine.hugetlb_pages === DEFAULT_MACHINE.hugetlb_pages ? [] : [`hugetlb_pages=${machine.hugetlb_pages}`]),
    ...(machine.mthp.length === 0 ? [] : [`mthp=${machine.mthp.map((bytes) => `${bytes / 1024}K`).join(",")}`]),
  ].join(" ");
}
